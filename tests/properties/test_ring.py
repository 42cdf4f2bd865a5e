"""A ring against a plain list: a receiver gets the list, less what it is told that it missed."""

from hypothesis import given
from hypothesis import strategies as st

from logstream.node.batch import LineBatch
from logstream.node.ring import Position, RingBudget

CAPACITY_BYTES = 40
RING_BYTES = 30

SIZES = st.lists(st.integers(1, 12), min_size=1, max_size=4)
RINGS = st.integers(0, 1)
ACTIONS = st.one_of(
    st.tuples(st.just("append"), RINGS, SIZES),
    st.tuples(st.just("pass_by"), RINGS, SIZES),
    st.tuples(st.just("read"), RINGS, st.integers(0, 2)),
    st.tuples(st.just("clear"), RINGS, st.none()),
)


class Reader:
    def __init__(self) -> None:
        self.position = Position(0, 0)


@given(st.lists(ACTIONS, max_size=60))
def test_what_is_read_and_what_is_missed_are_together_all_lines(
    program: list[tuple[str, int, list[int] | int | None]],
) -> None:
    budget = RingBudget(capacity_bytes=CAPACITY_BYTES, ring_bytes=RING_BYTES)
    rings = [budget.open_ring(), budget.open_ring()]
    written: list[list[bytes]] = [[], []]
    readers = [[Reader() for _ in range(3)] for _ in rings]

    def read(ring: int, reader: Reader) -> None:
        while True:
            found = rings[ring].read_from(reader.position)
            if found is None:
                assert reader.position.lines <= rings[ring].head.lines == len(written[ring])
                reader.position = rings[ring].head
                return
            assert found.start.lines >= reader.position.lines
            expected = written[ring][found.start.lines : found.end.lines]
            assert list(found.batch.messages) == expected
            reader.position = found.end

    for action, ring, argument in program:
        if action in ("append", "pass_by"):
            assert isinstance(argument, list)
            batch = LineBatch([bytes([len(written[ring]) % 256]) * size for size in argument])
            if action == "pass_by":  # allowed only when nobody is behind
                rings[ring].clear()
                for reader in readers[ring]:
                    reader.position = Position(
                        rings[ring].head.batches + 1, rings[ring].head.lines + len(batch)
                    )
            written[ring] += batch.messages
            getattr(rings[ring], action)(batch)
        elif action == "read":
            assert isinstance(argument, int)
            read(ring, readers[ring][argument])
        else:
            rings[ring].clear()
        assert budget.stored_bytes == sum(ring.stored_bytes for ring in rings) <= CAPACITY_BYTES
    for ring in (0, 1):
        for reader in readers[ring]:
            read(ring, reader)


@given(st.lists(SIZES, max_size=20))
def test_who_stays_within_the_ring_misses_nothing(batches: list[list[int]]) -> None:
    ring = RingBudget(ring_bytes=RING_BYTES).open_ring()
    start = ring.head
    kept_bytes = 0
    for sizes in batches:
        batch = LineBatch([b"x" * size for size in sizes])
        ring.append(batch)
        kept_bytes += batch.size_bytes
        if kept_bytes > RING_BYTES:
            return
        read = ring.read_from(start)
        assert read is not None
        assert read.start == start
