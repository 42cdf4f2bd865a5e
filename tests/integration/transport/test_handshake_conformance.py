"""The opening handshake, as browsers, proxies and strangers send it, against a real port."""

import asyncio

import pytest

from doubles.raw_websocket import KEY, PING, PONG, TEXT, RawWebSocket, frame, request

from .conftest import STREAM, Echo

ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
"""The answer to ``KEY``, from RFC 6455, section 1.3."""

GOOD_HEADERS: list[tuple[str, dict[str, str | None]]] = [
    ("plain", {}),
    ("chrome", {"Connection": "Upgrade", "Origin": "https://x", "User-Agent": "Chrome"}),
    ("firefox", {"Connection": "keep-alive, Upgrade", "Accept-Encoding": "gzip, deflate, br"}),
    ("safari", {"Connection": "Upgrade", "Pragma": "no-cache", "Cache-Control": "no-cache"}),
    ("haproxy", {"Connection": "upgrade", "X-Forwarded-For": "1.2.3.4"}),
    ("any order", {"Connection": "Upgrade, keep-alive"}),
    ("no blank", {"Connection": "keep-alive,Upgrade"}),
    ("empty elements", {"Connection": ",, Upgrade ,"}),
    ("mixed case values", {"Connection": "uPGRADE", "Upgrade": "WebSocket"}),
    ("upper case", {"Upgrade": "WEBSOCKET"}),
    ("several protocols", {"Upgrade": "h2c, websocket"}),
    ("blanks around", {"Upgrade": "  websocket\t ", "Sec-WebSocket-Version": " 13 "}),
    (
        "compression offered",
        {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"},
    ),
    ("unknown extension", {"Sec-WebSocket-Extensions": "x-made-up; a=1, other"}),
    ("subprotocols", {"Sec-WebSocket-Protocol": "chat, superchat"}),
    ("null origin", {"Origin": "null"}),
    ("empty header", {"X-Empty": ""}),
    ("latin-1 header", {"X-Name": "café"}),
    ("big cookie", {"Cookie": "a=" + "x" * 8000}),
    ("content of no length", {"Content-Length": "0"}),
    ("host and port", {"Host": "example.com:8443"}),
    ("ipv6 host", {"Host": "[::1]:80"}),
]

BAD_HEADERS: list[tuple[str, dict[str, str | None], int]] = [
    ("no key", {"Sec-WebSocket-Key": None}, 400),
    ("empty key", {"Sec-WebSocket-Key": ""}, 400),
    ("short key", {"Sec-WebSocket-Key": "c2hvcnQ="}, 400),
    ("long key", {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZSBsb25n"}, 400),
    ("key not base64", {"Sec-WebSocket-Key": "!" * 24}, 400),
    ("key without padding", {"Sec-WebSocket-Key": KEY.rstrip("=")}, 400),
    ("key not ascii", {"Sec-WebSocket-Key": "é" * 24}, 400),
    ("version 12", {"Sec-WebSocket-Version": "12"}, 426),
    ("version 8", {"Sec-WebSocket-Version": "8"}, 426),
    ("version 7", {"Sec-WebSocket-Version": "7"}, 426),
    ("version 0", {"Sec-WebSocket-Version": "0"}, 426),
    ("version 14", {"Sec-WebSocket-Version": "14"}, 426),
    ("version 013", {"Sec-WebSocket-Version": "013"}, 426),
    ("version list", {"Sec-WebSocket-Version": "8, 13"}, 426),
    ("version word", {"Sec-WebSocket-Version": "thirteen"}, 426),
    ("no version", {"Sec-WebSocket-Version": None}, 426),
    ("no upgrade", {"Upgrade": None}, 426),
    ("other upgrade", {"Upgrade": "h2c"}, 426),
    ("websocket as part of a word", {"Upgrade": "websockets"}, 426),
    ("no connection", {"Connection": None}, 426),
    ("connection keep-alive", {"Connection": "keep-alive"}, 426),
    ("upgrade as part of a word", {"Connection": "upgraded"}, 426),
    ("no host", {"Host": None}, 400),
    ("a body", {"Content-Length": "5"}, 400),
    ("a chunked body", {"Transfer-Encoding": "chunked"}, 400),
    ("a blank in a name", {"X Name": "a"}, 400),
    ("a blank before the colon", {"X-Name ": "a"}, 400),
    ("a control character", {"X-Name": "a\0b"}, 400),
    ("a folded line", {"X-Name": "a\r\n b"}, 400),
    ("too many headers", {f"X-{i}": "a" for i in range(200)}, 431),
    ("too long", {"Cookie": "x" * 20_000}, 431),
]

REQUESTS: list[tuple[str, bytes, int]] = [
    ("unknown path", request("/nowhere"), 404),
    ("root", request("/"), 404),
    ("path with more", request(f"{STREAM}/x"), 404),
    ("post", b"POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", 405),
    ("put", b"PUT /stream HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    ("options", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    ("connect", b"CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("lower-case method", request(STREAM).replace(b"GET", b"get", 1), 405),
    ("head on the stream", request(STREAM).replace(b"GET", b"HEAD", 1), 405),
    ("http 1.0", request(STREAM).replace(b"HTTP/1.1", b"HTTP/1.0"), 400),
    ("http 0.9", b"GET /stream\r\n\r\n", 400),
    ("http 2", request(STREAM).replace(b"HTTP/1.1", b"HTTP/2.0"), 505),
    ("http 2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ("no http", b"hello there\r\n\r\n", 400),
    ("bad version", request(STREAM).replace(b"HTTP/1.1", b"HTTP/1.x"), 400),
    ("two blanks", request(STREAM).replace(b"GET ", b"GET  ", 1), 400),
    ("relative path", request("stream"), 400),
    ("fragment", request(f"{STREAM}#x"), 400),
    ("two hosts", request(STREAM).replace(b"Host: x", b"Host: x\r\nHost: y").replace(
        b"Host: localhost", b"Host: localhost\r\nHost: y"), 400),
    ("two keys", request(STREAM, headers={"sec-websocket-key": KEY}), 400),
    ("a line that is no header", request(STREAM, headers={"X": "a\r\nnonsense"}), 400),
    ("bare line feeds", b"GET /stream HTTP/1.1\nHost: x\n\n", 400),
    ("tls", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03", 400),
    ("binary", b"\x16\x03\x01\x00\xa5\x01\x00\r\n\r\n", 400),
    ("healthz", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 200),
    ("healthz as a balancer asks", b"GET /healthz HTTP/1.0\r\n\r\n", 200),
    ("healthz without host", b"GET /healthz HTTP/1.1\r\n\r\n", 400),
    ("healthz with a query", b"GET /healthz?a=1 HTTP/1.1\r\nHost: x\r\n\r\n", 200),
    ("healthz by its whole address", b"GET http://x/healthz HTTP/1.1\r\nHost: x\r\n\r\n", 200),
]  # fmt: skip


async def opens(socket: RawWebSocket) -> None:
    answer = await socket.read_answer()
    assert answer.status == 101
    assert answer.headers["upgrade"].lower() == "websocket"
    assert answer.headers["connection"].lower() == "upgrade"
    assert answer.headers["sec-websocket-accept"] == ACCEPT
    assert not {"sec-websocket-extensions", "sec-websocket-protocol"} & set(answer.headers)
    await socket.send_frame(TEXT, b"hello")
    assert await socket.read_message() == b"hello"


@pytest.mark.parametrize(("name", "headers"), GOOD_HEADERS, ids=[case[0] for case in GOOD_HEADERS])
async def test_every_form_of_a_good_handshake_opens(
    echo: Echo, name: str, headers: dict[str, str | None]
) -> None:
    async with await echo.dial() as socket:
        await socket.send(request(STREAM, headers=headers))
        await opens(socket)


@pytest.mark.parametrize(
    ("name", "headers", "status"), BAD_HEADERS, ids=[case[0] for case in BAD_HEADERS]
)
async def test_a_bad_header_is_refused(
    echo: Echo, name: str, headers: dict[str, str | None], status: int
) -> None:
    async with await echo.dial() as socket:
        await socket.send(request(STREAM, headers=headers))
        answer = await socket.read_answer()
        assert answer.status == status
        if status == 426:
            assert answer.headers["sec-websocket-version"] == "13"
            assert answer.headers["upgrade"] == "websocket"
        body = await socket.read_rest()
        assert len(body) == int(answer.headers["content-length"]) > 0
    assert "opened" not in [name for receiver in echo.receivers for name in receiver.names]


@pytest.mark.parametrize(("name", "raw", "status"), REQUESTS, ids=[case[0] for case in REQUESTS])
async def test_a_request_gets_its_status(echo: Echo, name: str, raw: bytes, status: int) -> None:
    async with await echo.dial() as socket:
        await socket.send(raw)
        answer = await socket.read_answer()
        assert answer.status == status
        assert "close" in answer.headers["connection"]
        await socket.read_rest()


@pytest.mark.parametrize(
    "edit",
    [
        (b"Upgrade: websocket", b"upgrade: websocket"),
        (b"Upgrade: websocket", b"UPGRADE: websocket"),
        (b"Connection: Upgrade", b"Connection: keep-alive\r\nConnection: Upgrade"),
        (b"Connection: Upgrade", b"connection:Upgrade"),
        (b"Sec-WebSocket-Key", b"SEC-WEBSOCKET-KEY"),
        (b"Sec-WebSocket-Version", b"sec-websocket-version"),
        (b"Upgrade: websocket", b"Upgrade: h2c\r\nUpgrade: websocket"),
        (b"Host:", b"Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b, c\r\nHost:"),
        (b"Host:", b"Sec-WebSocket-Extensions: a\r\nSec-WebSocket-Extensions: b\r\nHost:"),
        (b"GET /stream", b"\r\nGET /stream"),
        (b"GET /stream", b"\r\n\r\nGET /stream"),
        (b"GET /stream", b"GET /stream?a=b&c"),
        (b"GET /stream", b"GET ws://localhost/stream"),
        (b"GET /stream", b"GET http://localhost:80/stream"),
    ],
    ids=str,
)
async def test_names_lines_and_targets_have_many_forms(
    echo: Echo, edit: tuple[bytes, bytes]
) -> None:
    async with await echo.dial() as socket:
        await socket.send(request(STREAM).replace(*edit, 1))
        await opens(socket)


async def test_what_a_client_offers_is_told_and_not_chosen(echo: Echo) -> None:
    async with await echo.dial() as socket:
        await socket.send(request(STREAM, headers={"Sec-WebSocket-Protocol": "a.v1,b.v2"}))
        await opens(socket)
    assert echo.handshakes[0].subprotocols == ("a.v1", "b.v2")
    assert echo.handshakes[0].peer.startswith("127.0.0.1:")


async def test_frames_in_the_segment_of_the_handshake_are_not_lost(echo_both: Echo) -> None:
    async with await echo_both.dial() as socket:
        frames = frame(TEXT, b"early") + frame(PING, b"p") + frame(TEXT, b"half")[:3]
        await socket.send(request(STREAM) + frames)
        assert (await socket.read_answer()).status == 101
        assert await socket.read_message() == b"early"
        received = await socket.read_frame()
        assert (received.opcode, received.payload) == (PONG, b"p")


async def test_a_handshake_that_trickles_opens(echo_both: Echo) -> None:
    async with await echo_both.dial() as socket:
        await socket.trickle(request(STREAM))
        await opens(socket)


async def test_head_is_answered_without_a_body(echo: Echo) -> None:
    async with await echo.dial() as socket:
        await socket.send(b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = await socket.read_answer()
        assert (answer.status, answer.headers["content-length"]) == (200, "3")
        assert await socket.read_rest() == b""


async def test_a_plain_answer_ends_the_connection(echo_both: Echo) -> None:
    async with await echo_both.dial() as socket:
        await socket.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz")
        assert (await socket.read_answer()).status == 200
        assert await socket.read_rest() == b"ok\n"


async def test_an_endless_head_is_refused(echo: Echo) -> None:
    async with await echo.dial() as socket:
        await socket.send(b"GET /stream HTTP/1.1\r\nX: " + b"x" * 200_000)
        assert (await socket.read_answer()).status == 431


async def test_http_on_the_port_of_tls_harms_nobody(echo_both: Echo) -> None:
    async with await RawWebSocket.dial(echo_both.port) as stranger:
        await stranger.send(b"nonsense that is no TLS and no HTTP\r\n\r\n")
        await stranger.read_rest()
    async with await echo_both.open() as socket:
        await socket.send_frame(TEXT, b"hello")
        assert await socket.read_message() == b"hello"


async def test_a_request_that_accept_fails_on_is_answered_500(
    echo: Echo, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(echo.server, "_accept", lambda _handshake: 1 // 0)
    async with await echo.dial() as socket:
        await socket.send(request(STREAM))
        assert (await socket.read_answer()).status == 500
    assert "could not be answered" in caplog.text


async def test_many_handshakes_at_once_all_open(echo: Echo) -> None:
    sockets = await asyncio.gather(*(echo.open() for _ in range(100)))
    assert echo.server.connection_count == 100
    for socket in sockets:
        async with socket:
            await socket.send_frame(TEXT, b"hello")
            assert await socket.read_message() == b"hello"
