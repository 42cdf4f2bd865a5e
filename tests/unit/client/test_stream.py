import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from doubles.memory_hub import MemoryHub, line
from logstream.client import status
from logstream.client.cloud_api_types import Application, ApplicationEnvironment, ConnectionDetails
from logstream.client.status import Status
from logstream.client.stream import EnvironmentDetails, LineStream
from logstream.errors import (
    ApiError,
    AuthenticationError,
    ConnectionFailed,
    LogstreamError,
    NotFound,
)
from logstream.model.backoff import Backoff
from logstream.model.limits import EXPIRED_TICKETS_MAX
from logstream.model.source import Source
from logstream.protocol.messages import Line

PHP = Source("srv-6", "php-error")
DETAILS = ConnectionDetails(url="wss://hub.test/x", site="c:s", env="dev", t=5, hmac="sig")


class Watcher:
    """A stream, what it tells, and the hub that it streams from."""

    def __init__(self, hub: MemoryHub, **options: Any) -> None:
        self.hub = hub
        self.asked = 0
        self.outcomes: list[ConnectionDetails | LogstreamError] = []
        self.lines: list[Line] = []
        self.news: list[Status] = []
        self.happened = asyncio.Event()
        self.stream = LineStream(
            self.details,
            line=Line,
            take=self.take,
            notify=self.notify,
            connect=hub.connect,
            backoff=Backoff(lambda _low, _high: 0.0),
            **options,
        )
        self.running = asyncio.create_task(self.stream.run())
        self.running.add_done_callback(lambda _: self.happened.set())

    def details(self) -> ConnectionDetails:
        self.asked += 1
        outcome = self.outcomes.pop(0) if self.outcomes else DETAILS
        if isinstance(outcome, LogstreamError):
            raise outcome
        return outcome

    def take(self, lines: list[Line]) -> None:
        self.lines += lines
        self.happened.set()

    def notify(self, news: Status) -> None:
        self.news.append(news)
        self.happened.set()

    async def until(self, true: Callable[[], object]) -> None:
        async with asyncio.timeout(30):
            while not true():
                self.happened.clear()
                await self.happened.wait()

    async def until_flowing(self, times: int = 1) -> None:
        await self.until(lambda: self.news.count(status.SourceFlows(PHP)) >= times)

    async def end(self) -> LogstreamError:
        async with asyncio.timeout(30):
            with pytest.raises(LogstreamError) as caught:
                await self.running
        return caught.value

    def told(self, kind: type[Any]) -> list[Any]:
        return [each for each in self.news if isinstance(each, kind)]


@pytest.fixture
def hub() -> MemoryHub:
    return MemoryHub(PHP)


@pytest.fixture
async def watch(hub: MemoryHub) -> AsyncIterator[Callable[..., Watcher]]:
    watchers: list[Watcher] = []

    def start(**options: Any) -> Watcher:
        watchers.append(Watcher(hub, **options))
        return watchers[-1]

    yield start
    for watcher in watchers:
        watcher.running.cancel()
        await asyncio.wait((watcher.running,))


async def test_lines_come_through(hub: MemoryHub, watch: Callable[..., Watcher]) -> None:
    watcher = watch()
    await watcher.until_flowing()
    hub.last.say(line(PHP, "one"), line(PHP, "two"))
    await watcher.until(lambda: len(watcher.lines) == 2)
    assert [each.text for each in watcher.lines] == ["one", "two"]
    assert watcher.told(status.Connected) == [status.Connected(DETAILS.url, again=False)]


async def test_a_lost_connection_is_told_and_made_again_with_fresh_details(
    hub: MemoryHub, watch: Callable[..., Watcher]
) -> None:
    watcher = watch()
    await watcher.until_flowing()
    hub.last.lose()
    await watcher.until_flowing(times=2)
    assert watcher.asked == 2
    assert watcher.told(status.Reconnecting) == [
        status.Reconnecting("the connection broke", attempt=1, wait_s=0.0, worked=True)
    ]
    assert watcher.told(status.Connected)[-1].again
    hub.last.say(line(PHP, "after"))
    await watcher.until(lambda: watcher.lines)
    assert hub.last.enabled() == [PHP]


async def test_attempts_are_counted_until_the_stream_works_again(
    hub: MemoryHub, watch: Callable[..., Watcher]
) -> None:
    hub.failures = ["no route", "no route"]
    watcher = watch()
    await watcher.until_flowing()
    hub.last.lose()
    await watcher.until_flowing(times=2)
    waits = [(each.attempt, each.worked) for each in watcher.told(status.Reconnecting)]
    assert waits == [(1, False), (2, False), (1, True)]


@pytest.mark.parametrize(
    "failure", [ApiError("no answer"), ApiError("busy", status=503), ApiError("busy", status=429)]
)
async def test_a_cloud_api_that_is_away_is_asked_again(
    hub: MemoryHub, watch: Callable[..., Watcher], failure: LogstreamError
) -> None:
    watcher = watch()
    watcher.outcomes = [failure]
    await watcher.until_flowing()
    assert [each.reason for each in watcher.told(status.Reconnecting)] == [str(failure)]


@pytest.mark.parametrize(
    "failure", [AuthenticationError("bad key"), NotFound("no app"), ApiError("odd", status=200)]
)
async def test_what_the_cloud_api_says_for_certain_is_final(
    watch: Callable[..., Watcher], failure: LogstreamError
) -> None:
    watcher = watch()
    watcher.outcomes = [failure]
    assert await watcher.end() is failure
    assert watcher.news == []


async def test_a_fault_of_a_cloud_api_that_has_worked_goes_away(
    hub: MemoryHub, watch: Callable[..., Watcher]
) -> None:
    watcher = watch()
    await watcher.until_flowing()
    watcher.outcomes = [ApiError("odd", status=500), ApiError("html", status=200)]
    hub.last.lose()
    await watcher.until_flowing(times=2)
    assert watcher.asked == 4


async def test_without_reconnect_the_first_loss_is_final(
    hub: MemoryHub, watch: Callable[..., Watcher]
) -> None:
    watcher = watch(reconnect=False)
    await watcher.until_flowing()
    hub.last.lose(1001)
    failure = await watcher.end()
    assert isinstance(failure, ConnectionFailed)
    assert str(failure) == "the hub closed it (1001)"


async def test_an_expired_ticket_is_replaced_by_a_fresh_one(
    hub: MemoryHub, watch: Callable[..., Watcher]
) -> None:
    hub.refusals = [401]
    watcher = watch()
    await watcher.until_flowing()
    assert watcher.asked == 2


async def test_tickets_that_always_expire_are_final(
    hub: MemoryHub, watch: Callable[..., Watcher]
) -> None:
    hub.refusals = [401] * 100
    watcher = watch()
    failure = await watcher.end()
    assert isinstance(failure, AuthenticationError)
    assert "clock" in str(failure)
    assert watcher.asked == EXPIRED_TICKETS_MAX


async def test_a_forbidden_ticket_is_final(hub: MemoryHub, watch: Callable[..., Watcher]) -> None:
    hub.refusals = [403]
    watcher = watch()
    failure = await watcher.end()
    assert isinstance(failure, AuthenticationError)
    assert watcher.asked == 1


async def test_a_pause_holds_across_connections(
    hub: MemoryHub, watch: Callable[..., Watcher]
) -> None:
    watcher = watch()
    await watcher.until_flowing()
    watcher.stream.pause_reading()
    first = hub.last
    assert first.is_paused()
    first.lose()
    hub.happened = watcher.happened.set
    await watcher.until(lambda: hub.last is not first and hub.last.is_paused())
    assert watcher.lines == []
    watcher.stream.resume_reading()
    await watcher.until_flowing(times=2)
    assert not hub.last.is_paused()
    watcher.stream.resume_reading()


async def test_a_cancelled_stream_closes_its_connection(
    hub: MemoryHub, watch: Callable[..., Watcher]
) -> None:
    watcher = watch()
    await watcher.until_flowing()
    watcher.running.cancel()
    await asyncio.wait((watcher.running,))
    assert watcher.running.cancelled()
    assert hub.last.closed_with == 1000
    assert not hub.last.open


async def test_a_trace_begins_with_the_address(
    hub: MemoryHub, watch: Callable[..., Watcher]
) -> None:
    traced: list[bytes] = []
    watcher = watch(trace=lambda _, message: traced.append(message))
    await watcher.until_flowing()
    assert traced[0] == b"connect to wss://hub.test/x"


async def test_a_hub_that_refuses_nothing_for_a_while_has_let_us_in(
    monkeypatch: pytest.MonkeyPatch, hub: MemoryHub, watch: Callable[..., Watcher]
) -> None:
    monkeypatch.setattr("logstream.client.stream._ACCEPTED_AFTER_S", 0.0)
    hub.sources.clear()
    watcher = watch()
    await watcher.until(lambda: watcher.told(status.Connected))


class Api:
    """Counts how often an environment is looked for."""

    def __init__(self) -> None:
        self.searches = 0

    def find_application(self, application: str) -> Application:
        self.searches += 1
        return Application(uuid=application)

    def environment(self, application: Application, name: str) -> ApplicationEnvironment:
        return ApplicationEnvironment(id=f"24-{application.uuid}-{name}")

    def logstream(self, environment_id: str) -> ConnectionDetails:
        return ConnectionDetails(url=environment_id, site="", env="", t=0, hmac="")


@pytest.mark.parametrize("which", ["take", "notify"])
async def test_what_a_program_raises_ends_its_stream(
    monkeypatch: pytest.MonkeyPatch, hub: MemoryHub, watch: Callable[..., Watcher], which: str
) -> None:
    """It is not taken for a lost connection, and not hidden in a log."""

    def fails(*_: object) -> None:
        raise ZeroDivisionError("the program's")

    monkeypatch.setattr(Watcher, which, fails)
    watcher = watch()
    if which == "take":
        await watcher.until_flowing()
        hub.last.say(line(PHP, "x"))
    await asyncio.wait((watcher.running,), timeout=30)
    with pytest.raises(ZeroDivisionError, match="the program's"):
        watcher.running.result()
    assert [side.open for side in hub.connections] == [False]


def test_an_environment_is_looked_for_once() -> None:
    api = Api()
    details = EnvironmentDetails(api, "app", "dev")  # type: ignore[arg-type] # as far as it is used
    assert [details().url, details().url] == ["24-app-dev"] * 2
    assert api.searches == 1
