"""Real files in a temporary directory; a router and someone who watches."""

import asyncio
import errno
import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from doubles.clocks import SettableClock
from logstream.logtailor import files as files_module
from logstream.logtailor.files import FileSources
from logstream.model.limits import RECORD_MAX_BYTES
from logstream.model.source import Environment, Source
from logstream.node.batch import LineBatch
from logstream.node.ring import RingBudget
from logstream.node.router import Router
from logstream.tail import follower
from logstream.tail.watch import Watcher
from logstream.telemetry.events import NodeEvents

PHP = Source("srv-6", "php-error")
APACHE = Source("srv-6", "apache-request")
NOW_S = 1_700_000_000.0
REQUEST = (
    '192.0.2.7 - - [07/Jul/2014:20:28:53 +0000] "GET / HTTP/1.1" 404 12 "-" "curl" request_id="v-1"'
)


class Watching:
    """Someone who watches: notes what comes, and lets a test wait for it."""

    def __init__(self) -> None:
        self.writable = True
        self.acknowledged_sources: list[Source] = []
        self.lines: list[dict[str, Any]] = []
        self.changed = asyncio.Event()

    def server_connected(self, server: str) -> None: ...

    def server_left(self, server: str) -> None: ...

    def available(self, source: Source, display_name: str) -> None: ...

    def missed(self, source: Source, lines: int) -> None: ...

    def acknowledged(self, source: Source) -> None:
        self.acknowledged_sources.append(source)
        self.changed.set()

    def deliver(self, batch: LineBatch) -> None:
        self.lines += map(json.loads, batch.messages)
        self.changed.set()

    @property
    def texts(self) -> list[str]:
        return [line["text"] for line in self.lines]

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not holds():
                self.changed.clear()
                await self.changed.wait()


class World:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = SettableClock()
        self.events = NodeEvents()
        self.watcher = Watcher()
        self.router = Router(Environment("s", "dev"), RingBudget(), linger_s=0.0)
        self.php = directory / "php.log"
        self.apache = directory / "access.log"
        self.files = FileSources(
            server="srv-6",
            paths={PHP: [str(self.php)], APACHE: [str(self.apache)]},
            router=self.router,
            watcher=self.watcher,
            events=self.events,
            unix_time=SettableClock(NOW_S),
            clock=self.clock,
        )
        self.files.offer()
        self.anna = Watching()
        self.router.join(self.anna)

    def append(self, path: Path, text: str) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)

    async def enable(self, source: Source) -> None:
        self.router.enable(self.anna, source)
        await self.anna.until(lambda: source in self.anna.acknowledged_sources)

    async def turn(self) -> None:
        """Let the loop do all that is due."""
        for _ in range(20):
            await asyncio.sleep(0)

    def look(self) -> None:
        """As the watcher wakes a source at each event of its directory."""
        for followed in self.files._followed.values():
            followed._woken(True)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    world.append(world.php, "from before\n")
    yield world
    world.files.close()


def open_files() -> set[str]:
    return {str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.exists()}


async def test_what_is_configured_is_offered(world: World) -> None:
    assert world.router.sources == [PHP, APACHE]


async def test_a_source_that_nobody_enabled_is_not_opened_or_watched(world: World) -> None:
    assert str(world.php) not in open_files()
    assert world.watcher._handles == set()
    await world.enable(PHP)
    assert str(world.php) in open_files()
    world.router.disable(world.anna, PHP, now_s=0)
    assert str(world.php) not in open_files()
    assert world.watcher._handles == set()


async def test_live_starts_at_the_end_of_the_file_at_the_moment_of_enable(world: World) -> None:
    await world.enable(PHP)
    world.append(world.php, "after\n")
    await world.anna.until(lambda: bool(world.anna.lines))
    assert world.anna.texts == ["after"]


async def test_only_what_is_enabled_is_read(world: World) -> None:
    world.append(world.apache, "")
    await world.enable(PHP)
    world.append(world.apache, REQUEST + "\n")
    world.append(world.php, "a\n")
    await world.anna.until(lambda: bool(world.anna.lines))
    await world.turn()
    assert world.anna.texts == ["a"]


async def test_lines_have_what_their_format_reads(world: World) -> None:
    await world.enable(APACHE)
    world.append(world.apache, REQUEST + "\nnonsense\n")
    await world.anna.until(lambda: len(world.anna.lines) == 2)
    request, nonsense = world.anna.lines
    assert request["http_status"] == 404
    assert request["request_id"] == "v-1"
    assert request["disp_time"] == "2014-07-07 20:28:53"
    assert request["text"] == REQUEST
    assert nonsense["unix_time"] == NOW_S
    assert "http_status" not in nonsense


async def test_a_cut_line_says_how_long_the_whole_is(world: World) -> None:
    await world.enable(PHP)
    world.append(world.php, "x" * (RECORD_MAX_BYTES + 5) + "\n")
    await world.anna.until(lambda: bool(world.anna.lines))
    (text,) = world.anna.texts
    assert text == "x" * RECORD_MAX_BYTES + f" …[cut, {RECORD_MAX_BYTES + 5} bytes]"


async def test_a_file_that_is_not_there_yet_may_come(world: World) -> None:
    await world.enable(APACHE)
    world.append(world.apache, REQUEST + "\n")
    await world.anna.until(lambda: bool(world.anna.lines))
    assert world.anna.texts == [REQUEST]


async def test_a_path_that_cannot_be_read_waits_and_is_told_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """A directory where a file should be; then the file."""
    world.apache.mkdir()
    world.router.enable(world.anna, APACHE)
    await world.turn()
    world.look()
    world.look()
    assert world.anna.acknowledged_sources == []
    assert world.events.counters["source_problems"] == 1
    assert "is a directory" in caplog.text
    world.apache.rmdir()
    with caplog.at_level("INFO", "logstream"):
        world.append(world.apache, "")
        world.look()
    assert world.anna.acknowledged_sources == [APACHE]
    assert "can be read again" in caplog.text


async def test_a_file_that_may_not_be_read_stays_pending_until_it_may(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(path: str) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    with monkeypatch.context() as refusing:
        refusing.setattr(follower, "open_for_reading", refuse)
        world.router.enable(world.anna, PHP)
        await world.turn()
        assert world.anna.acknowledged_sources == []
        assert "permission denied" in caplog.text
    world.look()
    assert world.anna.acknowledged_sources == [PHP]


async def test_one_path_that_cannot_be_read_does_not_stop_the_others(world: World) -> None:
    world.apache.mkdir()
    world.router.enable(world.anna, APACHE)
    await world.enable(PHP)
    world.append(world.php, "a\n")
    await world.anna.until(lambda: bool(world.anna.lines))
    assert world.anna.texts == ["a"]


@pytest.mark.parametrize("step", ["start", "look", "read"])
async def test_a_mistake_with_one_source_harms_no_other_and_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    made: list[None] = []
    right = getattr(follower.Follower, step)

    def fails_once(followed: follower.Follower, *args: object) -> object:
        if not made:
            made.append(None)
            raise RuntimeError("a mistake")
        return right(followed, *args)

    monkeypatch.setattr(follower.Follower, step, fails_once)
    await world.enable(PHP)
    await world.enable(APACHE)
    await world.turn()
    world.append(world.php, "a\n")
    world.append(world.apache, "b\n")
    await world.anna.until(lambda: {"a", "b"} <= {*world.anna.texts})
    assert world.events.counters["mistakes"] == 1


async def test_a_pause_leaves_the_lines_in_their_files(world: World) -> None:
    await world.enable(PHP)
    world.anna.writable = False
    world.append(world.php, "a\n")
    world.look()
    await world.turn()
    assert world.files.paused
    for number in range(5):
        world.append(world.php, f"{number}\n")
        world.look()
        await world.turn()
    assert world.router._budget.stored_bytes < 200, "only what came before the pause is held"
    world.anna.writable = True
    world.router.drained(world.anna)
    await world.anna.until(lambda: len(world.anna.lines) == 6)
    assert world.anna.texts == ["a", "0", "1", "2", "3", "4"]


async def test_a_busy_source_does_not_hold_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_module, "SLICE_BATCHES", 1)
    world.append(world.apache, "")
    await world.enable(PHP)
    await world.enable(APACHE)
    await world.turn()
    world.append(world.php, ("x" * 99 + "\n") * 20_000)
    world.append(world.apache, "between\n")
    world.look()
    await world.anna.until(lambda: len(world.anna.lines) > 20_000)
    assert world.anna.texts.index("between") < 5_000


async def test_closing_follows_nothing_any_more(world: World) -> None:
    await world.enable(PHP)
    await world.enable(APACHE)
    world.look()
    world.files.close()
    await world.turn()
    assert str(world.php) not in open_files()
    assert world.watcher._handles == set()
    world.files.disable(PHP)


async def test_who_enables_again_starts_at_the_end_again(world: World) -> None:
    await world.enable(PHP)
    world.router.disable(world.anna, PHP, now_s=0)
    world.append(world.php, "unwatched\n")
    world.anna.acknowledged_sources.clear()
    await world.enable(PHP)
    world.append(world.php, "b\n")
    await world.anna.until(lambda: bool(world.anna.lines))
    assert world.anna.texts == ["b"]
