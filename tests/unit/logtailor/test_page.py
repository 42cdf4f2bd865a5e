import gzip
import os
from pathlib import Path

import pytest

from doubles.pages import Pages, texts_of
from logstream.errors import BadCursor, InvertedRange
from logstream.model.filter import make_filter
from logstream.model.limits import (
    HISTORY_LIMIT_MAX,
    HISTORY_PAGE_MAX_BYTES,
    HISTORY_PAGE_MAX_S,
    HISTORY_REACH_MAX_S,
    HISTORY_SCAN_MAX_BYTES,
    RECORD_MAX_BYTES,
)
from logstream.tail.archive import Stretch
from logstream.tail.base import Lost

NOTHING = make_filter({"text": ["nothing like it"]}, None)
ways = pytest.mark.parametrize("back", [False, True], ids=["onward", "backward"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log"


@ways
def test_a_limit_of_a_billion_is_no_more_than_the_largest(path: Path, back: bool) -> None:
    """S9."""
    path.write_bytes(b"x\n" * (HISTORY_LIMIT_MAX + 5))
    parts, end = Pages.finish(Pages(path).begin(limit=10**9, back=back))
    assert len(texts_of(parts)) == HISTORY_LIMIT_MAX
    assert end.more


@ways
def test_a_page_ends_at_its_bound_of_text(path: Path, back: bool) -> None:
    """S9."""
    path.write_bytes((b"x" * 9_999 + b"\n") * 300)
    parts, end = Pages.finish(Pages(path).begin(back=back))
    assert len(texts_of(parts)) == HISTORY_PAGE_MAX_BYTES // 10_000
    assert end.more


@ways
def test_a_page_of_records_of_the_largest_size_ends(path: Path, back: bool) -> None:
    """S9."""
    path.write_bytes((b"x" * (RECORD_MAX_BYTES + 5) + b"\n") * 20)
    pages = Pages(path)
    count = 0
    cursor: str | None = None
    more = True
    while more:
        parts, end = pages.finish(
            pages.begin(after=None if back else cursor, before=cursor if back else None, back=back)
        )
        count += len(texts_of(parts))
        cursor, more = (end.first if back else end.last), end.more
    assert count == 20


@ways
def test_a_page_ends_when_enough_was_searched(path: Path, back: bool) -> None:
    """S9: ``n`` 0 with ``more`` is progress."""
    with path.open("wb") as file:
        for _ in range(HISTORY_SCAN_MAX_BYTES // 1024 // 1024 + 20):
            file.write((b"y" * 1023 + b"\n") * 1024)
    pages = Pages(path)
    parts, end = pages.finish(pages.begin(wanted=NOTHING, back=back))
    assert texts_of(parts) == []
    assert len(parts) == 1
    assert end.more
    assert HISTORY_SCAN_MAX_BYTES <= end.scanned_bytes < HISTORY_SCAN_MAX_BYTES + 2**20
    again, ended = pages.finish(
        pages.begin(
            wanted=NOTHING,
            after=None if back else end.last,
            before=end.first if back else None,
            back=back,
        )
    )
    assert len(again) == 1
    assert not ended.more


@ways
def test_a_page_ends_when_it_took_long_enough(path: Path, back: bool) -> None:
    """S9."""
    path.write_bytes(b"y" * 99 + b"\n" + (b"z" * 99 + b"\n") * 30_000)
    now_s = [0.0]

    def clock() -> float:
        now_s[0] += HISTORY_PAGE_MAX_S / 4
        return now_s[0]

    _, end = Pages.finish(Pages(path, clock=clock).begin(wanted=NOTHING, back=back))
    assert end.more
    assert 0 < end.scanned_bytes < 2_000_000


def test_a_page_that_does_not_get_to_its_place_is_refused(path: Path) -> None:
    """S9: a compressed file may inflate to anything."""
    Path(f"{path}.1.gz").write_bytes(gzip.compress(b"x\n" * 2_000_000))
    path.touch()
    now_s = [0.0]

    def clock() -> float:
        now_s[0] += HISTORY_REACH_MAX_S / 4
        return now_s[0]

    page = Pages(path, clock=clock).begin(back=True)
    with pytest.raises(OSError, match="not reached in 60 s: ask again"):
        Pages.finish(page)
    page.close()


def test_a_slice_is_no_longer_than_its_budget_and_a_piece(path: Path) -> None:
    """S9: live lines have their turns."""
    path.write_bytes((b"y" * 99 + b"\n") * 100_000)
    page = Pages(path).begin(limit=10_000)
    slices = 0
    while page.end is None:
        page.step(0.0)
        slices += 1
    page.close()
    assert slices > 4


def test_a_range_of_times_that_ends_before_it_begins_is_refused(path: Path) -> None:
    """S9: 409."""
    path.touch()
    for until in (4.0, 5.0):
        with pytest.raises(InvertedRange):
            Pages(path).begin(since=5.0, until=until)


@pytest.mark.parametrize("cursor", ["garbage", "a:1,a:1", "abc.1.d.e:99999999999999999999"])
def test_a_cursor_that_is_none_is_refused(path: Path, cursor: str) -> None:
    """S7: 400."""
    path.write_bytes(b"one\n")
    with pytest.raises(BadCursor):
        Pages(path).begin(after=cursor)
    with pytest.raises(BadCursor):
        Pages(path).begin(before=cursor)


@ways
def test_a_file_written_last_before_the_time_is_not_read(path: Path, back: bool) -> None:
    """S9."""
    older = Path(f"{path}.1")
    older.write_bytes((b"old".ljust(99) + b"\n") * 5_000)
    os.utime(older, (1_404_762_000, 1_404_762_000))
    line = '1.2.3.4 - - [07/Jul/2014:20:00:00 +0000] "GET / HTTP/1.0" 200 5'
    path.write_text(f"{line}\n")
    parts, end = Pages.finish(Pages(path).begin(since=1_404_763_200.0, back=back))
    assert texts_of(parts) == [line]
    assert end.scanned_bytes == len(line) + 1
    assert end.reached == 1_404_763_200.0
    assert not end.more


@ways
def test_files_that_are_renamed_while_they_are_read_are_found_again(
    path: Path, back: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S9, S4."""
    rotated = Path(f"{path}.1")
    rotated.write_bytes(b"one\n" * 3)
    path.write_bytes(b"two\n" * 3)
    page = Pages(path).begin(back=back)
    rotated.rename(f"{path}.2")
    path.rename(rotated)
    path.write_bytes(b"three\n" * 3)
    parts, end = Pages.finish(page)
    texts = texts_of(parts)
    assert texts[:6] == ["one"] * 3 + ["two"] * 3
    assert set(texts[6:]) <= {"three"}
    assert not end.more


@ways
def test_lines_of_a_truncated_file_are_not_taken_for_those_of_the_one_before(
    path: Path, back: bool
) -> None:
    """S11: it was written anew, past its old size, between two slices."""
    path.write_bytes((b"old".ljust(99) + b"\n") * 5_000)
    page = Pages(path).begin(back=back, limit=10_000_000)
    begun = page.step(0.0) + page.step(0.0)
    path.write_bytes((b"newer".ljust(99) + b"\n") * 6_000)
    parts, _ = Pages.finish(page, begun)
    texts = [text.strip() for text in texts_of(parts)]
    assert texts[0] == "old"
    assert sum(isinstance(part, Lost) for part in parts) == 1
    if back:
        assert set(texts) == {"old"}
    else:
        assert texts == sorted(texts, reverse=True)
        assert set(texts) <= {"old", "newer"}


@ways
def test_a_file_that_cannot_be_read_is_a_declared_loss(
    path: Path, back: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S7, S11: and the page goes on."""
    rotated = Path(f"{path}.1")
    rotated.write_bytes(b"one\n" * 3)
    path.write_bytes(b"two\n" * 3)
    open_ = Stretch.open
    key = rotated.stat().st_ino

    def refuse(stretch: Stretch) -> object:
        if stretch.key is not None and stretch.key.inode == key:
            raise OSError(5, "Input/output error")
        return open_(stretch)

    monkeypatch.setattr(Stretch, "open", refuse)
    parts, end = Pages.finish(Pages(path).begin(back=back))
    assert texts_of(parts) == ["two"] * 3
    assert [part.why for part in parts if not hasattr(part, "read")] == ["unreadable"]
    assert not end.more


def test_where_nobody_can_tell_what_is_lost_the_page_fails(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(b"two\n" * 3)

    def refuse(stretch: Stretch) -> object:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Stretch, "open", refuse)
    for back in (False, True):
        page = Pages(path).begin(back=back)
        with pytest.raises(OSError, match="Input/output"):
            Pages.finish(page)
        page.close()
