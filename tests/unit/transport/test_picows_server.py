import asyncio
import socket

import pytest

from doubles.memory_transport import MemoryTransport
from doubles.raw_websocket import TEXT, frame, request
from doubles.receivers import NotingReceiver
from logstream.transport import picows_server
from logstream.transport.handshake import Handshake, HttpAnswer
from logstream.transport.picows_server import Accept, Server, _Opening, serve


async def new_server(accept: Accept, *, max_connections: int = 10) -> Server:
    return await serve(accept, host="127.0.0.1", port=0, max_connections=max_connections)


async def dialled(server: Server) -> MemoryTransport:
    transport = MemoryTransport()
    opening = _Opening(server)
    transport.protocol = opening
    opening.connection_made(transport)
    return transport


async def test_a_request_is_described_to_accept() -> None:
    seen: list[Handshake] = []

    def accept(handshake: Handshake) -> HttpAnswer:
        seen.append(handshake)
        return HttpAnswer(204)

    server = await new_server(accept)
    transport = await dialled(server)
    transport.receive(b"GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (seen[0].path, seen[0].query, seen[0].peer) == ("/a", "b", "[::1]:5")
    assert transport.take().startswith(b"HTTP/1.1 204 No Content\r\n")
    assert transport.said_end
    transport.lose()
    await server.close()


async def test_a_receiver_is_opened_after_the_101_is_written() -> None:
    receiver = NotingReceiver()
    server = await new_server(lambda _: receiver)
    transport = await dialled(server)
    transport.receive(request() + frame(TEXT, b"early"))
    assert transport.take().startswith(b"HTTP/1.1 101 ")
    assert receiver.names == ["opened", "received", "received_all"]
    assert server.connection_count == 1
    transport.lose()
    assert server.connection_count == 0
    await server.close()


async def test_a_receiver_whose_request_opens_nothing_is_told_nothing() -> None:
    receiver = NotingReceiver()
    server = await new_server(lambda _: receiver)
    transport = await dialled(server)
    transport.receive(request(headers={"Sec-WebSocket-Version": "8"}))
    assert transport.take().startswith(b"HTTP/1.1 426 ")
    assert receiver.events == []
    transport.lose()
    await server.close()


async def test_a_connection_that_is_gone_before_its_request_is_forgotten() -> None:
    server = await new_server(lambda _: HttpAnswer(404))
    transport = await dialled(server)
    transport.receive(b"\r\n")
    transport.receive(b"GET /")
    transport.lose()
    await server.close()


async def test_more_than_can_be_served_get_503_and_the_operator_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = await new_server(lambda _: NotingReceiver(), max_connections=1)
    first, second = await dialled(server), await dialled(server)
    first.receive(request())
    second.receive(request())
    assert first.take().startswith(b"HTTP/1.1 101 ")
    assert b"\r\nRetry-After: 10\r\n" in second.take()
    assert caplog.messages == ["refusing connections: there are 1, of at most 1"]
    for transport in (first, second):
        transport.lose()
    await server.close()


async def test_more_strangers_than_there_is_room_for_are_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(picows_server, "HANDSHAKES_MAX", 1)
    server = await new_server(lambda _: NotingReceiver(), max_connections=0)
    transport = await dialled(server)
    ours, theirs = socket.socketpair()
    with theirs:
        server._accept_socket(ours)
        assert theirs.recv(1) == b""
    assert caplog.messages == ["refusing connections: there are 0, of at most 0"]
    transport.lose()
    await server.close()


async def test_a_server_that_is_closed_waits_for_its_connections() -> None:
    receiver = NotingReceiver()
    server = await new_server(lambda _: receiver)
    transport, other = await dialled(server), await dialled(server)
    transport.receive(request())
    transport.take()
    closing = asyncio.create_task(server.close(drain_s=5))
    await asyncio.sleep(0)
    assert transport.take()[:4] == b"\x88\x1b\x03\xe9"
    assert other.was_aborted
    other.lose()
    assert not closing.done()
    transport.lose()
    await closing


@pytest.mark.parametrize(
    ("host", "url"), [("127.0.0.1", "ws://127.0.0.1:"), ("", "ws://localhost:")]
)
async def test_a_url_names_where_it_listens(host: str, url: str) -> None:
    server = await serve(lambda _: HttpAnswer(404), host=host, port=0)
    assert server.url == f"{url}{server.port}"
    await server.close()
