"""The bounded store of a stream's recent lines; every slow receiver is a position in it.

A fast source and a slow receiver must not cost a node memory, so a full ring lets its *oldest*
batches go. A receiver whose position went with them is told how many lines it missed.

Units: capacity is **bytes** of stored messages. Nothing here blocks, awaits or reads a clock.
"""

from collections import deque
from typing import NamedTuple

from logstream.model.limits import RING_MAX_BYTES, RINGS_MAX_BYTES
from logstream.node.batch import LineBatch


class Position(NamedTuple):
    """A place between two batches of a ring's stream."""

    batches: int
    """How many batches came before it, since the ring began."""
    lines: int
    """How many lines came before it."""


class Read(NamedTuple):
    """What a receiver is given next."""

    start: Position
    """Where the batch begins; after the receiver's position, if what was between is gone."""
    batch: LineBatch
    end: Position
    """Where the receiver stands after it."""


class Ring:
    """One stream's recent batches.

    Args:
        budget: What all rings of the node share.
        capacity_bytes: What this one may store.
    """

    def __init__(self, budget: "RingBudget", *, capacity_bytes: int) -> None:
        self._budget = budget
        self._capacity_bytes = capacity_bytes
        self._stored: deque[tuple[Position, LineBatch]] = deque()
        self.head = Position(0, 0)
        self.stored_bytes = 0

    def append(self, batch: LineBatch) -> None:
        """Store ``batch`` for receivers that stand at or before the head."""
        batch.store()
        self._stored.append((self.head, batch))
        self._grow(batch.size_bytes)
        self.pass_by(batch)
        while self.stored_bytes > self._capacity_bytes and len(self._stored) > 1:
            self.drop_oldest()
        self._budget.enforce()

    def pass_by(self, batch: LineBatch) -> None:
        """Move the head over ``batch`` without storing it: every receiver has it already."""
        self.head = Position(self.head.batches + 1, self.head.lines + len(batch))

    def read_from(self, position: Position) -> Read | None:
        """Give the first stored batch at or after ``position``; None at the head."""
        if position.batches >= self.head.batches or not self._stored:
            return None
        oldest = self._stored[0][0]
        index = max(0, position.batches - oldest.batches)
        start, batch = self._stored[index]
        return Read(start, batch, Position(start.batches + 1, start.lines + len(batch)))

    def drop_oldest(self) -> None:
        """Let the oldest batch go."""
        self._grow(-self._stored.popleft()[1].size_bytes)

    def clear(self) -> None:
        """Let everything go: every receiver stands at the head."""
        self._stored.clear()
        self._grow(-self.stored_bytes)

    def close(self) -> None:
        """Free the ring; it is not used again."""
        self.clear()
        self._budget.forget(self)

    def _grow(self, size_bytes: int) -> None:
        self.stored_bytes += size_bytes
        self._budget.stored_bytes += size_bytes


class RingBudget:
    """What all rings of a node may store together; beyond, the largest lets its oldest go.

    Args:
        capacity_bytes: For all rings.
        ring_bytes: For each ring.
    """

    def __init__(
        self, *, capacity_bytes: int = RINGS_MAX_BYTES, ring_bytes: int = RING_MAX_BYTES
    ) -> None:
        self._capacity_bytes = capacity_bytes
        self._ring_bytes = ring_bytes
        self._rings: set[Ring] = set()
        self.stored_bytes = 0

    def open_ring(self) -> Ring:
        """Give a new ring that counts here until it is closed."""
        ring = Ring(self, capacity_bytes=self._ring_bytes)
        self._rings.add(ring)
        return ring

    def forget(self, ring: Ring) -> None:
        """Count ``ring`` no more; it is empty."""
        self._rings.discard(ring)

    def enforce(self) -> None:
        """Let the largest rings' oldest batches go until all fit."""
        while self.stored_bytes > self._capacity_bytes:
            max(self._rings, key=lambda ring: ring.stored_bytes).drop_oldest()
