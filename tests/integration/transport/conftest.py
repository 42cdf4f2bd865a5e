"""A server that echoes, on a free port, with and without TLS, on uvloop as in the product."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme

from doubles.raw_websocket import RawWebSocket
from doubles.receivers import EchoReceiver
from logstream.transport.base import Receiver
from logstream.transport.event_loop import new_event_loop
from logstream.transport.handshake import Handshake, HttpAnswer
from logstream.transport.picows_server import Server, serve
from logstream.transport.tls import server_context

STREAM = "/stream"
LIMIT_BYTES = 100_000
"""Over every length at which the way of writing it changes."""


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"uvloop": new_event_loop}


class Tls(NamedTuple):
    certificate: Path
    key: Path
    server: ssl.SSLContext
    client: ssl.SSLContext


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    for i, blob in enumerate(issued.cert_chain_pems):
        blob.write_to_path(certificate, append=i > 0)
    issued.private_key_pem.write_to_path(key)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return Tls(certificate, key, server_context(certificate=certificate, key=key), client)


class Echo:
    """A running server; ``receivers`` are those of the connections that were accepted."""

    server: Server

    def __init__(self, client_tls: ssl.SSLContext | None) -> None:
        self.client_tls = client_tls
        self.receivers: list[EchoReceiver] = []
        self.handshakes: list[Handshake] = []

    @property
    def port(self) -> int:
        return self.server.port

    def accept(self, handshake: Handshake) -> Receiver | HttpAnswer:
        self.handshakes.append(handshake)
        if handshake.path == "/healthz":
            return HttpAnswer(200, b"ok\n")
        if handshake.path != STREAM:
            return HttpAnswer(404, b"not found\n")
        receiver = EchoReceiver()
        self.receivers.append(receiver)
        return receiver

    async def open(self) -> RawWebSocket:
        return await RawWebSocket.open(self.port, STREAM, tls=self.client_tls)

    async def dial(self) -> RawWebSocket:
        return await RawWebSocket.dial(self.port, tls=self.client_tls)


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    echo = Echo(None)
    echo.server = await serve(
        echo.accept, host="127.0.0.1", port=0, message_limit_bytes=LIMIT_BYTES
    )
    yield echo
    await echo.server.close(drain_s=0)


@pytest.fixture(params=["ws", "wss"])
async def echo_both(request: pytest.FixtureRequest, tls: Tls) -> AsyncIterator[Echo]:
    secure = request.param == "wss"
    echo = Echo(tls.client if secure else None)
    echo.server = await serve(
        echo.accept,
        host="127.0.0.1",
        port=0,
        tls=tls.server if secure else None,
        message_limit_bytes=LIMIT_BYTES,
    )
    yield echo
    await echo.server.close(drain_s=0)
