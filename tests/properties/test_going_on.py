"""Random programs for those who go on from their last cursor, over two or three hops.

Whatever happens on the way - links lost and replaced, hubs killed and started again, receivers that
stall until they fall off the rings, another hub, another filter - who goes on from the last cursor
gets every line of the file that passes, exactly once and in its order. Rules: S5, S6, S7, S11.
"""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from doubles.hops import ENVIRONMENT, ExtendedPerson, Hops
from doubles.joined import Wire
from doubles.tailed import Tailed, passes
from logstream.hub.service import Hub
from logstream.model.filter import NO_FILTER, make_filter
from logstream.model.source import Source
from logstream.node.door import Door
from logstream.node.uplink import Uplink

LOG_TYPES = ("a", "b")
SOURCES = tuple(Source("srv-6", log_type) for log_type in LOG_TYPES)
FILTERS = (NO_FILTER, make_filter({"text": ["[02468]$"]}, None), make_filter(None, {"text": ["1"]}))
#: A ring of a few frames, and sockets of a few messages, so that who stalls falls off.
RING_BYTES = 3000
HIGH_WATER_BYTES = 700
PEOPLE = 3


def is_of(hub: Hub, wire: Wire) -> bool:
    """Whether a hub is at either end."""
    dialling, dialled = wire.dialling.receiver, wire.dialled.receiver
    assert isinstance(dialled, Door)
    dials = isinstance(dialling, Uplink) and dialling._sources == hub.router
    return dials or dialled._house is hub


class Play(Hops):
    """Some people at two hubs, one above the other; messages move when the program says so."""

    def __init__(self) -> None:
        super().__init__(high_water_bytes=HIGH_WATER_BYTES)
        self.tailed = Tailed("srv-6", *LOG_TYPES)
        self.written = 0
        self.at = [self.started(1), self.started(2)]
        self.tail = self.logtailor(self.at[0], self.tailed)
        self.settle()
        self.between = self.dial(self.at[0], self.at[1])
        self.people = [ExtendedPerson() for _ in range(PEOPLE)]
        self.where = [who % 2 for who in range(PEOPLE)]
        self.wires: list[Wire] = []
        for who, person in enumerate(self.people):
            self.wires.append(self.watch(self.at[self.where[who]], person))
        self.settle()

    def started(self, number: int) -> Hub:
        return self.hub(f"logstream-{number}", ring_bytes=RING_BYTES)

    def begin(self, who: int, source: Source, which: int) -> None:
        """Someone begins with a source."""
        if source not in self.people[who].reading:
            self.people[who].enable(source, FILTERS[which])

    def write(self, source: Source, count: int) -> None:
        numbers = range(self.written, self.written + count)
        self.written += count
        self.tailed.write(source.log_type, *map(str, numbers))

    def rotate(self, source: Source) -> None:
        self.tailed.rotate(source.log_type)

    def carry(self, which: int) -> None:
        wires = [wire for wire in self.network.wires if not wire.has_ended]
        wires[which % len(wires)].carry()

    def settle_but(self, who: int) -> None:
        """Someone stalls, while all others get what is on its way."""
        for _ in range(200):
            moved = [wire.carry() for wire in self.network.wires if wire is not self.wires[who]]
            if not any(moved):
                return

    def lose(self, which: str) -> None:
        """A link is lost, and dialled again."""
        if which == "tail":
            self.tail.cut()
        else:
            self.between.cut()
        self.replace(which)

    def replace(self, which: str) -> None:
        """A link is dialled again before the hub knows that the one before is dead."""
        if which == "tail":
            self.tail = self.logtailor(self.at[0], self.tailed, instance="again")
        else:
            self.between = self.dial(self.at[0], self.at[1])

    def come_again(self, who: int, where: int) -> None:
        """Someone loses the connection, and goes on at either hub."""
        self.wires[who].cut()
        self.where[who] = where
        self.wires[who] = self.watch(self.at[where], self.people[who])

    def restart(self, which: int) -> None:
        """A hub is killed, and started again."""
        here = [who for who in range(PEOPLE) if self.where[who] == which]
        for wire in self.network.wires:
            if is_of(self.at[which], wire):
                wire.cut()
        self.hubs.remove(self.at[which])
        self.at[which] = self.started(which + 1)
        if which == 0:
            self.replace("tail")
        self.replace("hub")
        for who in here:
            self.come_again(who, which)

    def sleep(self, by_s: int) -> None:
        """Nothing is on its way for that long."""
        self.settle()
        self.clock.advance(by_s)
        for person in self.people:
            person.keep_alive()
        self.settle()
        for hub in self.hubs:
            hub.tick()
        self.settle()


SOURCE = st.sampled_from(SOURCES)
WHO = st.integers(0, PEOPLE - 1)
LINK = st.sampled_from(("tail", "hub"))
HUB = st.integers(0, 1)
ACTIONS = st.one_of(
    st.tuples(st.just("begin"), WHO, SOURCE, st.integers(0, 2)),
    st.tuples(st.just("begin"), WHO, SOURCE, st.just(0)),
    st.tuples(st.just("write"), SOURCE, st.integers(1, 12)),
    st.tuples(st.just("write"), SOURCE, st.integers(1, 12)),
    st.tuples(st.just("write"), SOURCE, st.integers(1, 3)),
    st.tuples(st.just("carry"), st.integers(0, 5)),
    st.tuples(st.just("carry"), st.integers(0, 5)),
    st.tuples(st.just("carry"), st.integers(0, 5)),
    st.tuples(st.just("settle")),
    st.tuples(st.just("settle_but"), WHO),
    st.tuples(st.just("settle_but"), WHO),
    st.tuples(st.just("lose"), LINK),
    st.tuples(st.just("replace"), LINK),
    st.tuples(st.just("come_again"), WHO, HUB),
    st.tuples(st.just("come_again"), WHO, HUB),
    st.tuples(st.just("restart"), HUB),
    st.tuples(st.just("rotate"), SOURCE),
    st.tuples(st.just("sleep"), st.sampled_from((1, 11))),
)
PROGRAMS = st.lists(ACTIONS, min_size=25, max_size=80)


def played(program: list[tuple[Any, ...]]) -> Play:
    play = Play()
    for action, *arguments in program:
        getattr(play, action)(*arguments)
    play.settle()
    return play


def expected(play: Play, person: ExtendedPerson, source: Source) -> list[str]:
    """Give the lines of the file from where someone began that pass."""
    file = play.tailed.files[source]
    reading = person.reading[source]
    assert reading.began is not None
    begin = file.place(reading.began)
    return [
        text
        for number, generation in enumerate(file.generations)
        for offset, text in generation.lines
        if (number, offset) >= begin and passes(reading.filter, text)
    ]


@given(PROGRAMS)
def test_who_goes_on_from_the_last_cursor_gets_every_line_once(
    program: list[tuple[Any, ...]],
) -> None:
    play = played(program)
    for source in SOURCES:
        play.write(source, 2)
    play.settle()
    for person in play.people:
        assert person.errors == []
        for source, reading in person.reading.items():
            assert reading.lines == expected(play, person, source)
            assert reading.lost == []


@given(PROGRAMS)
def test_no_more_is_stored_than_the_rings_may_hold(program: list[tuple[Any, ...]]) -> None:
    play = played(program)
    for hub in play.hubs:
        rings = [stream.ring for stream in hub.router(ENVIRONMENT)._streams.values()]
        assert hub._budget.stored_bytes == sum(ring.stored_bytes for ring in rings)
        assert all(ring.stored_bytes <= RING_BYTES or len(ring._stored) == 1 for ring in rings)
