"""Both sides of the transport joined: messages, pressure, limits, silence, failing to connect."""

import asyncio
import contextlib
import gc
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from doubles.raw_websocket import CLOSE, PING, PONG, TEXT, RawWebSocket, frame
from doubles.receivers import NotingReceiver
from logstream.errors import ConfigError, ConnectionFailed
from logstream.model.limits import HIGH_WATER_BYTES, UNSENT_MAX_BYTES
from logstream.protocol.frame import PLAIN, PROTOCOLS, ZSTD
from logstream.transport import picows_client, picows_connection, picows_server
from logstream.transport.framing import frame_binary, frame_text, frame_texts
from logstream.transport.handshake import HttpAnswer, accept_key
from logstream.transport.picows_client import connect
from logstream.transport.picows_server import Server, serve
from logstream.transport.tls import client_context

from .conftest import LIMIT_BYTES, STREAM, Echo, Tls

Serve = Callable[..., Awaitable[tuple[Server, list[NotingReceiver]]]]


@pytest.fixture
async def noting_server() -> AsyncIterator[Serve]:
    servers: list[Server] = []

    async def start(**options: object) -> tuple[Server, list[NotingReceiver]]:
        receivers: list[NotingReceiver] = []

        def accept(_: object) -> NotingReceiver:
            receivers.append(NotingReceiver())
            return receivers[-1]

        server = await serve(accept, host="127.0.0.1", port=0, **options)  # type: ignore[arg-type]
        servers.append(server)
        return server, receivers

    yield start
    for server in servers:
        await server.close(drain_s=0)


def url_of(echo: Echo) -> str:
    scheme = "wss" if echo.client_tls else "ws"
    return f"{scheme}://localhost:{echo.port}{STREAM}"


@pytest.fixture
async def scripted_server() -> AsyncIterator[Callable[[bytes], Awaitable[str]]]:
    """Start a server that answers any request with given bytes; gives its URL."""
    servers: list[asyncio.Server] = []

    async def start(answer: bytes) -> str:
        async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            writer.close()

        servers.append(await asyncio.start_server(serve_one, "127.0.0.1", 0))
        return f"ws://127.0.0.1:{servers[-1].sockets[0].getsockname()[1]}/"

    yield start
    for server in servers:
        server.close()


# --- messages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, LIMIT_BYTES])
async def test_a_message_of_any_length_goes_there_and_back(echo_both: Echo, length: int) -> None:
    receiver = NotingReceiver()
    connection = await connect(url_of(echo_both), receiver, tls=echo_both.client_tls)
    connection.send(b"x" * length)
    await receiver.until("received")
    assert receiver.messages == [b"x" * length]
    assert receiver.names[0] == "opened"
    connection.close(1000, "done")
    assert await receiver.until("closed") == ("closed", 1000, "done")
    assert await echo_both.receivers[0].until("closed") == ("closed", 1000, "done")


async def test_many_messages_keep_their_order(echo_both: Echo) -> None:
    receiver = NotingReceiver()
    connection = await connect(url_of(echo_both), receiver, tls=echo_both.client_tls)
    sent = [b"%d " % i + b"x" * (i % 300) for i in range(2000)]
    for message in sent:
        connection.send(message)
    await receiver.until("received", count=2000)
    assert receiver.messages == sent
    assert receiver.names[-1] == "received_all"
    connection.abort()
    assert await receiver.until("closed") == ("closed", 1006, "")


async def test_frames_made_once_are_sent_to_many(noting_server: Serve) -> None:
    server, receivers = await noting_server()
    clients = [NotingReceiver() for _ in range(5)]
    for client in clients:
        await connect(server.url, client)
    frames = frame_texts([b"one", b"two"]) + frame_text(b"x" * 1000)
    for receiver in receivers:
        await receiver.until("opened")
        receiver.connection.send_framed(frames)
    for client in clients:
        await client.until("received", count=3)
        assert client.messages == [b"one", b"two", b"x" * 1000]


async def test_received_all_follows_the_messages_of_a_read(echo: Echo) -> None:
    async with await echo.open() as raw:
        await raw.send(frame(TEXT, b"1") + frame(TEXT, b"2") + frame(PING))
        await raw.read_message()
        await raw.read_message()
        await raw.read_frame()
        await raw.send_frame(PING)
        await raw.read_frame()
    assert echo.receivers[0].names[:4] == ["opened", "received", "received", "received_all"]


async def test_a_message_before_a_fault_is_followed_by_received_all(echo: Echo) -> None:
    async with await echo.open() as raw:
        await raw.send(frame(TEXT, b"1") + frame(2, b"binary"))
        await raw.read_message()
        await raw.read_message()
        await raw.read_close()
    assert echo.receivers[0].names == ["opened", "received", "received_all", "refused", "closed"]


async def test_a_client_refuses_a_message_over_its_limit(noting_server: Serve) -> None:
    server, receivers = await noting_server()
    client = NotingReceiver()
    await connect(server.url, client, max_message_bytes=100)
    receiver = receivers[0]
    receiver.connection.send(b"x" * 101)
    assert (await client.until("closed"))[1] == 1009
    assert (await receiver.until("closed"))[1] == 1009


async def test_a_connection_that_ended_takes_calls_without_harm(echo: Echo) -> None:
    client = NotingReceiver()
    connection = await connect(url_of(echo), client)
    connection.close(1000)
    await client.until("closed")
    await echo.receivers[0].until("closed")
    for ended in (connection, echo.receivers[0].connection):
        ended.send(b"x")
        ended.close(1000)
        ended.pause_reading()
        ended.resume_reading()
        ended.abort()
        assert not ended.writable
    await asyncio.sleep(0)
    assert client.names.count("closed") == 1


# --- pressure -------------------------------------------------------------------------------------


async def test_a_receiver_that_does_not_read_is_not_writable_until_it_has(
    noting_server: Serve,
) -> None:
    server, receivers = await noting_server()
    client = NotingReceiver()
    connection = await connect(server.url, client)
    connection.pause_reading()
    receiver = receivers[0]
    sent = 0
    while receiver.connection.writable:
        receiver.connection.send(b"x" * 10_000)
        sent += 1
        await asyncio.sleep(0)
    assert sent * 10_000 > HIGH_WATER_BYTES
    connection.resume_reading()
    await receiver.until("drained")
    receiver.connection.send(b"and on")
    await client.until("received", count=sent + 1)


async def test_a_client_knows_at_once_that_it_sent_too_much(noting_server: Serve) -> None:
    server, receivers = await noting_server(message_limit_bytes=20_000)
    client = NotingReceiver()
    connection = await connect(server.url, client)
    receivers[0].connection.pause_reading()
    sent = 0
    while connection.writable:  # without giving the loop a turn
        connection.send(b"x" * 10_000)
        sent += 1
    receivers[0].connection.resume_reading()
    await client.until("drained")
    await receivers[0].until("received", count=sent)


async def test_one_that_asks_and_never_reads_is_dropped(noting_server: Serve) -> None:
    server, receivers = await noting_server()
    async with await RawWebSocket.open(server.port):
        receiver = receivers[0]
        for _ in range(UNSENT_MAX_BYTES // 100_000 * 2):
            receiver.connection.send(b"x" * 100_000)
        assert await receiver.until("closed") == ("closed", 1006, "")


async def test_only_the_latest_ping_is_answered_by_one_who_cannot_write(
    noting_server: Serve,
) -> None:
    server, receivers = await noting_server()
    async with await RawWebSocket.open(server.port) as raw:
        receiver = receivers[0]
        sent = 0
        while receiver.connection.writable:
            receiver.connection.send(b"x" * 100_000)
            sent += 1
        assert sent
        await raw.send(b"".join(frame(PING, b"%d" % i) for i in range(1000)) + frame(TEXT, b"x"))
        await receiver.until("received")
        for _ in range(sent):
            assert len(await raw.read_message()) == 100_000
        assert (await raw.read_frame()).payload == b"999"


async def test_one_that_pauses_makes_its_peer_wait(echo: Echo) -> None:
    client = NotingReceiver()
    connection = await connect(url_of(echo), client)
    receiver = echo.receivers[0]
    await receiver.until("opened")
    receiver.connection.pause_reading()
    connection.send(b"x")
    with pytest.raises(TimeoutError):
        await receiver.until("received", timeout_s=0.05)
    receiver.connection.resume_reading()
    await client.until("received")


async def test_a_paused_connection_can_still_be_closed(echo: Echo) -> None:
    client = NotingReceiver()
    await connect(url_of(echo), client)
    connection = echo.receivers[0].connection
    connection.pause_reading()
    connection.close(4000)
    assert (await client.until("closed"))[1] == 4000
    assert (await echo.receivers[0].until("closed"))[1] == 4000


# --- silence and time -----------------------------------------------------------------------------


async def test_an_idle_connection_is_pinged_and_need_not_answer(noting_server: Serve) -> None:
    server, receivers = await noting_server(ping_interval_s=0.05)
    async with await RawWebSocket.open(server.port) as raw:
        for _ in range(4):
            assert (await raw.read_frame()).opcode == PING
    assert "closed" not in receivers[0].names


async def test_a_client_pings_and_bears_no_silence(
    noting_server: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picows_client, "CLIENT_SILENCE_MAX_S", 0.1)
    server, _ = await noting_server()
    answering = NotingReceiver()
    await connect(server.url, answering, ping_interval_s=0.03)
    silent = await asyncio.start_server(upgrade_and_say_nothing, "127.0.0.1", 0)
    client = NotingReceiver()
    url = f"ws://127.0.0.1:{silent.sockets[0].getsockname()[1]}/"
    await connect(url, client, ping_interval_s=0.03)
    assert await client.until("closed") == ("closed", 1006, "")
    assert "closed" not in answering.names
    silent.close()


async def upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    key = head.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0].decode()
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Accept: " + accept_key(key).encode() + b"\r\n\r\n"
    )


async def upgrade_and_say_nothing(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await upgrade(reader, writer)
    await reader.read()  # until the client gives up
    writer.close()


async def test_a_handshake_that_takes_too_long_ends(
    echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picows_server, "HANDSHAKE_TIMEOUT_S", 0.05)
    async with await echo.dial() as silent, await echo.dial() as slow:
        await slow.send(b"GET /stream HTTP/1.1\r\nHost:")
        for stranger in (silent, slow):
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await stranger.read_answer()


async def test_a_peer_that_does_not_answer_a_close_is_dropped(
    echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picows_connection, "CLOSE_TIMEOUT_S", 0.05)
    async with await echo.open() as raw:
        await echo.receivers[0].until("opened")
        echo.receivers[0].connection.close(1000)
        assert (await raw.read_frame()).opcode == CLOSE
        assert await echo.receivers[0].until("closed") == ("closed", 1006, "")


async def test_a_client_that_half_closes_is_done(echo: Echo) -> None:
    async with await echo.open() as raw:
        raw._writer.write_eof()
        await raw.expect_end()
    assert await echo.receivers[0].until("closed") == ("closed", 1006, "")


# --- room -----------------------------------------------------------------------------------------


async def test_a_full_server_answers_503_and_has_room_again(noting_server: Serve) -> None:
    server, receivers = await noting_server(max_connections=2)
    first, second = NotingReceiver(), NotingReceiver()
    connection = await connect(server.url, first)
    await connect(server.url, second)
    with pytest.raises(ConnectionFailed, match="it answered HTTP 503"):
        await connect(server.url, NotingReceiver())
    connection.abort()
    await receivers[0].until("closed")
    await asyncio.sleep(0)
    assert server.connection_count == 1
    await connect(server.url, NotingReceiver())


async def test_a_taken_port_is_one_clear_line(echo: Echo) -> None:
    with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1:{echo.port}: .*in use"):
        await serve(lambda _: HttpAnswer(404), host="127.0.0.1", port=echo.port)


async def test_an_unknown_host_is_one_clear_line() -> None:
    with pytest.raises(ConfigError, match=r"cannot listen on no-such-host.invalid:0: "):
        await serve(lambda _: HttpAnswer(404), host="no-such-host.invalid", port=0)


async def test_every_address_of_a_name_is_served_on_one_port() -> None:
    server = await serve(lambda _: HttpAnswer(404), host="localhost", port=0)
    assert server.url == f"ws://localhost:{server.port}"
    with pytest.raises(ConnectionFailed, match="404"):
        await connect(server.url, NotingReceiver())
    await server.close()


async def test_an_ended_connection_leaves_nothing_behind(echo_both: Echo) -> None:
    async def come_and_go() -> None:
        client = NotingReceiver()
        connection = await connect(url_of(echo_both), client, tls=echo_both.client_tls)
        connection.close(1000)
        await client.until("closed")

    for _ in range(10):
        await come_and_go()
    await echo_both.server.close()
    assert echo_both.server.connection_count == 0
    assert all(receiver.names[-1] == "closed" for receiver in echo_both.receivers)
    echo_both.receivers.clear()
    gc.collect()
    left = [o for o in gc.get_objects() if type(o) is picows_server.ServerConnection]
    assert left == []


# --- failing to connect ---------------------------------------------------------------------------


async def failure(url: str, **options: object) -> str:
    receiver = NotingReceiver()
    with pytest.raises(ConnectionFailed) as caught:
        await connect(url, receiver, **options)  # type: ignore[arg-type]
    assert receiver.events == []
    assert "\n" not in str(caught.value)
    return str(caught.value)


async def test_a_refused_connection_says_so() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        said = await failure(f"ws://127.0.0.1:{port}/x?secret=1")
    assert said == f"cannot connect to 127.0.0.1:{port}: connection refused"


async def test_an_unknown_host_says_so() -> None:
    said = await failure("ws://no-such-host.invalid/")
    assert said == (
        "cannot connect to no-such-host.invalid:80: there is no host named no-such-host.invalid"
    )


async def test_a_certificate_that_is_not_trusted_says_so(tls: Tls) -> None:
    echo = Echo(tls.client)
    echo.server = await serve(echo.accept, host="127.0.0.1", port=0, tls=tls.server)
    assert "its TLS certificate was not accepted" in await failure(url_of(echo))
    wrong_name = await failure(f"wss://127.0.0.1:{echo.port}{STREAM}", tls=tls.client)
    assert "its TLS certificate was not accepted: " in wrong_name
    assert "127.0.0.1" in wrong_name
    await echo.server.close()


async def test_tls_to_a_port_without_it_says_so(echo: Echo) -> None:
    said = await failure(f"wss://localhost:{echo.port}/")
    assert said == f"cannot connect to localhost:{echo.port}: it does not speak TLS"


async def test_no_tls_to_a_port_with_it_says_so(tls: Tls) -> None:
    server = await serve(lambda _: HttpAnswer(404), host="127.0.0.1", port=0, tls=tls.server)
    said = await failure(f"ws://localhost:{server.port}/")
    assert said.startswith(f"cannot connect to localhost:{server.port}: it ")
    await server.close()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "it answered HTTP 403 Forbidden"),
        (b"HTTP/1.1 302 Found\r\nLocation: x\r\n\r\n", "it answered HTTP 302 Found"),
        (b"HTTP/1.1 200 OK\r\n\r\n<html>", "it answered HTTP 200 OK"),
        (b"HTTP/1.1 599 \r\n\r\n", "it answered HTTP 599"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "it does not speak HTTP, so it is no WebSocket server"),
        (b"HTTP/1.1 101 Sure\r\n\r\n", "its answer is not that of a WebSocket server"),
        (
            b"HTTP/1.1 101 Sure\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"  # noqa: ISC004
            b"Sec-WebSocket-Accept: wrong\r\n\r\n",
            "its answer is not that of a WebSocket server",
        ),
        (b"nonsense", "it ended the connection without an answer"),
        (b"", "it ended the connection without an answer"),
        (b"x" * 20_000, "its answer is no HTTP: the headers are over 16384 bytes"),
        (b"HTTP/1.1 101 X\r\nno header\r\n\r\n", "its answer is no HTTP: there is a line that"),
    ],
    ids=repr,
)
async def test_an_answer_that_opens_nothing_says_which(
    scripted_server: Callable[[bytes], Awaitable[str]], answer: bytes, reason: str
) -> None:
    said = await failure(await scripted_server(answer))
    assert f": {reason}" in said


async def test_a_server_that_never_answers_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"ws://127.0.0.1:{mute.getsockname()[1]}/"
        assert "no answer within 0.05 s" in await failure(url, open_timeout_s=0.05)


async def test_a_cancelled_connect_leaves_no_connection(echo: Echo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        mute.settimeout(5)
        url = f"ws://127.0.0.1:{mute.getsockname()[1]}/"
        connecting = asyncio.create_task(connect(url, NotingReceiver()))
        accepted, _ = await asyncio.to_thread(mute.accept)
        await asyncio.to_thread(accepted.recv, 10_000)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        with accepted:
            accepted.settimeout(5)
            with contextlib.suppress(ConnectionResetError):
                assert await asyncio.to_thread(accepted.recv, 10) == b""


@pytest.mark.parametrize(
    "url",
    ["http://x/", "ws:///x", "nonsense", "", "ws://x:99999/", "ws://[::1/", "ws://x/\r\nX: y"],
)
async def test_a_url_that_is_none_says_so(url: str) -> None:
    assert "the stream's URL" in await failure(url)


async def test_more_headers_are_sent(echo: Echo) -> None:
    client = NotingReceiver()
    await connect(url_of(echo), client, headers={"User-Agent": "logstream/1"})
    assert echo.handshakes[0].headers["user-agent"] == "logstream/1"


def test_wss_verifies_by_default() -> None:
    context = client_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


async def test_a_ping_of_a_server_is_answered_masked() -> None:
    got: asyncio.Queue[bytes] = asyncio.Queue()

    async def ping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgrade(reader, writer)
        writer.write(frame(PING, b"abc", masked=False))
        got.put_nowait(await reader.readexactly(9))
        writer.close()

    serving = await asyncio.start_server(ping, "127.0.0.1", 0)
    url = f"ws://127.0.0.1:{serving.sockets[0].getsockname()[1]}/"
    await connect(url, NotingReceiver())
    pong = await asyncio.wait_for(got.get(), 30)
    assert pong[:2] == bytes((0x80 | PONG, 0x80 | 3))
    assert bytes(a ^ b for a, b in zip(pong[6:], pong[2:5], strict=True)) == b"abc"
    serving.close()


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [((), None), (("unknown",), None), ((PLAIN, ZSTD), ZSTD), ((PLAIN,), PLAIN)],
    ids=str,
)
async def test_both_sides_know_the_subprotocol_that_the_server_prefers(
    noting_server: Serve, offered: tuple[str, ...], chosen: str | None
) -> None:
    server, receivers = await noting_server(subprotocols=PROTOCOLS)
    client = NotingReceiver()
    connection = await connect(f"{server.url}/", client, subprotocols=offered)
    assert connection.subprotocol == chosen
    await receivers[0].until("opened")
    assert receivers[0].connection.subprotocol == chosen


async def test_a_server_that_chooses_what_was_not_offered_is_refused(
    scripted_server: Callable[[bytes], Awaitable[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_bytes", bytes)
    key = "AAAAAAAAAAAAAAAAAAAAAA=="
    answer = (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept_key(key)}\r\nSec-WebSocket-Protocol: {ZSTD}\r\n\r\n"
    )
    url = await scripted_server(answer.encode())
    with pytest.raises(ConnectionFailed, match="was not offered"):
        await connect(url, NotingReceiver(), subprotocols=(PLAIN,))


async def test_binary_messages_go_both_ways_between_text(noting_server: Serve) -> None:
    server, receivers = await noting_server(subprotocols=PROTOCOLS, message_limit_bytes=200_000)
    client = NotingReceiver()
    connection = await connect(f"{server.url}/", client, subprotocols=PROTOCOLS)
    large = bytes(range(256)) * 500
    connection.send(b"1")
    connection.send_binary(large)
    connection.send(b"2")
    await receivers[0].until("received", count=2)
    served = [event for event in receivers[0].events if event[0].startswith("received")]  # type: ignore[attr-defined]
    assert [event for event in served if event[0] != "received_all"] == [
        ("received", b"1"),
        ("received_binary", large),
        ("received", b"2"),
    ]
    receivers[0].connection.send_framed(frame_text(b"a") + frame_binary(large) + frame_text(b"b"))
    await client.until("received", count=2)
    assert ("received_binary", large) in client.events
