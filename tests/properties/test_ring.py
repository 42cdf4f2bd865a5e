"""A ring against plain lists: a receiver gets all lines, less those that it is told it missed."""

from hypothesis import given
from hypothesis import strategies as st

from doubles.router_sides import LINE_BYTES, frame_of
from logstream.model.cursor import parse
from logstream.model.source import Source
from logstream.node.batch import LinesFrame
from logstream.node.ring import Position, Ring, RingBudget

PHP = Source("srv-6", "php-error")
RING_BYTES = 2500
COUNTS = st.lists(st.integers(1, 9), min_size=1, max_size=20)


def filled(counts: list[int], ring: Ring) -> list[str]:
    """Append frames of so many lines each; give all lines."""
    ring.begin("A:0")
    lines: list[str] = []
    for count in counts:
        frame = frame_of(PHP, *range(count), begin=LINE_BYTES * len(lines))
        lines += frame.columns().text
        ring.append(frame)
    return lines


def read_on(ring: Ring, position: Position) -> tuple[int, list[str]]:
    """Read to the head; give how many lines were missed, and the rest."""
    missed, lines = 0, []
    while (read := ring.read_from(position)) is not None:
        assert isinstance(read.frame, LinesFrame)
        missed += read.missed
        lines += read.frame.columns().text
        position = read.end
    assert position == ring.head
    return missed, lines


@given(COUNTS)
def test_what_is_read_and_what_is_missed_are_together_all_lines(counts: list[int]) -> None:
    budget = RingBudget(ring_bytes=RING_BYTES)
    ring = budget.open_ring()
    lines = filled(counts, ring)
    missed, rest = read_on(ring, Position(0, 0, "A:0"))
    assert lines[missed:] == rest
    assert budget.stored_bytes == ring.stored_bytes
    assert ring.stored_bytes <= RING_BYTES or len(ring._stored) == 1


@given(COUNTS, st.data())
def test_from_any_cursor_that_is_found_all_following_lines_are_read(
    counts: list[int], data: st.DataObject
) -> None:
    """S5: slicing where it lies inside of a frame."""
    ring = RingBudget(ring_bytes=RING_BYTES).open_ring()
    lines = filled(counts, ring)
    offset = data.draw(st.integers(0, LINE_BYTES * len(lines)))
    place = ring.find(f"A:{offset}")
    oldest = parse(ring._stored[0].start.cursor)[0].offset or 0
    assert (place is None) == (offset < oldest)
    if place is not None:
        first = -(-offset // LINE_BYTES)
        assert read_on(ring, place) == (0, lines[first:])
