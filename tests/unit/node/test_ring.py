import pytest

from logstream.node.batch import LineBatch
from logstream.node.ring import Position, Ring, RingBudget


def batch(*lines: bytes) -> LineBatch:
    return LineBatch(lines)


@pytest.fixture
def ring() -> Ring:
    return Ring(RingBudget(), capacity_bytes=10)


def test_who_stands_at_the_head_has_nothing_to_read(ring: Ring) -> None:
    assert ring.read_from(ring.head) is None
    ring.append(batch(b"a"))
    assert ring.read_from(ring.head) is None


def test_batches_are_read_in_order(ring: Ring) -> None:
    start = ring.head
    first, second = batch(b"a", b"b"), batch(b"c")
    ring.append(first)
    ring.append(second)
    read = ring.read_from(start)
    assert read is not None
    assert (read.start, read.batch, read.end) == (start, first, Position(1, 2))
    read = ring.read_from(read.end)
    assert read is not None
    assert (read.batch, read.end) == (second, ring.head)


def test_a_full_ring_lets_its_oldest_go(ring: Ring) -> None:
    start = ring.head
    for _ in range(3):
        ring.append(batch(b"12", b"34"))
    assert ring.stored_bytes == 8
    read = ring.read_from(start)
    assert read is not None
    assert read.start == Position(1, 2)


def test_the_stretch_that_a_receiver_missed_is_counted_in_lines(ring: Ring) -> None:
    start = ring.head
    ring.append(batch(b"1", b"2", b"3"))
    ring.append(batch(b"123456789"))
    read = ring.read_from(start)
    assert read is not None
    assert read.start.lines - start.lines == 3


def test_a_batch_larger_than_the_ring_is_kept_until_the_next(ring: Ring) -> None:
    start = ring.head
    ring.append(batch(b"x" * 50))
    read = ring.read_from(start)
    assert read is not None
    assert read.batch.size_bytes == 50
    ring.append(batch(b"y"))
    assert ring.stored_bytes == 1


def test_what_every_receiver_has_already_is_not_stored(ring: Ring) -> None:
    ring.pass_by(batch(b"a", b"b"))
    assert ring.head == Position(1, 2)
    assert ring.stored_bytes == 0


def test_who_stood_before_what_was_cleared_missed_all_of_it(ring: Ring) -> None:
    start = ring.head
    ring.append(batch(b"a", b"b"))
    ring.clear()
    assert ring.read_from(start) is None
    assert ring.head.lines - start.lines == 2
    assert ring.stored_bytes == 0


def test_the_largest_ring_makes_room_when_all_together_are_full() -> None:
    budget = RingBudget(capacity_bytes=20)
    large, small = budget.open_ring(), budget.open_ring()
    start = large.head
    for _ in range(4):
        large.append(batch(b"1234"))
    small.append(batch(b"1234"))
    assert budget.stored_bytes == 20
    small.append(batch(b"1"))
    assert (large.stored_bytes, small.stored_bytes) == (12, 5)
    assert budget.stored_bytes == 17
    read = large.read_from(start)
    assert read is not None
    assert read.start == Position(1, 1)


def test_even_the_newest_batch_goes_when_nothing_else_is_left() -> None:
    budget = RingBudget(capacity_bytes=20)
    ring = budget.open_ring()
    start = ring.head
    ring.append(batch(b"x" * 21))
    assert budget.stored_bytes == 0
    assert ring.read_from(start) is None


def test_a_budget_says_how_large_each_ring_may_be() -> None:
    ring = RingBudget(ring_bytes=4).open_ring()
    ring.append(batch(b"123"))
    ring.append(batch(b"456"))
    assert ring.stored_bytes == 3


def test_a_closed_ring_frees_what_it_held() -> None:
    budget = RingBudget(capacity_bytes=20)
    ring, other = budget.open_ring(), budget.open_ring()
    ring.append(batch(b"x" * 15))
    ring.close()
    assert budget.stored_bytes == 0
    other.append(batch(b"x" * 20))
    assert other.stored_bytes == 20
