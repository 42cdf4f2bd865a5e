"""The connection in memory; on real sockets: tests/integration/api/test_connections.py."""

import asyncio
import json
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from logstream.api import http_protocol
from logstream.api.http_protocol import BoundedProtocol
from logstream.model.seldom import Seldom


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False
        self.ended = asyncio.Event()

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.closed = True
        self.ended.set()

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def application(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def connect(state: ServerState | None = None) -> tuple[BoundedProtocol, Transport]:
    config = uvicorn.Config(application, http=BoundedProtocol, lifespan="off", log_config=None)
    config.load()
    protocol = BoundedProtocol(config, state or ServerState(), {}, asyncio.get_running_loop())
    transport = Transport()
    protocol.connection_made(transport)
    return protocol, transport


async def test_what_is_not_http_is_answered_in_json() -> None:
    protocol, transport = await connect()
    protocol.data_received(b"\x16\x03\x01\r\n\r\n")
    head, _, body = transport.written.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/hal+json" in head
    assert json.loads(body)["error"] == "bad_request"
    assert transport.closed
    protocol.connection_lost(None)


async def test_one_connection_too_many_is_told_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(http_protocol, "_full_told", Seldom())
    monkeypatch.setattr(http_protocol, "API_CONNECTIONS_MAX", 1)
    state = ServerState()
    first, first_transport = await connect(state)
    second, second_transport = await connect(state)
    assert not first_transport.closed
    assert second_transport.written.startswith(b"HTTP/1.1 503 ")
    assert second_transport.closed
    assert caplog.messages == ["refusing connections: there are 1"]
    first.connection_lost(None)
    second.connection_lost(None)


@pytest.mark.parametrize("sent", [b"", b"GET / HT"])
async def test_a_connection_without_a_whole_request_is_closed(
    monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(http_protocol, "API_REQUEST_TIMEOUT_S", 0.01)
    protocol, transport = await connect()
    protocol.data_received(sent) if sent else None
    await asyncio.wait_for(transport.ended.wait(), 30)
    protocol.connection_lost(None)


async def test_a_client_that_ends_after_its_request_is_answered() -> None:
    protocol, transport = await connect()
    protocol.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert protocol.eof_received()
    await asyncio.wait_for(transport.ended.wait(), 30)
    assert transport.written.startswith(b"HTTP/1.1 204 ")
    protocol.connection_lost(None)


async def test_a_client_that_ends_without_a_request_is_not_kept() -> None:
    protocol, _ = await connect()
    assert not protocol.eof_received()
    protocol.connection_lost(None)
