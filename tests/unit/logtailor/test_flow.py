import errno
import os

import pytest

from doubles.watched_files import APACHE, PHP, PLAIN, REQUEST, World
from logstream.logtailor import flow as flow_module
from logstream.model.filter import make_filter
from logstream.model.limits import PROGRESS_S, RECORD_MAX_BYTES
from logstream.node.base import EnableWanted
from logstream.node.batch import GapFrame, LinesFrame
from logstream.tail import opened
from logstream.tail.source_tail import SourceTail


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


async def test_a_trace_is_one_record(world: World) -> None:
    world.append(world.php, "")
    await world.enable(EnableWanted(PHP))
    trace = "[07-Jul-2014 20:28:53 UTC] PHP Fatal error:  x\nStack trace:\n#0 {main}"
    world.append(world.php, trace + "\n")
    await world.anna.until(lambda: bool(world.anna.texts))
    assert world.anna.texts == [trace]


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
        refusing.setattr(opened, "open_for_reading", refuse)
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
