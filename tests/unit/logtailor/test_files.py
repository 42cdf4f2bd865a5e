"""Real files in a temporary directory, and someone who watches them."""

import asyncio
import errno
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from doubles.clocks import SettableClock
from logstream.formats.catalogue import KNOWN_FORMATS
from logstream.logtailor import flow as flow_module
from logstream.logtailor.files import FileSources
from logstream.logtailor.flow import Surroundings
from logstream.model.filter import make_filter
from logstream.model.limits import PROGRESS_S, RECORD_MAX_BYTES
from logstream.model.source import Source
from logstream.node.base import EnableWanted, HistoryWanted, PageEnd, StreamFrame
from logstream.node.batch import GapFrame, LinesFrame
from logstream.tail import placing
from logstream.tail.source_tail import SourceTail
from logstream.tail.watch import Watcher
from logstream.telemetry.events import NodeEvents

PLAIN = Source("srv-6", "plain-log")
APACHE = Source("srv-6", "apache-request")
PHP = Source("srv-6", "php-error")
NOW_S = 1_700_000_000.0
REQUEST = (
    '192.0.2.7 - - [07/Jul/2014:20:28:53 +0000] "GET / HTTP/1.1" 404 12 "-" "curl" request_id="v-1"'
)


class Watching:
    """Someone who watches: notes what comes, and lets a test wait for it."""

    extended = True

    def __init__(self) -> None:
        self.writable = True
        self.offered: dict[Source, str] = {}
        self.begun: dict[Source, str] = {}
        self.refusals: list[tuple[int, str]] = []
        self.frames: list[StreamFrame] = []
        self.pages: list[StreamFrame] = []
        self.ends: list[PageEnd] = []
        self.changed = asyncio.Event()

    def server_connected(self, server: str) -> None: ...

    def server_left(self, server: str) -> None: ...

    def missed(self, source: Source, lines: int) -> None: ...

    def available(self, source: Source, display_name: str) -> None:
        self.offered[source] = display_name

    def enabled(self, wish: EnableWanted, *, after: str, now_s: float) -> None:
        assert now_s == NOW_S
        self.begun[wish.source] = after
        self.changed.set()

    def refused(self, wish: EnableWanted | HistoryWanted, code: int, description: str) -> None:
        self.refusals.append((code, description))
        self.changed.set()

    def deliver(self, frame: StreamFrame) -> None:
        assert self.writable
        self.frames.append(frame)
        self.changed.set()

    def page_frame(self, wish: HistoryWanted, frame: StreamFrame) -> None:
        self.pages.append(frame)

    def page_ended(self, wish: HistoryWanted, end: PageEnd) -> None:
        self.ends.append(end)
        self.changed.set()

    @property
    def texts(self) -> list[str]:
        return texts(self.frames)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not holds():
                self.changed.clear()
                await self.changed.wait()


def texts(frames: list[StreamFrame]) -> list[str]:
    return [
        text for frame in frames if isinstance(frame, LinesFrame) for text in frame.columns().text
    ]


class PushedClock:
    """Goes as time does, and can be pushed forward."""

    def __init__(self) -> None:
        self.pushed_s = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.pushed_s


class World:
    def __init__(self, directory: Path) -> None:
        self.clock = PushedClock()
        self.events = NodeEvents()
        self.watcher = Watcher()
        self.plain = directory / "plain.log"
        self.apache = directory / "access.log"
        self.php = directory / "php.log"
        self.files = FileSources(
            server="srv-6",
            paths={
                PLAIN: [str(self.plain)],
                APACHE: [str(self.apache)],
                PHP: [str(self.php)],
            },
            around=Surroundings(
                watcher=self.watcher,
                events=self.events,
                unix_time=SettableClock(NOW_S),
                clock=self.clock,
                formats=KNOWN_FORMATS,
            ),
        )
        self.anna = Watching()
        self.files.join(self.anna)

    def append(self, path: Path, text: str) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)

    async def enable(self, wish: EnableWanted) -> str:
        self.files.enable(self.anna, wish)
        await self.anna.until(lambda: wish.source in self.anna.begun)
        return self.anna.begun[wish.source]

    def disable(self, source: Source, stream: str | None = None) -> None:
        self.files.disable(self.anna, source, stream, now_s=0)

    async def turn(self) -> None:
        """Let the loop do all that is due."""
        for _ in range(20):
            await asyncio.sleep(0)

    def look(self) -> None:
        """As the watcher wakes a stream at each event of its directory."""
        for watching in self.files._upstreams.values():
            for flow in watching.flows.values():
                flow._woken(True)

    async def history(self, source: Source, *, limit: int = 100) -> PageEnd:
        before = len(self.anna.ends)
        wish = HistoryWanted(
            source, make_filter(None, None), 7, None, None, None, None, limit, back=True
        )
        self.files.history(self.anna, wish)
        await self.anna.until(lambda: len(self.anna.ends) > before)
        return self.anna.ends[-1]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    world.append(world.plain, "from before\n")
    yield world
    world.files.close()


def open_files() -> set[str]:
    return {str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.exists()}


async def test_what_is_configured_is_offered(world: World) -> None:
    assert [*world.anna.offered] == [PLAIN, APACHE, PHP]
    assert world.anna.offered[PHP] == "PHP error"


async def test_a_source_that_nobody_enabled_is_not_opened_or_watched(world: World) -> None:
    assert str(world.plain) not in open_files()
    assert world.watcher._handles == set()
    await world.enable(EnableWanted(PLAIN))
    assert str(world.plain) in open_files()
    world.disable(PLAIN)
    assert str(world.plain) not in open_files()
    assert world.watcher._handles == set()


async def test_live_starts_at_the_end_of_the_file_at_the_moment_of_enable(world: World) -> None:
    await world.enable(EnableWanted(PLAIN))
    world.append(world.plain, "after\n")
    await world.anna.until(lambda: bool(world.anna.frames))
    assert world.anna.texts == ["after"]


async def test_s5_with_a_cursor_nothing_is_missing_or_repeated(world: World) -> None:
    begun = await world.enable(EnableWanted(PLAIN))
    world.append(world.plain, "a\nb\n")
    await world.anna.until(lambda: len(world.anna.texts) == 2)
    world.disable(PLAIN)
    world.append(world.plain, "c\n")
    world.anna.begun.clear()
    assert await world.enable(EnableWanted(PLAIN, after=begun)) == begun
    await world.anna.until(lambda: len(world.anna.texts) == 5)
    assert world.anna.texts == ["a", "b", "a", "b", "c"]


async def test_s7_each_frame_begins_where_the_one_before_ended(world: World) -> None:
    at = await world.enable(EnableWanted(PLAIN))
    for number in range(5):
        world.append(world.plain, f"{number}\n")
        await world.anna.until(lambda: len(world.anna.texts) > number)  # noqa: B023 - awaited here
    for frame in world.anna.frames:
        assert frame.after == at
        at = frame.next


async def test_s7_a_truncation_is_told_as_a_gap(world: World) -> None:
    await world.enable(EnableWanted(PLAIN))
    world.append(world.plain, "a\n")
    await world.anna.until(lambda: bool(world.anna.texts))
    world.plain.write_text("b\n")
    await world.anna.until(lambda: len(world.anna.texts) > 1)
    assert world.anna.texts == ["a", "b"]
    (gap,) = [frame for frame in world.anna.frames if isinstance(frame, GapFrame)]
    assert (gap.reason, gap.why) == ("lost", "truncated")


async def test_s6_a_new_filter_goes_on_exactly_where_the_old_one_ended(world: World) -> None:
    await world.enable(EnableWanted(PLAIN))
    world.append(world.plain, "a\n")
    await world.anna.until(lambda: bool(world.anna.texts))
    ended = world.anna.frames[-1].next
    world.append(world.plain, "x\ny\n")
    world.anna.begun.clear()
    only_y = make_filter({"text": ["y"]}, None)
    assert await world.enable(EnableWanted(PLAIN, filter=only_y, replace="")) == ended
    await world.anna.until(lambda: len(world.anna.texts) > 1)
    assert world.anna.texts == ["a", "y"]
    assert world.anna.frames[-1].stream == only_y.stream


async def test_s8_a_filtered_stream_says_how_far_it_is(world: World) -> None:
    nothing = make_filter({"text": ["never"]}, None)
    at = await world.enable(EnableWanted(PLAIN, filter=nothing))
    world.append(world.plain, "x\n")
    await world.turn()
    world.look()
    await world.turn()
    assert not world.anna.frames
    world.clock.pushed_s += PROGRESS_S
    world.look()
    await world.anna.until(lambda: bool(world.anna.frames))
    (progress,) = world.anna.frames
    assert (progress.n, progress.after) == (0, at)
    assert progress.next != at


async def test_s10_an_expression_that_re2_does_not_know_is_refused(world: World) -> None:
    world.files.enable(
        world.anna, EnableWanted(PLAIN, filter=make_filter({"text": ["(?=x)"]}, None))
    )
    ((code, description),) = world.anna.refusals
    assert code == 400
    assert "(?=x)" in description


async def test_a_cursor_that_is_garbage_is_refused_and_harms_nobody(world: World) -> None:
    world.files.enable(world.anna, EnableWanted(PLAIN, after="garbage"))
    assert [code for code, _ in world.anna.refusals] == [400]
    await world.enable(EnableWanted(PLAIN))


async def test_s9_history_is_read_from_the_files(world: World) -> None:
    world.append(world.plain, "a\nb\n")
    end = await world.history(PLAIN, limit=2)
    assert texts(world.anna.pages) == ["a", "b"]
    assert end.more
    assert (world.anna.pages[0].after, world.anna.pages[-1].next) == (end.first, end.last)


async def test_a_trace_is_one_record(world: World) -> None:
    world.append(world.php, "")
    await world.enable(EnableWanted(PHP))
    trace = "[07-Jul-2014 20:28:53 UTC] PHP Fatal error:  x\nStack trace:\n#0 {main}"
    world.append(world.php, trace + "\n")
    await world.anna.until(lambda: bool(world.anna.texts))
    assert world.anna.texts == [trace]


async def test_only_what_is_enabled_is_read(world: World) -> None:
    world.append(world.apache, "")
    await world.enable(EnableWanted(PLAIN))
    world.append(world.apache, REQUEST + "\n")
    world.append(world.plain, "a\n")
    await world.anna.until(lambda: bool(world.anna.frames))
    await world.turn()
    assert world.anna.texts == ["a"]


async def test_lines_have_what_their_format_reads(world: World) -> None:
    await world.enable(EnableWanted(APACHE))
    world.append(world.apache, REQUEST + "\nnonsense\n")
    await world.anna.until(lambda: len(world.anna.texts) == 2)
    (frame,) = world.anna.frames
    assert isinstance(frame, LinesFrame)
    columns = frame.columns()
    assert columns.http_status == [404, None]
    assert columns.request_id == ["v-1", None]
    assert columns.unix_time == [1404764933.0, None]
    assert columns.text[0] == REQUEST


async def test_a_cut_line_says_how_long_the_whole_is(world: World) -> None:
    await world.enable(EnableWanted(APACHE))
    world.append(world.apache, "x" * (RECORD_MAX_BYTES + 5) + "\n")
    await world.anna.until(lambda: bool(world.anna.texts))
    frame = world.anna.frames[-1]
    assert isinstance(frame, LinesFrame)
    assert frame.columns().cut == {0: RECORD_MAX_BYTES + 5}
    assert world.anna.texts == ["x" * RECORD_MAX_BYTES]


async def test_a_file_that_is_not_there_yet_may_come(world: World) -> None:
    await world.enable(EnableWanted(APACHE))
    world.append(world.apache, REQUEST + "\n")
    await world.anna.until(lambda: bool(world.anna.frames))
    assert world.anna.texts == [REQUEST]


async def test_a_path_that_cannot_be_read_waits_and_is_told_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """A directory where a file should be; then the file."""
    world.apache.mkdir()
    world.files.enable(world.anna, EnableWanted(APACHE))
    await world.turn()
    world.look()
    world.look()
    assert world.anna.begun == {}
    assert world.events.counters["source_problems"] == 1
    assert "is a directory" in caplog.text
    world.apache.rmdir()
    with caplog.at_level("INFO", "logstream"):
        world.append(world.apache, "")
        world.look()
    assert APACHE in world.anna.begun
    assert "can be read again" in caplog.text


async def test_a_file_that_may_not_be_read_stays_pending_until_it_may(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(path: str) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    with monkeypatch.context() as refusing:
        refusing.setattr(placing, "open_for_reading", refuse)
        world.files.enable(world.anna, EnableWanted(PLAIN))
        await world.turn()
        assert world.anna.begun == {}
        assert "permission denied" in caplog.text
    world.look()
    assert PLAIN in world.anna.begun


async def test_one_path_that_cannot_be_read_does_not_stop_the_others(world: World) -> None:
    world.apache.mkdir()
    world.files.enable(world.anna, EnableWanted(APACHE))
    await world.enable(EnableWanted(PLAIN))
    world.append(world.plain, "a\n")
    await world.anna.until(lambda: bool(world.anna.frames))
    assert world.anna.texts == ["a"]


@pytest.mark.parametrize("step", ["look", "read"])
async def test_a_mistake_with_one_source_harms_no_other_and_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    made: list[None] = []
    right = getattr(SourceTail, step)

    def fails_once(tail: SourceTail, *args: object) -> object:
        if not made:
            made.append(None)
            raise RuntimeError("a mistake")
        return right(tail, *args)

    monkeypatch.setattr(SourceTail, step, fails_once)
    await world.enable(EnableWanted(PLAIN))
    await world.enable(EnableWanted(APACHE))
    await world.turn()
    world.append(world.plain, "a\n")
    world.append(world.apache, "b\n")
    await world.anna.until(lambda: {"a", "b"} <= {*world.anna.texts})
    assert world.events.counters["mistakes"] == 1


async def test_who_takes_no_more_leaves_the_lines_in_their_files(world: World) -> None:
    await world.enable(EnableWanted(PLAIN))
    world.anna.writable = False
    for number in range(5):
        world.append(world.plain, f"{number}\n")
        world.look()
        await world.turn()
    assert not world.anna.frames
    world.anna.writable = True
    world.files.drained(world.anna)
    await world.anna.until(lambda: len(world.anna.texts) == 5)
    assert world.anna.texts == ["0", "1", "2", "3", "4"]


async def test_a_busy_source_does_not_hold_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow_module, "SLICE_BATCHES", 1)
    world.append(world.apache, "")
    await world.enable(EnableWanted(PLAIN))
    await world.enable(EnableWanted(APACHE))
    await world.turn()
    world.append(world.plain, ("x" * 99 + "\n") * 20_000)
    world.append(world.apache, "between\n")
    world.look()
    await world.anna.until(lambda: len(world.anna.texts) > 20_000)
    assert world.anna.texts.index("between") < 5_000


async def test_who_leaves_is_followed_for_no_more(world: World) -> None:
    await world.enable(EnableWanted(PLAIN))
    await world.enable(EnableWanted(APACHE))
    world.look()
    world.files.leave(world.anna, now_s=0)
    await world.turn()
    assert str(world.plain) not in open_files()
    assert world.watcher._handles == set()
    world.files.drained(world.anna)


async def test_enabling_a_stream_again_restarts_nothing(world: World) -> None:
    await world.enable(EnableWanted(PLAIN))
    world.append(world.plain, "a\n")
    await world.anna.until(lambda: bool(world.anna.texts))
    assert await world.enable(EnableWanted(PLAIN)) == world.anna.frames[-1].next
    world.append(world.plain, "b\n")
    await world.anna.until(lambda: len(world.anna.texts) > 1)
    assert world.anna.texts == ["a", "b"]
