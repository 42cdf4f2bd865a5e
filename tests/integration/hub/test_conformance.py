"""RFC 6455 on the hub's own port, for strangers and for those who were let in.

The transport's tests have each case of it, tests/integration/transport; here is that the hub is
built so that they hold, with its limits, its ``error`` before a close, and its path.
"""

import json
import re
from collections.abc import Awaitable, Callable

import pytest

from doubles.raw_websocket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Frame,
    RawWebSocket,
    close_frame,
    frame,
    request,
)
from logstream.hub.service import STREAM_PATH
from logstream.model.limits import (
    DURING_MAX_BYTES,
    UNAUTHENTICATED_MESSAGE_MAX_BYTES,
    UPSTREAM_MESSAGE_MAX_BYTES,
)

from .conftest import Served, hear

Come = Callable[[Served], Awaitable[RawWebSocket]]
COME = pytest.mark.parametrize("come", [Served.stranger, Served.watcher])

HANDSHAKES: list[tuple[bytes, int]] = [
    (request(STREAM_PATH), 101),
    (request(f"{STREAM_PATH}?x=1"), 101),
    (request(STREAM_PATH, headers={"Connection": "keep-alive, Upgrade"}), 101),
    (request(STREAM_PATH, headers={"Sec-WebSocket-Protocol": "logstream.batch.v1"}), 101),
    (request(STREAM_PATH, headers={"Sec-WebSocket-Extensions": "permessage-deflate"}), 101),
    (request(STREAM_PATH, headers={"Sec-WebSocket-Version": "8"}), 426),
    (request(STREAM_PATH, headers={"Upgrade": None}), 426),
    (request(STREAM_PATH, headers={"Sec-WebSocket-Key": "short"}), 400),
    (request(STREAM_PATH, headers={"Host": None}), 400),
    (request(STREAM_PATH).replace(b"GET", b"POST"), 405),
    (request(f"{STREAM_PATH}/"), 404),
    (request("/"), 404),
    (request("/healthz", headers={"Upgrade": None}), 200),
    (request("/metrics", headers={"Upgrade": None}), 200),
]

FAULTS: list[tuple[bytes, int]] = [
    *((frame(opcode), 1002) for opcode in (3, 7, 0xB, 0xF)),
    *((frame(TEXT, b"x", reserved=reserved), 1002) for reserved in (1, 2, 4)),
    (frame(TEXT, b"{}", masked=False), 1002),
    (frame(PING, b"x", masked=False), 1002),
    (frame(PING, b"x" * 126), 1002),
    (frame(PING, b"x", final=False), 1002),
    (frame(TEXT, b"hello", length_bytes=2), 1002),
    (frame(TEXT, b"hello", length_bytes=8), 1002),
    (frame(TEXT, length_bytes=8, declared=1 << 63), 1002),
    (frame(CONTINUATION, b"x"), 1002),
    (frame(TEXT, b"{", final=False) + frame(TEXT, b"}"), 1002),
    (frame(TEXT, b'{"cmd":"\xff"}'), 1007),
    (frame(TEXT, b"\xed\xa0", final=False), 1007),
    (frame(TEXT, b"\xe2\x82", final=False) + frame(CONTINUATION, b"x"), 1007),
    (close_frame(1005), 1002),
    (close_frame(2999), 1002),
    (frame(CLOSE, b"\x03"), 1002),
    (close_frame(1000, b"\xff"), 1007),
]


def keepalive(length: int) -> bytes:
    """Give a ``keepalive`` of so many bytes."""
    return b'{"cmd":"keepalive","":"%s"}' % (b"x" * (length - 25))


@pytest.mark.parametrize(("data", "status"), HANDSHAKES, ids=range(len(HANDSHAKES)))
async def test_a_handshake_is_answered(served_both: Served, data: bytes, status: int) -> None:
    async with await served_both.dial() as socket:
        await socket.send(data)
        answer = await socket.read_answer()
        assert answer.status == status
        if status == 426:
            assert answer.headers["sec-websocket-version"] == "13"
        if status == 101:
            offered = re.search(rb"Sec-WebSocket-Protocol: (\S+)", data)
            chosen = offered[1].decode() if offered else None
            assert answer.headers.get("sec-websocket-protocol") == chosen
            assert (await hear(socket))["server"].startswith("logstream-")


@COME
@pytest.mark.parametrize(("data", "code"), FAULTS, ids=range(len(FAULTS)))
async def test_a_fault_ends_the_connection_with_its_code(
    served: Served, come: Come, data: bytes, code: int
) -> None:
    async with await come(served) as socket:
        await socket.send(data)
        assert await socket.read_close() == code


@COME
async def test_pings_of_every_size_are_answered(served_both: Served, come: Come) -> None:
    async with await come(served_both) as socket:
        payloads = [bytes(range(length)) for length in range(126)]
        await socket.send(b"".join(frame(PING, payload) for payload in payloads))
        for payload in payloads:
            assert await socket.read_frame() == Frame(PONG, payload)


@COME
@pytest.mark.parametrize("code", [None, 1000, 1001, 1011, 3000, 4999])
async def test_a_close_is_echoed(served_both: Served, come: Come, code: int | None) -> None:
    async with await come(served_both) as socket:
        await socket.send(close_frame(code))
        assert await socket.read_close() == code


@pytest.mark.parametrize("length", [25, 125, 126, 127, 65_535, UPSTREAM_MESSAGE_MAX_BYTES])
async def test_one_who_was_let_in_is_understood_whatever_the_length_and_the_parts(
    served_both: Served, length: int
) -> None:
    message = keepalive(length)
    async with await served_both.watcher() as socket:
        await socket.send_frame(TEXT, message)
        await socket.send_frame(TEXT, message[:9], final=False)
        await socket.send_frame(PING, b"between")
        await socket.send_frame(CONTINUATION, message[9:20], final=False)
        await socket.send_frame(CONTINUATION, message[20:])
        success = {"cmd": "success", "msg": json.loads(message), "server": served_both.hub.name}
        assert await hear(socket) == success
        assert await socket.read_frame() == Frame(PONG, b"between")
        assert await hear(socket) == success


async def test_a_connection_that_trickles_is_understood(served_both: Served) -> None:
    async with await served_both.watcher() as socket:
        await socket.trickle(frame(TEXT, b'{"cmd":', final=False) + frame(PING, b"p"))
        assert await socket.read_frame() == Frame(PONG, b"p")
        await socket.trickle(frame(CONTINUATION, '"keepalive","x":"ü🎉"}'.encode()))
        assert (await hear(socket))["msg"] == {"cmd": "keepalive", "x": "ü🎉"}
        await socket.trickle(close_frame(1000))
        assert await socket.read_close() == 1000


async def test_utf8_may_be_cut_anywhere(served: Served) -> None:
    message = '{"cmd":"keepalive","x":"ü€🎉"}'.encode()
    async with await served.watcher() as socket:
        for cut in range(len(message) + 1):
            await socket.send(
                frame(TEXT, message[:cut], final=False) + frame(CONTINUATION, message[cut:])
            )
            assert (await hear(socket))["msg"] == json.loads(message)


@COME
@pytest.mark.parametrize("parts", [1, 1000])
async def test_a_message_of_ten_million_bytes_is_answered_while_it_is_sent(
    served: Served, come: Come, parts: int
) -> None:
    message = keepalive(10_000_000)
    size = len(message) // parts
    async with await come(served) as socket:
        for i in range(parts):
            part = message[i * size : (i + 1) * size]
            await socket.send_frame(CONTINUATION if i else TEXT, part, final=i == parts - 1)
        error = await hear(socket)
        assert (error["cmd"], error["code"], error["server"]) == ("error", 400, served.hub.name)
        assert error["during"] == message[:DURING_MAX_BYTES].decode()
        assert await socket.read_close() == 1009


@pytest.mark.parametrize(
    ("come", "limit_bytes"),
    [
        (Served.stranger, UNAUTHENTICATED_MESSAGE_MAX_BYTES),
        (Served.watcher, UPSTREAM_MESSAGE_MAX_BYTES),
    ],
)
async def test_a_message_over_the_limit_is_answered_before_the_close(
    served_both: Served, come: Come, limit_bytes: int
) -> None:
    async with await come(served_both) as socket:
        await socket.send_frame(TEXT, keepalive(limit_bytes + 1))
        assert (await hear(socket))["description"].startswith("message too big")
        assert await socket.read_close() == 1009


@COME
async def test_a_binary_frame_is_answered_before_the_close(served_both: Served, come: Come) -> None:
    async with await come(served_both) as socket:
        await socket.send_frame(BINARY, b'{"cmd":"keepalive"}')
        assert await hear(socket) == {
            "cmd": "error",
            "code": 400,
            "description": "binary frame: send text frames",
            "during": '{"cmd":"keepalive"}',
            "server": served_both.hub.name,
        }
        assert await socket.read_close() == 1003


async def test_a_stranger_need_not_answer_the_close(served_both: Served) -> None:
    async with await served_both.stranger() as socket:
        await socket.send_frame(TEXT, b'{"cmd":"keepalive"}')
        assert (await hear(socket))["code"] == 401
        assert await socket.read_close() == 1008
