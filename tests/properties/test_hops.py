"""Random programs over three hops: person ← hub 2 ← hub 1 ← logtailor, with lags and lost links.

What a person hears must keep the base protocol's promises whatever happens on the way: a success
before the first line of each enable, no line after the success of a disable, nothing twice, nothing
in another order, and no ``error`` for what was offered.
"""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from doubles.hops import Hops, Person
from doubles.joined import Wire
from doubles.tailed import Tailed
from logstream.model.source import Source

LOG_TYPES = ("a", "b")
SOURCES = tuple(Source("srv-6", log_type) for log_type in LOG_TYPES)


class Play(Hops):
    """One person at each hub; messages move when the program says so."""

    def __init__(self) -> None:
        super().__init__()
        self.hub_1, self.hub_2 = self.hub("logstream-1"), self.hub("logstream-2")
        self.tailed = Tailed("srv-6", *LOG_TYPES)
        self.written = 0
        self.links: dict[str, Wire] = {"tail": self.logtailor(self.hub_1, self.tailed)}
        self.settle()
        self.links["hub"] = self.dial(self.hub_1, self.hub_2)
        self.people = [self.person(self.hub_1), self.person(self.hub_2)]
        self.enabled: list[set[Source]] = [set(), set()]
        self.settle()

    def enable(self, who: int, source: Source) -> None:
        self.enabled[who].add(source)
        self.people[who].enable(source)

    def disable(self, who: int, source: Source) -> None:
        self.enabled[who].discard(source)
        self.people[who].disable(source)

    def write(self, source: Source, count: int) -> None:
        numbers = range(self.written, self.written + count)
        self.written += count
        self.tailed.write(source.log_type, *map(str, numbers))

    def carry(self, which: int) -> None:
        self.network.wires[which % len(self.network.wires)].carry()

    def lose(self, which: str) -> None:
        """A link is lost, and dialled again."""
        self.links[which].cut()
        if which == "tail":
            self.links[which] = self.logtailor(self.hub_1, self.tailed)
        else:
            self.links[which] = self.dial(self.hub_1, self.hub_2)

    def replace(self, which: str) -> None:
        """A link is dialled again before the hub knows that the one before is dead."""
        if which == "tail":
            self.links[which] = self.logtailor(self.hub_1, self.tailed, instance="again")
        else:
            self.links[which] = self.dial(self.hub_1, self.hub_2)

    def sleep(self, by_s: int) -> None:
        """Nothing is on its way for that long."""
        self.settle()
        self.clock.advance(by_s)
        for hub in self.hubs:
            hub.tick()


SOURCE = st.sampled_from(SOURCES)
WHO = st.integers(0, 1)
LINK = st.sampled_from(("tail", "hub"))
ACTIONS = st.one_of(
    st.tuples(st.just("enable"), WHO, SOURCE),
    st.tuples(st.just("disable"), WHO, SOURCE),
    st.tuples(st.just("write"), SOURCE, st.integers(1, 3)),
    st.tuples(st.just("write"), SOURCE, st.integers(1, 3)),
    st.tuples(st.just("carry"), st.integers(0, 5)),
    st.tuples(st.just("carry"), st.integers(0, 5)),
    st.tuples(st.just("carry"), st.integers(0, 5)),
    st.tuples(st.just("settle")),
    st.tuples(st.just("lose"), LINK),
    st.tuples(st.just("replace"), LINK),
    st.tuples(st.just("sleep"), st.sampled_from((1, 11))),
)
PROGRAMS = st.lists(ACTIONS, max_size=50)


def played(program: list[tuple[Any, ...]]) -> Play:
    play = Play()
    for action, *arguments in program:
        getattr(play, action)(*arguments)
    play.settle()
    return play


def check_promises(person: Person) -> None:
    """Check all that was heard, in order, as any client could."""
    flowing: set[Source] = set()
    newest: dict[Source, int] = {}
    told: list[tuple[str, ...]] = []
    for message in person.heard:
        match message:
            case {"cmd": "success", "msg": {"cmd": "enable", "type": log_type, "server": server}}:
                flowing.add(Source(server, log_type))
            case {"cmd": "success", "msg": {"cmd": "disable", "type": log_type, "server": server}}:
                flowing.discard(Source(server, log_type))
            case {"cmd": "line", "log_type": log_type, "server": server, "text": text}:
                source = Source(server, log_type)
                assert source in flowing
                assert int(text) > newest.get(source, -1)
                newest[source] = int(text)
            case {"cmd": "connected" | "available"}:
                told.append((message["cmd"], message["server"], message.get("type", "")))
            case _:
                raise AssertionError(message)
    assert len(told) == len(set(told)), "nothing is told again"


@given(PROGRAMS)
def test_people_hear_what_they_were_promised(program: list[tuple[Any, ...]]) -> None:
    play = played(program)
    for person in play.people:
        check_promises(person)
        assert person.closes == []


@given(PROGRAMS)
def test_when_all_is_quiet_again_everyone_gets_what_they_enabled(
    program: list[tuple[Any, ...]],
) -> None:
    play = played(program)
    for person in play.people:
        person.take()
    for source in SOURCES:
        play.write(source, 2)
    play.settle()
    for person, enabled in zip(play.people, play.enabled, strict=True):
        lines = [(message["log_type"], message["text"]) for message in person.take()]
        assert {log_type for log_type, _ in lines} == {source.log_type for source in enabled}
        assert len(lines) == 2 * len(enabled)


@given(PROGRAMS)
def test_when_nobody_watches_any_more_nothing_is_read(program: list[tuple[Any, ...]]) -> None:
    play = played(program)
    for who in (0, 1):
        for source in SOURCES:
            play.disable(who, source)
    play.settle()
    for _ in range(3):  # a while for each hop
        play.sleep(11)
        play.settle()
    assert play.tailed.enabled == set()
