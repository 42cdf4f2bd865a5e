import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from logstream.tail import watch
from logstream.tail.watch import (
    IN_CREATE,
    IN_DELETE_SELF,
    IN_IGNORED,
    IN_MODIFY,
    IN_Q_OVERFLOW,
    Event,
    Handle,
    Watcher,
    open_inotify,
)

ANY = re.compile(".*")
NEVER_S = 3600.0


@dataclass
class Happened:
    wd: int
    mask: int
    name: str = ""


class FakeInotify:
    """An inotify whose directories and events are the test's."""

    def __init__(self) -> None:
        self.readable, self.writable = os.pipe()
        self.missing: set[str] = set()
        self.exhausted = False
        self.numbers: dict[str, int] = {}
        self.watched: set[int] = set()
        self.events: list[Event] = []
        self.closed = False

    def happen(self, path: str, mask: int, name: str = "") -> None:
        self.events.append(Happened(self.numbers.get(path, -1), mask, name))
        os.write(self.writable, b"!")

    def fileno(self) -> int:
        return self.readable

    def add_watch(self, path: str, mask: int) -> int:
        if path in self.missing:
            raise FileNotFoundError(2, "No such file or directory", path)
        if self.exhausted:
            raise OSError(28, "No space left on device", path)
        number = self.numbers.setdefault(path, len(self.numbers) + 1)
        self.watched.add(number)
        return number

    def rm_watch(self, wd: int) -> None:
        if wd not in self.watched:
            raise OSError(22, "Invalid argument")
        self.watched.discard(wd)

    def read(self, timeout: int) -> list[Event]:
        os.read(self.readable, 4096)
        events, self.events = self.events, []
        return events

    def close(self) -> None:
        os.close(self.readable)
        os.close(self.writable)
        self.closed = True


class Sleeper:
    """One who watches, and notes each time it is woken."""

    def __init__(self) -> None:
        self.woken: list[bool] = []
        self._stirred = asyncio.Event()

    def wake(self, names: bool) -> None:
        self.woken.append(names)
        self._stirred.set()

    async def is_woken(self) -> list[bool]:
        """Wait for the next wake, and forget all so far."""
        async with asyncio.timeout(30):
            await self._stirred.wait()
        self._stirred.clear()
        woken, self.woken = self.woken, []
        return woken


@pytest.fixture
def inotify() -> FakeInotify:
    return FakeInotify()


@pytest.fixture
def watcher(inotify: FakeInotify, monkeypatch: pytest.MonkeyPatch) -> Watcher:
    monkeypatch.setattr(watch, "POLL_INTERVAL_S", NEVER_S)
    monkeypatch.setattr(watch, "POLL_ONLY_INTERVAL_S", NEVER_S)
    return Watcher(lambda: inotify)


@pytest.fixture
def poll(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let the polls come often from the next watch on."""

    def often() -> None:
        monkeypatch.setattr(watch, "POLL_INTERVAL_S", 0.001)
        monkeypatch.setattr(watch, "POLL_ONLY_INTERVAL_S", 0.001)

    return often


Watch = Callable[..., tuple[Handle, Sleeper]]


@pytest.fixture
async def watching(watcher: Watcher) -> AsyncIterator[Watch]:
    handles: list[Handle] = []

    def begin(**directories: str) -> tuple[Handle, Sleeper]:
        sleeper = Sleeper()
        wanted = {f"/{path}": re.compile(names) for path, names in directories.items()}
        handles.append(watcher.watch(wanted, sleeper.wake))
        return handles[-1], sleeper

    yield begin
    for handle in handles:
        handle.close()


async def test_whoever_begins_to_watch_is_woken_once(watching: Watch) -> None:
    _, sleeper = watching(d=".*")
    assert await sleeper.is_woken() == [True]


async def test_a_write_wakes_without_a_look_at_names(watching: Watch, inotify: FakeInotify) -> None:
    _, sleeper = watching(d=".*")
    await sleeper.is_woken()
    inotify.happen("/d", IN_MODIFY, "a.log")
    assert await sleeper.is_woken() == [False]


async def test_several_events_wake_once(watching: Watch, inotify: FakeInotify) -> None:
    _, sleeper = watching(d=".*")
    await sleeper.is_woken()
    for mask in (IN_MODIFY, IN_CREATE, IN_MODIFY):
        inotify.happen("/d", mask, "a.log")
    assert await sleeper.is_woken() == [True]


async def test_only_those_are_woken_to_whom_the_name_matters(
    watching: Watch, inotify: FakeInotify
) -> None:
    _, one = watching(d=r"a\.log")
    _, other = watching(d=r"b\.log", e=".*")
    await one.is_woken()
    await other.is_woken()
    inotify.happen("/d", IN_MODIFY, "a.log")
    inotify.happen("/d", IN_MODIFY, "c.log")
    assert await one.is_woken() == [False]
    inotify.happen("/d", IN_MODIFY, "b.log")
    inotify.happen("/e", IN_CREATE, "x")
    assert await other.is_woken() == [True]
    assert one.woken == []


async def test_an_event_of_the_directory_itself_concerns_all(
    watching: Watch, inotify: FakeInotify
) -> None:
    _, sleeper = watching(d="a")
    await sleeper.is_woken()
    inotify.happen("/d", IN_DELETE_SELF)
    inotify.happen("/d", IN_IGNORED)
    assert await sleeper.is_woken() == [True]


async def test_lost_events_wake_everyone(watching: Watch, inotify: FakeInotify) -> None:
    _, one = watching(d="a")
    _, other = watching(e="a")
    await one.is_woken()
    await other.is_woken()
    inotify.happen("", IN_Q_OVERFLOW)
    assert await one.is_woken() == [True]
    assert await other.is_woken() == [True]


async def test_a_directory_is_watched_as_long_as_anyone_watches_it(
    watching: Watch, inotify: FakeInotify
) -> None:
    one, _ = watching(d=".*", e=".*")
    other, _ = watching(d=".*")
    watched = inotify.watched
    assert watched == {inotify.numbers["/d"], inotify.numbers["/e"]}
    one.close()
    assert watched == {inotify.numbers["/d"]}
    other.close()
    assert watched == set()
    assert inotify.closed


async def test_other_directories_can_be_watched_instead(
    watching: Watch, inotify: FakeInotify
) -> None:
    handle, sleeper = watching(d=".*")
    await sleeper.is_woken()
    handle.update({"/e": ANY})
    assert inotify.watched == {inotify.numbers["/e"]}
    assert await sleeper.is_woken() == [True], "something may have happened there before"
    handle.update({"/e": re.compile("b")})
    inotify.happen("/e", IN_MODIFY, "a")
    inotify.happen("/e", IN_CREATE, "b")
    assert await sleeper.is_woken() == [True]


async def test_a_closed_handle_is_not_woken(watching: Watch, inotify: FakeInotify) -> None:
    one, asleep = watching(d=".*")
    _, other = watching(d=".*")
    one.close()
    one.close()
    one.update({"/e": ANY})
    await other.is_woken()
    inotify.happen("/d", IN_MODIFY, "a")
    await other.is_woken()
    assert asleep.woken == []


async def test_one_may_close_another_while_waking(watcher: Watcher, inotify: FakeInotify) -> None:
    handles: list[Handle] = []
    woken: list[int] = []

    def wake_first(number: int) -> Callable[[bool], None]:
        def wake(names: bool) -> None:
            woken.append(number)
            for handle in handles:
                handle.close()

        return wake

    handles += [watcher.watch({"/d": ANY}, wake_first(number)) for number in range(2)]
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(woken) == 1
    assert inotify.closed


async def test_a_missing_directory_is_found_by_the_poll(
    watching: Watch, inotify: FakeInotify, poll: Callable[[], None]
) -> None:
    inotify.missing.add("/d")
    poll()
    _, sleeper = watching(d=".*")
    await sleeper.is_woken()
    assert inotify.watched == set()
    inotify.missing.clear()
    async with asyncio.timeout(30):
        while not inotify.watched:
            assert await sleeper.is_woken()


async def test_a_replaced_directory_is_found_by_the_poll(
    watching: Watch, inotify: FakeInotify, poll: Callable[[], None]
) -> None:
    poll()
    _, sleeper = watching(d=".*")
    await sleeper.is_woken()
    inotify.numbers["/d"] = 99
    async with asyncio.timeout(30):
        while inotify.watched != {99}:
            await sleeper.is_woken()


async def test_two_paths_to_one_directory_share_its_watch(
    watching: Watch, inotify: FakeInotify
) -> None:
    inotify.numbers = {"/d": 1, "/e": 1}
    one, first = watching(d="a")
    _, second = watching(e="a")
    await first.is_woken()
    await second.is_woken()
    inotify.happen("/d", IN_MODIFY, "a")
    assert await first.is_woken() == [False]
    assert await second.is_woken() == [False]
    one.close()
    assert inotify.watched == {1}


async def test_without_inotify_there_is_the_quick_poll(
    poll: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    poll()
    monkeypatch.setattr(watch, "POLL_INTERVAL_S", NEVER_S)
    watcher = Watcher(lambda: None)
    sleeper = Sleeper()
    handle = watcher.watch({"/d": ANY}, sleeper.wake)
    assert watcher.polling_only
    for _ in range(3):
        assert await sleeper.is_woken()
    handle.close()
    assert not watcher.polling_only


async def test_without_more_watches_the_poll_is_quicker(
    watcher: Watcher, inotify: FakeInotify
) -> None:
    inotify.exhausted = True
    handle = watcher.watch({"/d": ANY}, lambda names: None)
    assert watcher.polling_only
    handle.close()


async def test_names_that_matter_are_remembered_within_a_bound(
    watching: Watch, watcher: Watcher, inotify: FakeInotify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "INTERESTS_CACHED_MAX", 10)
    _, sleeper = watching(d=".*")
    await sleeper.is_woken()
    for number in range(50):
        inotify.happen("/d", IN_MODIFY, f"{number}")
    await sleeper.is_woken()
    assert len(watcher._interests) <= 10


async def test_nothing_is_open_while_nobody_watches() -> None:
    opened: list[FakeInotify] = []

    def opener() -> FakeInotify:
        opened.append(FakeInotify())
        return opened[-1]

    watcher = Watcher(opener)
    assert opened == []
    for _ in range(2):
        watcher.watch({"/d": ANY}, lambda names: None).close()
    assert [inotify.closed for inotify in opened] == [True, True]


def test_where_inotify_is_not_installed_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "inotify_simple", None)
    assert open_inotify() is None
