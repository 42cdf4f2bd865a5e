import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import aclosing
from typing import Any

import msgspec
import pytest

from doubles.extended_hub import ExtendedHub, Record, at
from doubles.memory_hub import HubSide, MemoryHub, line
from logstream.client import iterate, status
from logstream.client.cloud_api_types import ConnectionDetails
from logstream.client.credentials import Credentials
from logstream.client.line import Line
from logstream.client.position import Position
from logstream.client.status import Status
from logstream.errors import (
    AuthenticationError,
    BadCursor,
    BadFilter,
    ConnectionFailed,
    Unsupported,
    UsageError,
)
from logstream.model.limits import ITERATOR_LINES_MAX
from logstream.model.source import Source
from logstream.protocol.frame import PROTOCOLS

PHP = Source("srv-6", "php-error")
REQUESTS = Source("srv-7", "apache-request")
KEY = Credentials(api_key="k", api_secret="s")
DETAILS = ConnectionDetails(url="wss://hub.test/x", site="c:s", env="dev", t=5, hmac="sig")


class ScriptedHub(MemoryHub):
    """Says some lines as soon as a source flows, from the client's own thread."""

    def __init__(self, *sources: Source) -> None:
        super().__init__(*sources)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.script: Callable[[HubSide], None] = lambda _side: None

    def flows(self, news: Status) -> None:
        if isinstance(news, status.SourceFlows):
            self.loop = asyncio.get_running_loop()
            self.script(self.last)

    def say_from_elsewhere(self, message: bytes) -> None:
        assert self.loop is not None
        self.loop.call_soon_threadsafe(self.resume_and_say, message)

    def resume_and_say(self, message: bytes) -> None:
        self.last.paused = False
        self.last.say(message)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedHub]:
    made = ScriptedHub(PHP)
    monkeypatch.setattr("logstream.transport.picows_client.connect", made.connect)
    monkeypatch.setattr(iterate, "EnvironmentDetails", lambda *_: lambda: DETAILS)
    yield made
    assert not any(side.open for side in made.connections)


def options(hub: ScriptedHub, **changes: Any) -> dict[str, Any]:
    return {"credentials": KEY, "on_status": hub.flows, "types": None, **changes}


def say(*texts: str, then_lose: bool = False) -> Callable[[HubSide], None]:
    def script(side: HubSide) -> None:
        side.say(*(line(PHP, text) for text in texts))
        if then_lose:
            asyncio.get_running_loop().call_soon(side.lose)

    return script


def many() -> list[str]:
    return [str(number) for number in range(ITERATOR_LINES_MAX + 1)]


async def test_lines_are_iterated_over_in_order(hub: ScriptedHub) -> None:
    hub.script = say("one", "two", "three")
    async with aclosing(iterate.stream("app", "dev", **options(hub))) as lines:
        first = await anext(lines)
        assert (first.text, first.server, first.log_type) == ("one", "srv-6", "php-error")
        assert [(await anext(lines)).text for _ in range(2)] == ["two", "three"]


async def test_a_loop_that_ends_closes_the_connection(hub: ScriptedHub) -> None:
    hub.script = say("one")
    lines = iterate.stream("app", "dev", **options(hub))
    async for each in lines:
        assert each.text == "one"
        break
    await lines.aclose()
    assert hub.last.closed_with == 1000


async def test_lines_before_a_final_loss_are_given_first(hub: ScriptedHub) -> None:
    hub.script = say("one", then_lose=True)
    lines = iterate.stream("app", "dev", **options(hub, reconnect=False))
    assert (await anext(lines)).text == "one"
    with pytest.raises(ConnectionFailed):
        await anext(lines)


async def test_a_slow_program_makes_the_hub_wait(hub: ScriptedHub) -> None:
    hub.script = say(*many())
    async with aclosing(iterate.stream("app", "dev", **options(hub))) as lines:
        assert (await anext(lines)).text == "0"
        assert hub.last.is_paused()
        for _ in range(ITERATOR_LINES_MAX // 2 + 1):
            await anext(lines)
        assert not hub.last.is_paused()


async def test_only_what_was_asked_for_is_streamed(hub: ScriptedHub) -> None:
    hub.sources.append(REQUESTS)
    hub.script = say("one")
    asked = options(hub, types=("apache-request", "php-error"), servers=("srv-6",))
    async with aclosing(iterate.stream("app", "dev", **asked)) as lines:
        await anext(lines)
        assert hub.last.enabled() == [PHP]


def test_without_an_event_loop_lines_come_as_well(hub: ScriptedHub) -> None:
    hub.script = say("one", "two")
    lines = iterate.stream_sync("app", "dev", **options(hub))
    assert [next(lines).text, next(lines).text] == ["one", "two"]
    lines.close()
    assert hub.last.closed_with == 1000


def test_without_an_event_loop_leaving_the_loop_ends_the_thread(hub: ScriptedHub) -> None:
    hub.script = say("one")
    for each in iterate.stream_sync("app", "dev", **options(hub)):
        assert each.text == "one"
        break
    assert "logstream-stream" not in [thread.name for thread in threading.enumerate()]


def test_without_an_event_loop_a_loss_is_raised_where_lines_are_read(hub: ScriptedHub) -> None:
    hub.script = say("one", then_lose=True)
    lines = iterate.stream_sync("app", "dev", **options(hub, reconnect=False))
    assert next(lines).text == "one"
    with pytest.raises(ConnectionFailed):
        next(lines)


def test_without_an_event_loop_a_slow_program_makes_the_hub_wait(hub: ScriptedHub) -> None:
    paused, resumed = threading.Event(), threading.Event()

    def script(side: HubSide) -> None:
        side.resume_reading = resumed.set  # type: ignore[method-assign]
        hub.happened = paused.set
        side.say(*(line(PHP, text) for text in many()))

    hub.script = script
    lines = iterate.stream_sync("app", "dev", **options(hub))
    assert next(lines).text == "0"
    assert paused.wait(5)
    for _ in range(ITERATOR_LINES_MAX):
        assert not resumed.is_set()
        next(lines)
    waiting = threading.Thread(target=next, args=(lines, None))
    waiting.start()
    assert resumed.wait(5)
    hub.say_from_elsewhere(line(PHP, "last"))
    waiting.join(5)
    lines.close()


def test_without_credentials_the_default_file_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(AuthenticationError, match="cloudapiv2"):
        iterate.stream("app", "dev")


EXTENDED = msgspec.structs.replace(DETAILS, protocols=PROTOCOLS)


@pytest.fixture
def extended(monkeypatch: pytest.MonkeyPatch) -> ExtendedHub:
    made = ExtendedHub(PHP, REQUESTS)
    monkeypatch.setattr("logstream.transport.picows_client.connect", made.connect)
    monkeypatch.setattr(iterate, "EnvironmentDetails", lambda *_: lambda: EXTENDED)
    made.records[PHP] += [Record("1", 1.0), Record("3", 3.0)]
    made.records[REQUESTS] += [Record("2", 2.0), Record("4", 4.0)]
    return made


@pytest.mark.parametrize(
    ("wishes", "texts"),
    [
        ({"follow": False}, ["1", "2", "3", "4"]),
        ({"follow": False, "lines": 3}, ["2", "3", "4"]),
        ({"since": 2.0, "until": 4.0}, ["2", "3"]),
        ({"follow": False, "show": {"text": ["[13]"]}}, ["1", "3"]),
        ({"follow": False, "hide": {"text": ["[13]"]}}, ["2", "4"]),
        ({"follow": False, "after": {PHP: at(1), REQUESTS: at(2)}}, ["3"]),
        ({"follow": False, "after": Position({PHP: at(1), REQUESTS: at(2)}).render()}, ["3"]),
    ],
    ids=range(7),
)
async def test_the_past_is_iterated_over_and_ends(
    extended: ExtendedHub, wishes: dict[str, Any], texts: list[str]
) -> None:
    options: dict[str, Any] = {"credentials": KEY, "types": None, **wishes}
    found = [line async for line in iterate.stream("app", "dev", **options)]
    assert [line.text for line in found] == texts
    every = await asyncio.to_thread(list, iterate.stream_sync("app", "dev", **options))
    assert every == found
    assert not any(side.open for side in extended.connections)


async def test_gaps_come_among_the_lines_where_they_are_asked_for(extended: ExtendedHub) -> None:
    lines = iterate.stream("app", "dev", credentials=KEY, types=["php-error"], gaps=True, lines=1)
    async with aclosing(lines):
        first = await anext(lines)
        assert isinstance(first, Line)
        assert (first.text, first.cursor) == ("3", at(2))
        following = asyncio.ensure_future(anext(lines))
        for _ in range(10):  # turns of the event loop, in which the hub answers
            await asyncio.sleep(0)
        assert PHP in extended.last.live
        extended.last.say(
            b'{"cmd":"gap","server":"srv-6","type":"php-error","stream":"","after":"g:20",'
            b'"next":"g:90","reason":"lost","why":"removed"}'
        )
        assert await following == status.Gap(PHP, at(2), at(9), "removed", None)


async def test_what_cannot_be_filtered_ends_the_iteration(extended: ExtendedHub) -> None:
    extended.refuses = lambda said: "show" in said
    lines = iterate.stream("app", "dev", credentials=KEY, show={"text": ["(?=x)"]}, types=None)
    with pytest.raises(Unsupported, match="not understood"):
        await anext(lines)


@pytest.mark.parametrize(
    ("wishes", "reason"),
    [
        ({"lines": 5}, "no history"),
        ({"after": {PHP: at(1)}}, "no history"),
        ({"hide": {"text": ["x"]}}, "cannot filter"),
    ],
    ids=range(3),
)
async def test_a_service_that_speaks_only_the_base_protocol_is_named(
    hub: ScriptedHub, wishes: dict[str, Any], reason: str
) -> None:
    lines = iterate.stream("app", "dev", **options(hub, **wishes))
    with pytest.raises(Unsupported, match=f"hub.test.* {reason}"):
        await anext(lines)


@pytest.mark.parametrize(
    ("wishes", "error"),
    [
        ({"after": "garbage"}, BadCursor),
        ({"show": {"none": ["x"]}}, BadFilter),
        ({"lines": -1}, UsageError),
        ({"lines": 1, "after": {PHP: ""}}, UsageError),
    ],
    ids=range(4),
)
def test_wishes_that_make_no_sense_are_refused_at_once(
    wishes: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        iterate.stream_sync("app", "dev", credentials=KEY, **wishes)
