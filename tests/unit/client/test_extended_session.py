"""`client/extended_session.py` against hubs that say what none should."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from doubles.extended_hub import ExtendedHub, Record, at
from doubles.extended_watcher import ExtendedWatcher
from logstream.client import status
from logstream.client.session import Wanted
from logstream.client.start import Start
from logstream.errors import AuthenticationError, ConnectionFailed
from logstream.model.source import Source
from logstream.protocol.frame import PLAIN
from logstream.transport.base import Refusal

PHP = Source("srv-1", "php-error")
Watch = Callable[..., ExtendedWatcher]


@pytest.fixture
def hub() -> ExtendedHub:
    return ExtendedHub(PHP)


@pytest.fixture
async def watch(hub: ExtendedHub) -> AsyncIterator[Watch]:
    watchers: list[ExtendedWatcher] = []

    def start(**options: Any) -> ExtendedWatcher:
        watchers.append(ExtendedWatcher(hub, **options))
        return watchers[-1]

    yield start
    for watcher in watchers:
        await watcher.stop()


LINES = b'"server":"srv-1","type":"php-error","stream":""'
GARBAGE = {
    "no JSON": (b"{", False),
    "no object": (b"5", False),
    "no cmd": (b"{}", False),
    "not UTF-8": (b'{"cmd":"connected","server":"\xff"}', True),
    "binary without a header": (b"\x28\xb5\x2f\xfd", True),
    "deep": (b"[" * 100_000, False),
    "lines without cursors": (b'{"cmd":"lines",%b,"n":1}\n{}' % LINES, False),
    "lines without a body": (
        b'{"cmd":"lines",%b,"n":1,"after":"g:0","next":"g:10","gen":0}' % LINES,
        False,
    ),
    "a body that is none": (
        b'{"cmd":"lines",%b,"n":1,"after":"g:0","next":"g:10","gen":0}\nxyz' % LINES,
        False,
    ),
    "a body that is not compressed": (
        b'{"cmd":"lines",%b,"n":1,"after":"g:0","next":"g:10","gen":0}\nxyz' % LINES,
        True,
    ),
    "cursors that are none": (
        b'{"cmd":"lines",%b,"n":1,"after":"?","next":"!","gen":0}\n{}' % LINES,
        False,
    ),
    "a cursor that is none": (
        b'{"cmd":"lines",%b,"n":0,"after":"g:0","next":"no cursor"}' % LINES,
        False,
    ),
    "a source without a name": (b'{"cmd":"available","server":"srv-1","type":"a\\u0007"}', False),
    "a gap without cursors": (b'{"cmd":"gap",%b,"reason":"lost"}' % LINES, False),
    "an answer without a place": (b'{"cmd":"success","id":2}', False),
}


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_a_hub_that_breaks_the_protocol_is_left_and_nothing_is_lost(
    hub: ExtendedHub, watch: Watch, garbage: str
) -> None:
    watcher = watch()
    await watcher.until_flowing()
    hub.write(PHP, ["1"])
    await watcher.until(lambda: watcher.lines)
    first = hub.last
    message, binary = GARBAGE[garbage]
    if garbage.startswith("an answer"):
        hub.last.skip(PHP)
        first.live.pop(PHP)
        first.receiver.received(
            b'{"cmd":"gap","server":"srv-1","type":"php-error","stream":"","after":"g:10",'
            b'"next":"g:20","reason":"slow"}'
        )
        first._enable = lambda *_: None  # type: ignore[method-assign]
        message = b'{"cmd":"success","id":3}'
    else:
        message = message.replace(b'"after":"g:0","next":"g:10"', b'"after":"g:10","next":"g:20"')
        message = message.replace(b'"after":"g:0"', b'"after":"g:10"')
    first.say(message, binary=binary)
    await watcher.until(lambda: len(hub.connections) == 2)
    hub.write(PHP, ["2"])
    await watcher.until(lambda: len(watcher.lines) == 2)
    assert watcher.texts == ["1", "2"]
    assert "protocol" in watcher.told(status.Reconnecting)[0].reason


async def test_what_a_later_version_says_is_passed_over(hub: ExtendedHub, watch: Watch) -> None:
    watcher = watch()
    await watcher.until_flowing()
    hub.last.say(b'{"cmd":"news","x":1}')
    hub.last.say(b'{"cmd":"enabled","enabled":[],"server":"x"}')
    hub.last.say(b'{"cmd":"success","id":99}')
    hub.last.say(b'{"cmd":"success"}')
    hub.last.say(b'{"cmd":"lines","server":"x","type":"y","stream":"","n":0,"after":"","next":""}')
    hub.last.say(b'{"cmd":"lines","server":"x","type":"y","id":9,"n":0,"after":"","next":""}')
    hub.last.say(
        b'{"cmd":"gap","server":"x","type":"y","id":9,"after":"","next":"","reason":"slow"}'
    )
    hub.write(PHP, ["1"])
    await watcher.until(lambda: watcher.lines)
    assert len(hub.connections) == 1


async def test_the_text_protocol_is_spoken_too(watch: Watch, hub: ExtendedHub) -> None:
    hub.subprotocol = PLAIN
    watcher = watch()
    await watcher.until_flowing()
    hub.write(PHP, ["x" * 10_000])
    await watcher.until(lambda: watcher.lines)


async def test_a_refused_ticket_is_final(hub: ExtendedHub, watch: Watch) -> None:
    hub.refusals = [403]
    assert isinstance(await watch().end(), AuthenticationError)


async def test_an_error_that_ends_nothing_is_told(hub: ExtendedHub, watch: Watch) -> None:
    watcher = watch()
    await watcher.until_flowing()
    hub.last.say(
        b'{"cmd":"error","code":500,"description":"disk\\nfull","during":"","server":"srv-1"}'
    )
    await watcher.until(lambda: watcher.told(status.HubError))
    assert watcher.told(status.HubError) == [status.HubError(500, "disk full", "srv-1")]


async def test_a_cursor_that_is_refused_is_told_and_the_stream_begins_now(
    hub: ExtendedHub, watch: Watch
) -> None:
    hub.write(PHP, ["old"])
    hub.refuses = lambda said: said.get("after") == "z:5"
    watcher = watch(start=Start(after={PHP: "z:5"}))
    await watcher.until_flowing()
    hub.write(PHP, ["new"])
    await watcher.until(lambda: watcher.lines)
    assert watcher.texts == ["new"]
    assert watcher.told(status.Gap) == [status.Gap(PHP, "z:5", "z:5", "refused", None)]
    assert watcher.stream.position == {PHP: at(2)}


async def test_a_refused_enable_is_told_and_asked_again_when_offered_again(
    hub: ExtendedHub, watch: Watch
) -> None:
    hub.refuses = lambda said: said["cmd"] == "enable"
    watcher = watch()
    await watcher.until(lambda: watcher.told(status.HubError))
    hub.refuses = lambda _: False
    hub.last.offer(PHP)
    await watcher.until_flowing()


async def test_silence_ends_a_connection(
    hub: ExtendedHub, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logstream.client.upkeep.LINK_SILENCE_MAX_S", 0.05)
    hub.silent = True
    watcher = watch()
    await watcher.until(lambda: watcher.told(status.Reconnecting))
    assert "nothing came" in watcher.told(status.Reconnecting)[0].reason


async def test_a_fresh_ticket_is_shown_before_the_life_ends(
    hub: ExtendedHub, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logstream.client.upkeep.LINK_LIFE_MIN_S", 0.0)
    hub.life_s = 0.02
    watcher = watch()
    await watcher.until_flowing()
    await watcher.until(lambda: watcher.asked >= 2)
    hub.life_s = 3600.0
    hub.write(PHP, ["1"])
    await watcher.until(lambda: watcher.lines)
    assert len(hub.connections) == 1


async def test_a_paused_stream_takes_nothing_and_then_all(hub: ExtendedHub, watch: Watch) -> None:
    watcher = watch()
    await watcher.until_flowing()
    watcher.stream.pause_reading()
    hub.write(PHP, ["1"])
    hub.last.lose(4008, "paused for too long")
    await watcher.until(lambda: watcher.told(status.Reconnecting))
    assert len(hub.connections) == 1  # another connection would only be closed again
    hub.write(PHP, ["2"])
    watcher.stream.resume_reading()
    await watcher.until(lambda: len(watcher.lines) == 2)
    assert watcher.texts == ["1", "2"]


async def test_too_many_sources_end_the_connection(
    hub: ExtendedHub, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logstream.client.extended_session.SOURCES_REMEMBERED_MAX", 10)
    hub.offered += [Source(f"srv-{i}", "x") for i in range(20)]
    failure = await watch(reconnect=False, wanted=Wanted({"none"})).end()
    assert isinstance(failure, ConnectionFailed)
    assert "more than 10" in str(failure)


async def test_an_unusable_frame_ends_the_connection(hub: ExtendedHub, watch: Watch) -> None:
    watcher = watch(reconnect=False)
    await watcher.until_flowing()
    hub.last.receiver.refused(Refusal.TOO_BIG, b"")
    assert "too big" in str(await watcher.end())


async def test_a_trace_shows_headers_and_no_signature(hub: ExtendedHub, watch: Watch) -> None:
    seen: list[tuple[str, bytes]] = []
    watcher = watch(trace=lambda way, message: seen.append((way, message)))
    await watcher.until_flowing()
    hub.write(PHP, [Record("text of a line")])
    await watcher.until(lambda: watcher.lines)
    every = b"".join(message for _, message in seen)
    assert b'"cmd":"lines"' in every
    assert b"text of a line" not in every
    assert b"secret" not in every
    assert b"***" in every
