"""A follower woken by a watcher, on real files: from a write to its line."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from logstream.tail import watch
from logstream.tail.base import Records
from logstream.tail.source_tail import SourceTail
from logstream.tail.watch import Handle, Watcher, open_inotify

PATIENCE_S = 10.0


class Tail:
    """One source, followed as a logtailor does it."""

    def __init__(self, watcher: Watcher, *patterns: Path) -> None:
        self.lines: asyncio.Queue[str] = asyncio.Queue()
        self.wakes = 0
        self._woken = asyncio.Event()
        self.follower = SourceTail([str(pattern) for pattern in patterns])
        self.follower.open(None, now_s=time.monotonic())
        self.handle: Handle | None = None
        self.handle = watcher.watch(self.follower.directories, self.wake)

    def wake(self, names: bool) -> None:
        self.wakes += 1
        self._woken.set()
        if names:
            self.follower.look(time.monotonic())
            if self.handle is not None:
                self.handle.update(self.follower.directories)
        while (lines := self.follower.read(time.monotonic())) is not None:
            for text in lines.texts if isinstance(lines, Records) else ():
                self.lines.put_nowait(text)

    async def next_line(self) -> str:
        async with asyncio.timeout(PATIENCE_S):
            return await self.lines.get()

    async def has_woken(self, wakes: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while self.wakes < wakes:
                self._woken.clear()
                await self._woken.wait()

    def close(self) -> None:
        assert self.handle is not None
        self.handle.close()
        self.follower.close()


Follow = Callable[..., Tail]


@pytest.fixture
async def follow() -> AsyncIterator[Follow]:
    tails: list[Tail] = []

    def begin(watcher: Watcher, *patterns: Path) -> Tail:
        tails.append(Tail(watcher, *patterns))
        return tails[-1]

    yield begin
    for tail in tails:
        tail.close()


def inotify_alone(monkeypatch: pytest.MonkeyPatch) -> Watcher:
    """Let no poll help, so that what comes was told by inotify."""
    monkeypatch.setattr(watch, "POLL_INTERVAL_S", 3600.0)
    monkeypatch.setattr(watch, "POLL_ONLY_INTERVAL_S", 3600.0)
    return Watcher()


def poll_alone(monkeypatch: pytest.MonkeyPatch) -> Watcher:
    monkeypatch.setattr(watch, "POLL_ONLY_INTERVAL_S", 0.005)
    return Watcher(lambda: None)


WAYS = [
    pytest.param(
        inotify_alone,
        id="inotify",
        marks=pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's own"),
    ),
    pytest.param(poll_alone, id="poll"),
]


@pytest.fixture(params=WAYS)
def watcher(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Watcher:
    made: Watcher = request.param(monkeypatch)
    return made


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


async def test_lines_come_when_they_are_written(
    tmp_path: Path, watcher: Watcher, follow: Follow
) -> None:
    path = tmp_path / "a.log"
    append(path, "old\n")
    tail = follow(watcher, path)
    for number in range(20):
        append(path, f"{number}\n")
        assert await tail.next_line() == f"{number}"


async def test_a_line_written_before_the_watch_began_is_not_forgotten(
    tmp_path: Path, watcher: Watcher, follow: Follow
) -> None:
    path = tmp_path / "a.log"
    append(path, "old\n")
    tail = follow(watcher, path)
    append(path, "new\n")
    assert await tail.next_line() == "new"


async def test_rotation_is_noticed(tmp_path: Path, watcher: Watcher, follow: Follow) -> None:
    path = tmp_path / "a.log"
    append(path, "old\n")
    tail = follow(watcher, path)
    for number in range(3):
        path.rename(tmp_path / f"a.log.{number}")
        append(path, f"{number}\n")
        assert await tail.next_line() == f"{number}"
    path.write_text("truncated\n")
    assert await tail.next_line() == "truncated"


async def test_new_files_and_directories_are_noticed(
    tmp_path: Path, watcher: Watcher, follow: Follow
) -> None:
    tail = follow(watcher, tmp_path / "d" / "e" / "*.log", tmp_path / "**" / "*.txt")
    (tmp_path / "d").mkdir()
    await asyncio.sleep(0)
    (tmp_path / "d" / "e").mkdir()
    append(tmp_path / "d" / "e" / "a.log", "one\n")
    assert await tail.next_line() == "one"
    append(tmp_path / "d" / "e" / "a.log", "two\n")
    assert await tail.next_line() == "two"
    append(tmp_path / "d" / "e" / "a.txt", "three\n")
    assert await tail.next_line() == "three"


async def test_the_target_of_a_link_is_watched_where_it_lies(
    tmp_path: Path, watcher: Watcher, follow: Follow
) -> None:
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "real.log", tmp_path / "a.log"
    append(target, "old\n")
    link.symlink_to(target)
    tail = follow(watcher, link)
    append(target, "one\n")
    assert await tail.next_line() == "one"
    append(tmp_path / "elsewhere" / "next.log", "two\n")
    (tmp_path / "new").symlink_to("elsewhere/next.log")
    (tmp_path / "new").rename(link)
    assert await tail.next_line() == "two"


@pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's own")
async def test_a_replaced_directory_is_watched_again(
    tmp_path: Path, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "POLL_INTERVAL_S", 0.005)
    directory = tmp_path / "d"
    directory.mkdir()
    tail = follow(Watcher(), directory / "a.log")
    directory.rename(tmp_path / "former")
    directory.mkdir()
    append(directory / "a.log", "one\n")
    assert await tail.next_line() == "one"
    monkeypatch.setattr(watch, "POLL_INTERVAL_S", 3600.0)
    append(directory / "a.log", "two\n")
    assert await tail.next_line() == "two"


@pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's own")
async def test_a_write_wakes_only_those_who_follow_the_file(
    tmp_path: Path, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = inotify_alone(monkeypatch)
    tails = {name: follow(watcher, tmp_path / name) for name in ("a.log", "b.log")}
    for name, tail in tails.items():
        append(tmp_path / name, "created\n")
        assert await tail.next_line() == "created"
    before = tails["b.log"].wakes
    for _ in range(10):
        append(tmp_path / "a.log", "x\n")
        await tails["a.log"].next_line()
    assert tails["b.log"].wakes == before


async def test_quiet_files_cost_a_look_each_second(tmp_path: Path, follow: Follow) -> None:
    watcher = Watcher()
    paths = [tmp_path / f"{number}.log" for number in range(200)]
    for path in paths:
        append(path, "old\n")
    tails = [follow(watcher, path) for path in paths]
    for tail in tails:
        await tail.has_woken(1)
    before_s = time.process_time()
    for tail in tails:
        await tail.has_woken(2)
    assert {tail.wakes for tail in tails} == {2}
    assert time.process_time() - before_s < 0.5, "some 10 ms are usual"


def test_inotify_is_there_on_linux() -> None:
    inotify = open_inotify()
    assert (inotify is not None) == (sys.platform == "linux")
    if inotify is not None:
        inotify.close()
