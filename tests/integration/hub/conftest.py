"""A hub on a free port, with and without TLS, on uvloop as in the product; and who comes to it."""

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from doubles.raw_websocket import TEXT, RawWebSocket
from logstream.hub.config import HubConfig
from logstream.hub.service import STREAM_PATH, Hub
from logstream.model.source import Source
from logstream.model.ticket import Role, Ticket, sign
from logstream.node.batch import LinesFrame
from logstream.protocol.frame import PLAIN
from logstream.protocol.messages import LinesBody
from logstream.transport.event_loop import new_event_loop

SECRET = "a secret of at least sixteen bytes"
SITE, ENV, SERVER = "devcloud:mysite", "dev", "srv-6"


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"uvloop": new_event_loop}


class Served:
    """A running hub, and ways to come to it."""

    def __init__(self, hub: Hub, port: int, tls: ssl.SSLContext | None) -> None:
        self.hub = hub
        self.port = port
        self.tls = tls

    async def dial(self) -> RawWebSocket:
        """Connect; no handshake yet."""
        return await RawWebSocket.dial(self.port, tls=self.tls)

    async def stranger(self, subprotocol: str | None = None) -> RawWebSocket:
        """Shake hands, and hear the hub's name."""
        headers = {"Sec-WebSocket-Protocol": subprotocol}
        socket = await RawWebSocket.open(self.port, STREAM_PATH, tls=self.tls, headers=headers)
        assert json.loads(await socket.read_message()) == {
            "cmd": "connected",
            "server": self.hub.name,
        }
        return socket

    async def watcher(self) -> RawWebSocket:
        """Be let in to stream; nothing is offered unless a logtailor came before."""
        socket = await self.stranger()
        await socket.send_frame(TEXT, json.dumps(ticket(Role.STREAM)).encode())
        return socket

    async def logtailor(self, server: str = SERVER, **more: Any) -> RawWebSocket:
        """Be let in to offer, up to the hub's ``success``."""
        socket = await self.stranger(PLAIN)
        message = {**ticket(Role.OFFER, server=server), **more}
        await socket.send_frame(TEXT, json.dumps(message).encode())
        assert (await hear(socket))["cmd"] == "success"
        return socket


async def hear(socket: RawWebSocket) -> dict[str, Any]:
    """Read the next message."""
    message: dict[str, Any] = json.loads(await socket.read_message())
    return message


def lines(server: str, log_type: str, text: str, *, begin: int = 0) -> bytes:
    """Give a frame of one line, ten bytes long."""
    source = Source(server, log_type)
    body = LinesBody(at=[begin], unix_time=[1.0], text=[text])
    after, next_ = f"A:{begin}", f"A:{begin + 10}"
    frame = LinesFrame(source, "", body, after=after, next=next_, gen=0)
    return frame.message(frame.body)[0]


def began(asked: dict[str, Any]) -> dict[str, Any]:
    """Answer the hub's ``enable``: it begins where it was asked to."""
    keys = {"id": asked["id"], "stream": "", "after": asked.get("after", "A:0"), "now": 1.5}
    return {"cmd": "success", "msg": asked, "server": asked["server"], **keys}


def ticket(
    role: Role, *, server: str = "", secret: str = SECRET, age_s: int = 0, site: str = SITE
) -> dict[str, Any]:
    """Give the opening message of someone whom the Cloud API has given a ticket."""
    t = int(time.time()) - age_s
    signed = Ticket(role=role, site=site, env=ENV, server=server, subject="key-1", t=t)
    message: dict[str, Any] = {
        "cmd": "stream-environment" if role is Role.STREAM else "offer",
        "site": site,
        "env": ENV,
        "t": t,
        "d": sign(signed, secret=secret.encode()),
    }
    return message if role is Role.STREAM else {**message, "server": server, "instance": "i-1"}


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


async def _serve(tmp_path: Path, authority: trustme.CA | None) -> Served:
    certificate, key, client = None, None, None
    if authority is not None:
        issued = authority.issue_cert("localhost")
        certificate, key = str(tmp_path / "certificate.pem"), str(tmp_path / "key.pem")
        for i, blob in enumerate(issued.cert_chain_pems):
            blob.write_to_path(certificate, append=i > 0)
        issued.private_key_pem.write_to_path(key)
        client = ssl.create_default_context()
        authority.configure_trust(client)
    config = HubConfig(secret_file="", port=0, tls_certificate=certificate, tls_key=key)
    hub = Hub(config, secret=SECRET.encode())
    return Served(hub, await hub.start(), client)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    served = await _serve(tmp_path, None)
    yield served
    await served.hub.stop()


@pytest.fixture(params=["ws", "wss"])
async def served_both(
    request: pytest.FixtureRequest, tmp_path: Path, authority: trustme.CA
) -> AsyncIterator[Served]:
    served = await _serve(tmp_path, authority if request.param == "wss" else None)
    yield served
    await served.hub.stop()
