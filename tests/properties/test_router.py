"""Random programs for a router, against a model that keeps whole lists.

For each receiver and source the model keeps the lines that came up while the receiver had the
source enabled and acknowledged. What the receiver got, with the lines that it was told it missed,
must be that list: in order, nothing twice, nothing lost.
"""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from doubles.router_sides import RecordedDownstream, RecordedUpstream, acknowledge, enable, write
from logstream.model.filter import Filter
from logstream.model.source import Environment, Source
from logstream.node.ring import RingBudget
from logstream.node.router import Router

LINGER_S = 10.0
SERVERS = ("srv-1", "srv-2")
SOURCES = tuple(Source(server, log_type) for server in SERVERS for log_type in ("a", "b"))


class Link(RecordedDownstream):
    """A downstream that answers when the program says so, and has lines for what flows."""

    def __init__(self) -> None:
        super().__init__()
        self.servers: list[str] = []
        self.unanswered: list[Source] = []
        self.flowing: set[Source] = set()

    def enable(
        self, source: Source, lines_filter: Filter, *, after: str | None, within: int | None
    ) -> None:
        super().enable(source, lines_filter, after=after, within=within)
        self.unanswered.append(source)

    def disable(self, source: Source, stream: str) -> None:
        super().disable(source, stream)
        self.flowing.discard(source)
        if source in self.unanswered:
            self.unanswered.remove(source)


class Play:
    """Carries out a program on a router and on the model."""

    def __init__(self, *, ring_bytes: int, rings_bytes: int) -> None:
        self.budget = RingBudget(capacity_bytes=rings_bytes, ring_bytes=ring_bytes)
        self.rings_bytes = rings_bytes
        self.router = Router(
            Environment("s", "dev"), self.budget, linger_s=LINGER_S, unix_time=lambda: 1.0
        )
        self.now_s = 0.0
        self.upstreams = [RecordedUpstream(name) for name in ("anna", "ben", "carl")]
        self.links = [Link() for _ in range(3)]
        self.enabled: set[tuple[RecordedUpstream, Source]] = set()
        self.expected: dict[tuple[RecordedUpstream, Source], list[bytes]] = {}
        self.ended: dict[tuple[RecordedUpstream, Source], bool] = {}
        self.written = 0
        for upstream in self.upstreams:
            self.router.join(upstream)

    # --- actions --------------------------------------------------------------------------------

    def enable(self, who: int, source: Source) -> None:
        upstream = self.upstreams[who]
        if (upstream, source) not in self.enabled:
            self.enabled.add((upstream, source))
            # A receiver that ended while behind gets no more of it: it starts anew.
            upstream.got.pop(source, None)
            self.expected[upstream, source] = []
            enable(self.router, upstream, source)

    def disable(self, who: int, source: Source) -> None:
        upstream = self.upstreams[who]
        if (upstream, source) in self.enabled:
            self.enabled.discard((upstream, source))
            self.router.disable(upstream, source, None, now_s=self.now_s)

    def leave(self, who: int) -> None:
        upstream = self.upstreams[who]
        self.router.leave(upstream, now_s=self.now_s)
        for key in [key for key in self.enabled if key[0] is upstream]:
            self.enabled.discard(key)
            del self.expected[key]
        self.upstreams[who] = RecordedUpstream(upstream.name)
        self.router.join(self.upstreams[who])

    def stall(self, who: int, room: int) -> None:
        upstream = self.upstreams[who]
        if upstream.writable:  # room is never gained unsaid: ``drained`` tells of it
            upstream.room = room

    def drain(self, who: int, room: int | None) -> None:
        self.upstreams[who].room = room
        self.router.drained(self.upstreams[who])

    def link_comes(self, which: int, server: str) -> None:
        link = self.links[which]
        self.router.server_connected(server, link)
        for source in SOURCES:
            if source.server == server:
                self.router.available(source, source.log_type, link)
        if server not in link.servers:
            link.servers.append(server)

    def link_goes(self, which: int) -> None:
        self.router.downstream_left(self.links[which])
        self.links[which] = Link()

    def answer(self, which: int) -> None:
        link = self.links[which]
        for source in link.unanswered:
            link.flowing.add(source)
            acknowledge(self.router, source, link)
        link.unanswered.clear()

    def write(self, which: int, count: int) -> None:
        """Lines of a source that flows; a paused link still has some on their way."""
        flowing = [
            (link, source)
            for link in range(len(self.links))
            for source in sorted(self.links[link].flowing)
        ]
        if flowing:
            self.stray(*flowing[which % len(flowing)], count)

    def stray(self, which: int, source: Source, count: int) -> None:
        """Lines of any source, asked for or not."""
        link = self.links[which]
        self.written += count
        numbers = range(self.written - count, self.written)
        if source in link.flowing:
            for upstream, of in self.enabled:
                if of == source:
                    self.expected[upstream, source] += [
                        f"{source.server} {source.log_type} {number}".encode() for number in numbers
                    ]
        write(self.router, source, link, *numbers)
        receivers = self.receivers(link)
        watched = source in link.flowing and any(of == source for _, of in self.enabled)
        if watched and not any(u.writable for u in receivers):
            assert link.paused == bool(receivers)

    def wait(self, by_s: float) -> None:
        self.now_s += by_s
        self.router.tick(self.now_s)

    # --- what always holds ------------------------------------------------------------------------

    def receivers(self, link: Link) -> list[RecordedUpstream]:
        return [upstream for upstream, source in self.enabled if source in link.enabled]

    def check(self) -> None:
        stored = self.budget.stored_bytes
        assert 0 <= stored <= self.rings_bytes
        for link in self.links:
            if link.paused:
                receivers = self.receivers(link)
                assert receivers
                assert not any(upstream.writable for upstream in receivers)
        for upstream, source in self.enabled:
            got = upstream.got.get(source, [])
            self.check_got(got, self.expected[upstream, source])

    @staticmethod
    def check_got(got: list[bytes | int], expected: list[bytes]) -> int:
        """Compare; give how many of the expected lines are done with."""
        done = 0
        for entry in got:
            if isinstance(entry, int):
                done += entry
            else:
                assert entry == expected[done]
                done += 1
        assert done <= len(expected)
        return done

    def check_all_done(self) -> None:
        """Everyone has drained: everything was received or counted, and nothing is paused."""
        for who in range(len(self.upstreams)):
            self.drain(who, None)
        for upstream, source in self.enabled:
            expected = self.expected[upstream, source]
            assert self.check_got(upstream.got.get(source, []), expected) == len(expected)
        assert not any(link.paused for link in self.links)

    def check_demand(self) -> None:
        """After a while downstreams are asked for what is watched, each source of one, only."""
        self.wait(LINGER_S)
        watched = {source for _, source in self.enabled}
        for source in SOURCES:
            asked = [link for link in self.links if source in link.enabled]
            able = [link for link in self.links if source.server in link.servers]
            assert len(asked) == (1 if able and source in watched else 0)


WHO = st.integers(0, 2)
SOURCE = st.sampled_from(SOURCES)
ACTIONS = st.one_of(
    st.tuples(st.just("enable"), WHO, SOURCE),
    st.tuples(st.just("enable"), WHO, SOURCE),
    st.tuples(st.just("disable"), WHO, SOURCE),
    st.tuples(st.just("leave"), WHO),
    st.tuples(st.just("stall"), WHO, st.integers(0, 2)),
    st.tuples(st.just("drain"), WHO, st.one_of(st.none(), st.integers(1, 3))),
    st.tuples(st.just("link_comes"), WHO, st.sampled_from(SERVERS)),
    st.tuples(st.just("link_goes"), WHO),
    st.tuples(st.just("answer"), WHO),
    st.tuples(st.just("write"), st.integers(0, 5), st.integers(1, 8)),
    st.tuples(st.just("write"), st.integers(0, 5), st.integers(1, 8)),
    st.tuples(st.just("write"), st.just(0), st.integers(1, 8)),
    st.tuples(st.just("stray"), WHO, SOURCE, st.integers(1, 4)),
    st.tuples(st.just("wait"), st.sampled_from((1.0, 6.0, 11.0))),
)
# Every program begins with two who watch what flows, one of them slow.
BEGINNING: list[tuple[Any, ...]] = [
    ("link_comes", 0, "srv-1"),
    ("enable", 0, SOURCES[0]),
    ("enable", 1, SOURCES[0]),
    ("answer", 0),
    ("stall", 0, 1),
    ("write", 0, 2),
]
PROGRAMS = st.lists(ACTIONS, min_size=15, max_size=60).map(lambda actions: BEGINNING + actions)


def played(program: list[tuple[Any, ...]], *, ring_bytes: int, rings_bytes: int) -> Play:
    play = Play(ring_bytes=ring_bytes, rings_bytes=rings_bytes)
    for action, *arguments in program:
        getattr(play, action)(*arguments)
        play.check()
    return play


@given(PROGRAMS)
def test_what_is_received_and_what_is_missed_are_together_all_lines(
    program: list[tuple[Any, ...]],
) -> None:
    played(program, ring_bytes=2000, rings_bytes=3000).check_all_done()


@given(PROGRAMS)
def test_a_receiver_that_stays_within_the_ring_loses_nothing(
    program: list[tuple[Any, ...]],
) -> None:
    play = played(program, ring_bytes=10**7, rings_bytes=10**8)
    play.check_all_done()
    assert not any(
        isinstance(entry, int)
        for upstream in play.upstreams
        for got in upstream.got.values()
        for entry in got
    )


@given(PROGRAMS)
def test_nobody_sees_lines_of_two_sources_in_another_order_than_they_came_up(
    program: list[tuple[Any, ...]],
) -> None:
    play = played(program, ring_bytes=2000, rings_bytes=3000)
    play.check_all_done()
    for upstream in play.upstreams:
        numbers = [int(line.rsplit(b" ", 1)[1]) for line in upstream.lines]
        assert numbers == sorted(numbers)


@given(PROGRAMS)
def test_downstreams_are_asked_for_what_is_watched_and_for_nothing_else(
    program: list[tuple[Any, ...]],
) -> None:
    played(program, ring_bytes=2000, rings_bytes=3000).check_demand()


@given(PROGRAMS)
def test_whoever_has_room_has_everything_whatever_the_others_do(
    program: list[tuple[Any, ...]],
) -> None:
    play = Play(ring_bytes=2000, rings_bytes=3000)
    free = play.upstreams[2]
    for action, *arguments in program:
        if action in ("stall", "drain", "leave") and arguments[0] == 2:
            continue
        getattr(play, action)(*arguments)
        for upstream, source in play.enabled:
            if upstream is free:
                assert upstream.got.get(source, []) == play.expected[upstream, source]


@given(PROGRAMS)
def test_a_router_that_everyone_has_left_can_be_forgotten(program: list[tuple[Any, ...]]) -> None:
    play = played(program, ring_bytes=2000, rings_bytes=3000)
    for upstream in play.upstreams:
        play.router.leave(upstream, now_s=play.now_s)
    for link in play.links:
        play.router.downstream_left(link)
    play.router.tick(play.now_s + LINGER_S)
    assert play.router.idle
    assert play.budget._rings == set()
