"""Servers that come, go and return while people watch, over real sockets."""

import asyncio
import json
from typing import Any

from doubles.raw_websocket import TEXT, RawWebSocket, close_frame
from logstream.model.limits import STREAM_LINGER_S

from .conftest import SERVER, Served, began, hear, lines

TYPE = "php-error"
ENABLE = {"cmd": "enable", "type": TYPE, "server": SERVER, "note": "of a client's own"}
ASKED = {"cmd": "enable", "type": TYPE, "server": SERVER}
"""The same, as the hub asks it of the logtailor."""
LINE = {
    "cmd": "line",
    "log_type": TYPE,
    "type": TYPE,
    "server": SERVER,
    "unix_time": 1,
    "disp_time": "1970-01-01 00:00:01",
    "text": "x",
}


async def say(socket: RawWebSocket, *messages: dict[str, Any] | bytes) -> None:
    for message in messages:
        raw = message if isinstance(message, bytes) else json.dumps(message).encode()
        await socket.send_frame(TEXT, raw)


def sent(begin: int = 0) -> bytes:
    """``LINE`` as the logtailor sends it."""
    return lines(SERVER, TYPE, "x", begin=begin)


async def come(served: Served, server: str = SERVER, log_type: str = TYPE) -> RawWebSocket:
    """Be a logtailor that offers one source."""
    socket = await served.logtailor(server)
    available = {"cmd": "available", "type": log_type, "server": server, "display_type": "Mine"}
    await say(socket, {"cmd": "connected", "server": server}, available)
    return socket


async def leave(served: Served, socket: RawWebSocket) -> None:
    await socket.send(close_frame(1000))
    assert await socket.read_close() == 1000
    async with asyncio.timeout(30):
        while served.hub.offered_sources:  # noqa: ASYNC110 - the hub tells nobody
            await asyncio.sleep(0.001)


async def answer(logtailor: RawWebSocket) -> None:
    """Let the hub enable."""
    asked = await hear(logtailor)
    assert ASKED.items() <= asked.items()
    await say(logtailor, began(asked))


async def test_a_server_that_comes_later_announces_itself(served: Served) -> None:
    async with await served.watcher() as person, await come(served) as logtailor:
        assert await hear(person) == {"cmd": "connected", "server": SERVER}
        available = {"cmd": "available", "type": TYPE, "server": SERVER}
        assert await hear(person) == {**available, "display_type": "Mine", "display": "Mine"}
        await say(person, ENABLE)
        await answer(logtailor)
        await say(logtailor, sent())
        assert await hear(person) == {"cmd": "success", "server": SERVER, "msg": ENABLE}
        assert await hear(person) == LINE


async def test_a_server_that_returns_flows_again_and_nothing_is_repeated(served: Served) -> None:
    first = await come(served)
    async with first, await served.watcher() as person:
        await say(person, ENABLE)
        await answer(first)
        assert [(await hear(person))["cmd"] for _ in range(3)] == [
            *("connected", "available", "success")
        ]
        await leave(served, first)
        async with await come(served) as second:
            await answer(second)
            await say(second, sent())
            assert await hear(person) == LINE


async def test_an_enable_while_its_server_is_away_waits(served: Served) -> None:
    first = await come(served)
    async with first, await served.watcher() as person:
        assert [(await hear(person))["cmd"] for _ in range(2)] == ["connected", "available"]
        await leave(served, first)
        await say(person, ENABLE, {"cmd": "list-available"}, {"cmd": "list-enabled"})
        assert await hear(person) == {"cmd": "enabled", "enabled": [], "server": served.hub.name}
        await say(person, {"cmd": "list-enabled", "server": SERVER})
        assert await hear(person) == {"cmd": "enabled", "enabled": [TYPE], "server": SERVER}
        async with await come(served) as second:
            await answer(second)
            assert await hear(person) == {"cmd": "success", "server": SERVER, "msg": ENABLE}
            await say(second, sent())
            assert await hear(person) == LINE


async def test_a_source_is_enabled_once_for_all_and_disabled_by_the_last(served: Served) -> None:
    async with await come(served) as logtailor:
        async with await served.watcher() as one, await served.watcher() as other:
            await say(one, ENABLE)
            await answer(logtailor)
            await say(other, ENABLE, ENABLE)
            for person, answers in ((one, ["success"]), (other, ["success"] * 2)):
                said = [(await hear(person))["cmd"] for _ in range(2 + len(answers))]
                assert said == ["connected", "available", *answers]
            await say(logtailor, sent())
            assert await hear(one) == await hear(other) == LINE
            disable = {"cmd": "disable", "type": TYPE, "server": SERVER}
            await say(one, disable)
            assert await hear(one) == {"cmd": "success", "server": SERVER, "msg": disable}
            await say(logtailor, sent(10))
            assert await hear(other) == LINE
            await say(one, {"cmd": "keepalive"})
            assert (await hear(one))["msg"] == {"cmd": "keepalive"}
        now_s = served.hub.clock()
        served.hub.clock = lambda: now_s + STREAM_LINGER_S + 1
        said = [await hear(logtailor), await hear(logtailor)]
        assert {"cmd": "keepalive"} in said
        assert [each["stream"] for each in said if each["cmd"] == "disable"] == [""]
