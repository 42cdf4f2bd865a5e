"""Who enabled what in one environment, and the way of each line to all who did.

The first upstream that enables a source enables it downstream, the last one to leave disables it:
nothing is read, parsed or sent that nobody watches. An upstream that is slow falls behind alone, on
the stream's ring, and is given what it missed in the order in which it came, over all its streams.
Only where *every* receiver of a downstream is behind is that downstream asked to
pause: then nobody waits for anybody else, and what it has not read yet stays safe in its files.

Driven by sessions (upstreams), links or files (downstreams) and a clock that ticks. Pure.
"""

from collections.abc import Iterator
from typing import Protocol

from logstream.model.source import Environment, Source
from logstream.node.batch import LineBatch
from logstream.node.ring import Position, RingBudget


class Upstream(Protocol):
    """Someone who is told of sources and receives lines: a session."""

    @property
    def writable(self) -> bool:
        """Whether it takes lines now; ``Router.drained`` follows when it does again."""

    def server_connected(self, server: str) -> None:
        """A server is there."""

    def server_left(self, server: str) -> None:
        """A server is away."""

    def available(self, source: Source, display_name: str) -> None:
        """A source can be enabled."""

    def acknowledged(self, source: Source) -> None:
        """A source that it enabled flows."""

    def deliver(self, batch: LineBatch) -> None:
        """Some lines of a source that it enabled."""

    def missed(self, source: Source, lines: int) -> None:
        """Lines that it was too slow for are gone."""


class Downstream(Protocol):
    """Someone who has logs: a link, or files."""

    def enable(self, source: Source) -> None:
        """Begin with a source's lines; ``Router.acknowledged`` follows."""

    def disable(self, source: Source) -> None:
        """Send no more of them."""

    def pause(self) -> None:
        """Hold all lines back for now: every receiver is behind."""

    def resume(self) -> None:
        """Go on."""


class Stream:
    """One source in use: who receives it, and how far each is."""

    def __init__(self, budget: RingBudget) -> None:
        self.ring = budget.open_ring()
        self.current: set[Upstream] = set()
        """Those who stand at the head."""
        self.behind: dict[Upstream, Position] = {}
        """Those who were not writable, and where they stand."""
        self.asked = False
        """Whether the downstream was asked for it since it was last there."""
        self.flows = False
        """Whether the downstream has answered."""
        self.unwatched_since_s: float | None = None

    @property
    def receivers(self) -> Iterator[Upstream]:
        """All who want it."""
        yield from self.current
        yield from self.behind

    @property
    def watched(self) -> bool:
        """Whether anybody wants it."""
        return bool(self.current or self.behind)

    def is_for(self, upstream: Upstream) -> bool:
        """Whether ``upstream`` wants it."""
        return upstream in self.current or upstream in self.behind


class Server:
    """A server that is there.

    More than one downstream may have it: its logtailor dialled two hubs, and both dialled this one.
    Only the newest speaks for it, so that no line comes twice; when it goes, the one before does.
    """

    def __init__(self) -> None:
        self.offers: dict[Downstream, dict[Source, str]] = {}
        """What each downstream offers, source → display name; the newest downstream last."""

    @property
    def speaker(self) -> Downstream:
        """The newest downstream."""
        return next(reversed(self.offers))

    @property
    def offered(self) -> dict[Source, str]:
        """What the speaker offers."""
        return self.offers[self.speaker]


class Router:
    """One environment's sources, those who offer and those who watch them.

    Args:
        environment: For logs and counters.
        budget: What all rings of the node share.
        linger_s: How long a source that nobody wants is kept open downstream.
    """

    def __init__(self, environment: Environment, budget: RingBudget, *, linger_s: float) -> None:
        self.environment = environment
        self._budget = budget
        self._linger_s = linger_s
        self._servers: dict[str, Server] = {}
        self._streams: dict[Source, Stream] = {}
        self._paused: set[Downstream] = set()
        self._late: dict[Upstream, set[Source]] = {}
        """Who is behind, and on which streams."""
        self._arrivals = 0
        self.upstreams: set[Upstream] = set()

    # --- downstream ------------------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        """Whether nobody is here and nothing is open: it can be forgotten."""
        return not (self.upstreams or self._servers or self._streams)

    @property
    def sources(self) -> list[Source]:
        """The sources of all servers that are there."""
        return [source for server in self._servers.values() for source in server.offered]

    def server_connected(self, name: str, downstream: Downstream) -> None:
        """A server is there; whoever spoke for it before does no longer."""
        server = self._servers.setdefault(name, Server())
        if downstream in server.offers:
            return
        if server.offers:
            self._hush(name, server.speaker)
        server.offers[downstream] = {}
        for upstream in self.upstreams:
            upstream.server_connected(name)
        self._balance_paused()

    def available(self, source: Source, display_name: str, downstream: Downstream) -> None:
        """A server has a source; those who wanted it before it went get it again."""
        self.server_connected(source.server, downstream)
        server = self._servers[source.server]
        server.offers[downstream][source] = display_name
        if server.speaker is downstream:
            self._announce(source, display_name)

    def downstream_left(self, downstream: Downstream) -> None:
        """A link is lost: its servers are away, and what was enabled on them stays wanted."""
        self._paused.discard(downstream)
        for name in [n for n, s in self._servers.items() if downstream in s.offers]:
            self._leave(name, downstream)

    def acknowledged(self, source: Source, downstream: Downstream) -> None:
        """A source that was enabled downstream flows."""
        stream = self._streams.get(source)
        if stream is None or not self._speaks(downstream, source.server):
            return
        stream.flows = True
        for upstream in list(stream.receivers):
            upstream.acknowledged(source)

    def lines(self, source: Source, batch: LineBatch, downstream: Downstream) -> None:
        """Some lines came up; everyone who wants them gets them, now or when writable.

        What comes before the source was acknowledged was asked for by nobody who is here now.
        """
        stream = self._streams.get(source)
        if stream is None or not (stream.watched and stream.flows):
            return
        if not self._speaks(downstream, source.server):
            return
        self._arrivals += 1
        batch.arrival = self._arrivals
        ring, late = stream.ring, self._late
        # Who is behind on any stream waits on all: nobody sees lines in another order than others.
        slow = [each for each in stream.current if each in late or not each.writable]
        for upstream in slow:
            stream.current.remove(upstream)
            stream.behind[upstream] = ring.head
            late.setdefault(upstream, set()).add(source)
        for upstream in stream.current:
            upstream.deliver(batch)
        if stream.behind:
            ring.append(batch)
        else:
            ring.pass_by(batch)
        if not any(upstream.writable for upstream in stream.current):
            self._balance(downstream)

    # --- upstream --------------------------------------------------------------------------------

    def join(self, upstream: Upstream) -> None:
        """Someone has come; they are told what there is."""
        self.upstreams.add(upstream)
        for name, server in self._servers.items():
            upstream.server_connected(name)
            for source, display_name in server.offered.items():
                upstream.available(source, display_name)

    def leave(self, upstream: Upstream, *, now_s: float) -> None:
        """Someone has gone, with all that they wanted."""
        self.upstreams.discard(upstream)
        for source in [s for s, stream in self._streams.items() if stream.is_for(upstream)]:
            self.disable(upstream, source, now_s=now_s)

    def enable(self, upstream: Upstream, source: Source) -> None:
        """Someone wants a source; they are told when it flows."""
        stream = self._streams.get(source)
        if stream is None:
            stream = self._streams[source] = Stream(self._budget)
        stream.unwatched_since_s = None
        if stream.flows:
            upstream.acknowledged(source)
        stream.current.add(upstream)
        self._ask(source, stream)
        self._balance_paused()

    def disable(self, upstream: Upstream, source: Source, *, now_s: float) -> None:
        """Someone no longer wants a source."""
        stream = self._streams.get(source)
        if stream is None:
            return
        stream.current.discard(upstream)
        if upstream in stream.behind:
            self._caught_up(upstream, source, stream)
        if not stream.watched and stream.unwatched_since_s is None:
            stream.unwatched_since_s = now_s
            self.tick(now_s)
        self._balance_paused()

    def drained(self, upstream: Upstream) -> None:
        """Someone who was behind is writable again."""
        while upstream.writable and (sources := self._late.get(upstream)):
            source = min(sources, key=lambda each: self._next_arrival(upstream, each))
            self._give_next(upstream, source, self._streams[source])
        self._balance_paused()

    def tick(self, now_s: float) -> None:
        """Close downstream what nobody has wanted for long enough."""
        for source, stream in list(self._streams.items()):
            since_s = stream.unwatched_since_s
            if since_s is not None and now_s - since_s >= self._linger_s:
                del self._streams[source]
                stream.ring.close()
                server = self._servers.get(source.server)
                if server is not None and stream.asked:
                    server.speaker.disable(source)

    # --- inside ----------------------------------------------------------------------------------

    def _ask(self, source: Source, stream: Stream) -> None:
        server = self._servers.get(source.server)
        if server is not None and source in server.offered and not stream.asked:
            stream.asked = True
            server.speaker.enable(source)

    def _announce(self, source: Source, display_name: str) -> None:
        for upstream in self.upstreams:
            upstream.available(source, display_name)
        stream = self._streams.get(source)
        if stream is not None and stream.watched:
            self._ask(source, stream)

    def _speaks(self, downstream: Downstream, name: str) -> bool:
        server = self._servers.get(name)
        return server is not None and server.speaker is downstream

    def _leave(self, name: str, downstream: Downstream) -> None:
        """A downstream has a server no longer; if it spoke for it, the one before does again."""
        server = self._servers[name]
        spoke = server.speaker is downstream
        del server.offers[downstream]
        if not server.offers:
            del self._servers[name]
        if not spoke:
            return
        self._hush(name, None)
        if server.offers:
            for upstream in self.upstreams:
                upstream.server_connected(name)
            for source, display_name in server.offered.items():
                self._announce(source, display_name)
        self._balance_paused()

    def _hush(self, name: str, speaker: Downstream | None) -> None:
        """A server's sources flow no longer; ``speaker`` is told so, if it is still there."""
        for source, stream in self._streams.items():
            if source.server == name:
                if stream.asked and speaker is not None:
                    speaker.disable(source)
                stream.asked = stream.flows = False
        for upstream in self.upstreams:
            upstream.server_left(name)

    def _next_arrival(self, upstream: Upstream, source: Source) -> int:
        """Give when the next batch came that ``upstream`` has to get; 0 if it is gone."""
        stream = self._streams[source]
        read = stream.ring.read_from(stream.behind[upstream])
        return read.batch.arrival if read is not None else 0

    def _give_next(self, upstream: Upstream, source: Source, stream: Stream) -> None:
        position = stream.behind[upstream]
        read = stream.ring.read_from(position)
        missed = (read.start if read else stream.ring.head).lines - position.lines
        if missed:
            upstream.missed(source, missed)
        if read is not None:
            upstream.deliver(read.batch)
            stream.behind[upstream] = read.end
        if stream.behind[upstream] == stream.ring.head or read is None:
            self._caught_up(upstream, source, stream)
            stream.current.add(upstream)

    def _caught_up(self, upstream: Upstream, source: Source, stream: Stream) -> None:
        """Someone is behind on a stream no longer."""
        del stream.behind[upstream]
        if not stream.behind:
            stream.ring.clear()
        late = self._late[upstream]
        late.discard(source)
        if not late:
            del self._late[upstream]

    def _balance_paused(self) -> None:
        for downstream in list(self._paused):
            self._balance(downstream)

    def _balance(self, downstream: Downstream) -> None:
        """Pause a downstream while nobody who receives from it is writable."""
        writable = (
            upstream.writable
            for source, stream in self._streams.items()
            if self._speaks(downstream, source.server)
            for upstream in stream.receivers
        )
        stalled = next(writable, True) is False and not any(writable)
        if stalled and downstream not in self._paused:
            self._paused.add(downstream)
            downstream.pause()
        elif not stalled and downstream in self._paused:
            self._paused.discard(downstream)
            downstream.resume()
