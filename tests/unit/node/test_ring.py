import pytest

from doubles.router_sides import frame_of
from logstream.errors import BadCursor
from logstream.model.source import Source
from logstream.node.batch import GapFrame, LinesFrame, StreamFrame
from logstream.node.ring import Position, Ring, RingBudget
from logstream.protocol.frame import Packed

PHP = Source("srv-6", "php-error")
SIZE = frame_of(PHP, "1", "2").size_bytes


def frame(begin: int, count: int = 2) -> LinesFrame:
    """Lines of ten bytes each, from an offset on."""
    return frame_of(PHP, *range(count), begin=begin)


def gap(after: str, next_: str, reason: str = "slow") -> GapFrame:
    return GapFrame(PHP, "", after=after, next=next_, reason=reason)


def progress(after: str, next_: str) -> LinesFrame:
    return LinesFrame(PHP, "", None, after=after, next=next_, gen=None)


def filled(*frames: StreamFrame, begin: str = "A:0", capacity_bytes: int = 10**6) -> Ring:
    ring = Ring(RingBudget(), capacity_bytes=capacity_bytes)
    ring.begin(begin)
    for number, each in enumerate(frames):
        ring.append(each, number)
    return ring


def read(ring: Ring, position: Position) -> tuple[StreamFrame, Position]:
    found = ring.read_from(position)
    assert found is not None
    return found.frame, found.end


def test_who_stands_at_the_head_has_nothing_to_read() -> None:
    ring = filled()
    assert ring.read_from(ring.head) is None
    ring.append(frame(0))
    assert ring.read_from(ring.head) is None


def test_frames_are_read_in_order() -> None:
    first, second = frame(0), frame(20, 1)
    ring = filled(first, second)
    got, position = read(ring, Position(0, 0, "A:0"))
    assert (got, position) == (first, Position(1, 2, "A:20"))
    got, position = read(ring, position)
    assert (got, position) == (second, ring.head)


def test_a_full_ring_lets_its_oldest_go_and_tells_what_is_missed() -> None:
    ring = filled(frame(0), frame(20), frame(40), capacity_bytes=2 * SIZE + 50)
    found = ring.read_from(Position(0, 0, "A:0"))
    assert found is not None
    assert found.fell_off
    assert found.missed == 2
    assert found.frame.after == "A:20"


def test_a_frame_larger_than_the_ring_is_kept_until_the_next() -> None:
    ring = filled(frame(0, 50), capacity_bytes=10)
    assert ring.read_from(Position(0, 0, "A:0")) is not None
    ring.append(frame(500, 1))
    assert ring.find("A:0") is None


# --- where a cursor stands ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cursor", "number"), [("A:0", 0), ("A:20", 1), ("A:40", 2), ("A:60", 3), ("A:40~other", 2)]
)
def test_a_cursor_between_frames_is_found(cursor: str, number: int) -> None:
    place = filled(frame(0), frame(20), frame(40)).find(cursor)
    assert place is not None
    assert (place.frames, place.cursor) == (number, cursor)


def test_who_comes_in_other_words_is_given_frames_that_begin_so() -> None:
    """S7: the first frame has the ``after`` of ``success``."""
    ring = filled(frame(0), frame(20))
    place = ring.find("A:20~check")
    assert place is not None
    got, position = read(ring, place)
    assert got.after == "A:20~check"
    assert position == ring.head


def test_a_cursor_inside_of_a_frame_is_found_and_the_frame_sliced() -> None:
    """S5."""
    ring = filled(frame(0), frame(20, 5), frame(70))
    place = ring.find("A:40")
    assert place is not None
    got, position = read(ring, place)
    assert isinstance(got, LinesFrame)
    assert (got.n, got.after, got.next) == (3, "A:40", "A:70")
    assert read(ring, position)[0].after == "A:70"


@pytest.mark.parametrize("cursor", ["", "A:1000", "B:20", "A:20,B:5", "A:$"])
def test_a_cursor_that_stands_elsewhere_is_not_found(cursor: str) -> None:
    assert filled(frame(20), frame(40), begin="A:20").find(cursor) is None


def test_a_cursor_is_found_in_any_generation_that_grew() -> None:
    """S4: rename overlap."""

    def grown(after: str, next_: str, at: int, gen: int) -> LinesFrame:
        body = frame_of(PHP, "x", begin=at).body
        return LinesFrame(PHP, "", body, after=after, next=next_, gen=gen, n=1)

    ring = filled(
        grown("A:90", "A:100", 90, 0),
        grown("A:100", "A:100,B:10", 0, 1),
        grown("A:100,B:10", "A:110,B:10", 100, 0),
        grown("A:110,B:10", "A:110,B:20", 10, 1),
        begin="A:90",
    )
    for number, cursor in enumerate(["A:90", "A:100", "A:100,B:10", "A:110,B:10", "A:110,B:20"]):
        place = ring.find(cursor)
        assert place is not None
        assert place.frames == number
    inside = ring.find("A:105,B:10")
    assert inside is not None
    assert inside.frames == 2


def test_progress_without_lines_divides_no_run() -> None:
    ring = filled(frame(0), progress("A:20", "A:500"), frame(500))
    place = ring.find("A:300")
    assert place is not None
    got, _ = read(ring, place)
    assert (got.after, got.next, got.n) == ("A:300", "A:500", 0)


def test_who_stands_before_a_slow_gap_is_not_given_it_again() -> None:
    """S7: who asks from there wants what was left out."""
    ring = filled(frame(0), gap("A:20", "A:500"), frame(500))
    assert ring.find("A:20") is None
    assert ring.find("A:100") is None
    assert ring.find("A:500") is not None


def test_who_stands_before_what_is_lost_is_told_so() -> None:
    ring = filled(frame(0), gap("A:20", "A:$", "lost"), begin="A:0")
    place = ring.find("A:20")
    assert place is not None
    assert isinstance(read(ring, place)[0], GapFrame)


def test_what_was_let_go_is_not_found() -> None:
    ring = filled(*(frame(begin) for begin in range(0, 100, 20)), capacity_bytes=2 * SIZE + 50)
    assert ring.find("A:0") is None
    assert ring.find("A:50") is None
    assert ring.find("A:70") is not None
    assert len(ring._starts) == len(ring._stored) == 2


def test_a_body_that_cannot_be_sliced_is_a_gap() -> None:
    bad = LinesFrame(PHP, "", Packed(b"x", compressed=False), after="A:0", next="A:20", gen=0, n=2)
    ring = filled(bad)
    place = ring.find("A:10")
    assert place is not None
    got, _ = read(ring, place)
    assert isinstance(got, GapFrame)
    assert (got.after, got.next, got.reason) == ("A:10", "A:20", "slow")


@pytest.mark.parametrize(
    "bad",
    [
        LinesFrame(PHP, "", Packed(b"", compressed=False), after="A:0", next="A:9", gen=5, n=1),
        LinesFrame(PHP, "", Packed(b"", compressed=False), after="A:0", next="?", gen=0, n=1),
        gap("A:0", "?"),
    ],
    ids=["no such component", "no cursor", "gap to nowhere"],
)
def test_a_frame_that_makes_no_sense_is_not_stored(bad: StreamFrame) -> None:
    ring = filled()
    with pytest.raises(BadCursor):
        ring.append(bad)
    assert ring.head.cursor == "A:0"
    assert ring.stored_bytes == 0


# --- budget -------------------------------------------------------------------------------------


def test_the_largest_ring_makes_room_when_all_together_are_full() -> None:
    budget = RingBudget(capacity_bytes=5 * SIZE + 50)
    large, small = budget.open_ring(), budget.open_ring()
    for begin in range(0, 80, 20):
        large.append(frame(begin))
    small.append(frame(0))
    small.append(frame(20))
    assert (len(large._stored), len(small._stored)) == (3, 2)
    assert budget.stored_bytes == large.stored_bytes + small.stored_bytes


def test_even_the_newest_frame_goes_when_nothing_else_is_left() -> None:
    ring = RingBudget(capacity_bytes=20).open_ring()
    ring.append(frame(0))
    assert ring.stored_bytes == 0
    assert ring.read_from(Position(0, 0, "")) is None


def test_a_budget_says_how_large_each_ring_may_be() -> None:
    ring = RingBudget(ring_bytes=SIZE).open_ring()
    ring.append(frame(0))
    ring.append(frame(20))
    assert len(ring._stored) == 1


def test_a_closed_ring_frees_what_it_held() -> None:
    budget = RingBudget()
    ring = budget.open_ring()
    ring.append(frame(0))
    ring.close()
    assert budget.stored_bytes == 0
    assert budget._rings == set()
