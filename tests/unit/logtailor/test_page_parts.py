from pathlib import Path

import pytest

from logstream.formats.base import Columns
from logstream.logtailor.columns import Read
from logstream.logtailor.page_parts import Chain, PageLines, text_bytes, trimmed
from logstream.logtailor.sieve import Sifted
from logstream.model.cursor import distance_bytes
from logstream.model.limits import BATCH_MAX_BYTES
from logstream.tail.archive import Archive, Stretch
from logstream.tail.base import Lost
from logstream.tail.scan import Piece


def sifted(count: int, size_bytes: int) -> Sifted:
    """Records of one size, one after the other, behind 10 bytes that hold none."""
    offsets = [10 + number * size_bytes for number in range(count)]
    read = Read(
        [str(number) for number in range(count)],
        offsets,
        {1: 99} if count > 1 else {},
        Columns([float(number) for number in range(count)], [200] * count, None),
    )
    return Sifted(read, [at + size_bytes for at in offsets], 0, 10 + count * size_bytes + 5)


@pytest.fixture
def stretch(tmp_path: Path) -> Stretch:
    path = tmp_path / "log"
    path.write_bytes(b"line\n" * 100)
    (stretch,) = Archive([str(path)]).stretches(None, None)
    return stretch


def test_what_is_found_travels_in_batches_that_are_chained(stretch: Stretch) -> None:
    """S7, S8."""
    found = sifted(5, BATCH_MAX_BYTES // 2)
    begin = stretch.cursor_at(0)
    chain = Chain(begin)
    chain.records(stretch, Piece(0, found.end, b""), found)
    chain.progress(stretch.cursor_at(found.end))
    chain.progress(stretch.cursor_at(found.end))
    parts = chain.take()
    assert chain.take() == []
    at = begin
    for part in parts:
        assert part.after == at
        at = part.next
    reads = [part.read for part in parts if isinstance(part, PageLines)]
    assert [read and read.texts for read in reads] == [["0", "1"], ["2", "3"], ["4"], None]
    assert [read and read.cut for read in reads] == [{1: 99}, {}, {}, None]
    assert distance_bytes(begin, at) == found.end


def test_a_record_longer_than_a_batch_travels_alone(stretch: Stretch) -> None:
    """S8."""
    chain = Chain(stretch.cursor_at(0))
    found = sifted(2, BATCH_MAX_BYTES + 1)
    chain.records(stretch, Piece(0, found.end, b""), found)
    assert len(chain.take()) == 2


def test_what_is_lost_follows_what_was_told() -> None:
    """S7."""
    chain = Chain("a.0.b.c:5")
    chain.lost(Lost("a.0.b.c:3", "a.0.b.c:$", "removed", None))
    assert chain.take() == [Lost("a.0.b.c:5", "a.0.b.c:$", "removed", None)]
    assert chain.at == "a.0.b.c:$"


@pytest.mark.parametrize("newest", [False, True], ids=["oldest", "newest"])
def test_no_more_is_kept_than_fits(newest: bool) -> None:
    """S9: a page has 1 MiB of text."""
    whole = sifted(5, 100)
    assert text_bytes(whole) == 500
    assert trimmed(whole, 500, at_least=1, newest=newest) is whole
    kept = trimmed(whole, 250, at_least=1, newest=newest)
    assert kept.read.texts == (["3", "4"] if newest else ["0", "1"])
    assert (kept.start, kept.end) == ((310, whole.end) if newest else (0, 210))
    one = trimmed(whole, 50, at_least=1, newest=newest)
    assert one.read.texts == (["4"] if newest else ["0"])
    none = trimmed(whole, 50, at_least=0, newest=newest)
    assert (list(none.read.texts), none.ends) == ([], [])
    assert (none.start, none.end) == ((510, whole.end) if newest else (0, 10))
