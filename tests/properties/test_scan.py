"""History's records are the live reader's: the same texts at the same places, from either end.

Rules: S9, S11.
"""

import re
import tempfile
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logstream.model.limits import RECORD_MAX_BYTES
from logstream.tail.base import Grouping
from logstream.tail.opened import OpenedFile
from logstream.tail.reader import Reader
from logstream.tail.scan import PIECE_MIN_BYTES, Scan

Records = list[tuple[str, int, int | None]]


class Indented:
    """Indented lines go on with a record."""

    def starts(self, lines: Sequence[str]) -> list[bool]:
        return [not line.startswith(" ") for line in lines]


SHORT = [b"", b"one", b" more", b" and more", b"dos\r", b"\xff", b"\0\0hole", b" \0", b"\xef"]
PIECES = st.one_of(
    st.tuples(st.sampled_from(SHORT), st.just(1)),
    st.tuples(
        st.sampled_from([b"a", b" ", b"\xc3\xb6"]),
        st.sampled_from([500, 5000, 30_000, 32_768, 65_535, 65_536, 100_000]),
    ),
    st.tuples(
        st.just(b"x"),
        st.sampled_from(
            [RECORD_MAX_BYTES - 1, RECORD_MAX_BYTES, RECORD_MAX_BYTES + 1, 300_000, 700_000]
        ),
    ),
    st.tuples(st.just(b" c\n"), st.integers(900, 2500)),
)
"""Lines, as what to repeat and how often."""


def live(path: str, grouping: Grouping | None) -> Records:
    reader = Reader(OpenedFile.at(path, plain=True), grouping)
    records: Records = []
    now_s = 0.0
    finished = False
    while True:
        block = reader.read(now_s)
        if block is None:
            if finished:
                break
            finished = not reader.waits_since_s
            now_s += 10
            reader.finish()
            continue
        records += as_records(block.texts, block.offsets, block.cut)
    reader.close()
    return records


def as_records(texts: list[str], offsets: list[int], cut: dict[int, int]) -> Records:
    return [
        (text, offset, cut.get(index))
        for index, (text, offset) in enumerate(zip(texts, offsets, strict=True))
    ]


def onward(scan: Scan) -> Records:
    records: Records = []
    position = scan.start
    while scan.end is None or position < scan.end:
        piece = scan.forward(position, PIECE_MIN_BYTES)
        if piece is not None:
            assert piece.start == position < piece.end
            position = piece.end
            records += as_records(*scan.records(piece))
    return records


def backward(scan: Scan) -> Records:
    records: Records = []
    while not scan.settle():
        pass
    position = scan.end or 0
    while position > scan.start:
        piece = scan.backward(position, PIECE_MIN_BYTES)
        if piece is not None:
            assert piece.start < position == piece.end
            position = piece.start
            records = as_records(*scan.records(piece)) + records
    return records


def without_nuls(records: Records, data: bytes) -> Records:
    """Say where texts begin: what is before may count to a line, or be passed over."""
    told = []
    for text, offset, cut in records:
        begins = re.compile(rb"\A(?:\xef\xbb\xbf)?\0*" if not offset else rb"\0*")
        match = begins.match(data, offset)
        assert match is not None
        told.append((text, match.end(), cut))
    return told


def first_difference(ours: Records, theirs: Records) -> tuple[object, object] | None:
    for one, other in zip_longest(ours, theirs):
        if one != other:
            return tuple(each and (each[0][:20], len(each[0]), *each[1:]) for each in (one, other))  # type: ignore[return-value]
    return None


@pytest.mark.parametrize("grouping", [None, Indented()], ids=["lines", "grouped"])
@settings(max_examples=50, deadline=None)
@given(lines=st.lists(PIECES, max_size=12), bom=st.booleans(), ends=st.booleans())
def test_a_scan_gives_the_records_of_the_live_reader(
    grouping: Grouping | None, lines: list[tuple[bytes, int]], bom: bool, ends: bool
) -> None:
    data = b"\xef\xbb\xbf" * bom + b"\n".join(what * times for what, times in lines) + b"\n" * ends
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "log"
        path.write_bytes(data)
        expected = without_nuls(live(str(path), grouping), data)
        opened = OpenedFile.at(str(path), plain=True)
        given_onward = without_nuls(onward(Scan(opened, 0, None, grouping)), data)
        given_backward = without_nuls(backward(Scan(opened, 0, None, grouping)), data)
        opened.close()
    # Not compared by pytest, which would show megabytes.
    assert first_difference(given_onward, expected) is None
    assert first_difference(given_backward, expected) is None
