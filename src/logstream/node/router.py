"""Who enabled what in one environment, and the way of each frame to all who did.

The first upstream that enables a stream enables it downstream, some seconds after the last one has
left it is disabled: nothing is read, parsed or sent that nobody watches. An upstream that is slow
falls behind alone, on the stream's ring, and is given what it missed in the order in which it came,
over all its streams. Only where *every* receiver of a downstream is behind is that downstream asked
to pause: then nobody waits for anybody else, and what it has not read yet stays safe in its files.

Driven by sessions (upstreams), links (downstreams) and a clock that ticks.
Rules: S5, S6, S7, S9, S12.
"""

from collections.abc import Callable

from logstream.model.source import Environment, Source
from logstream.node.base import EnableWanted, HistoryWanted, PageEnd, Upstream
from logstream.node.batch import StreamFrame
from logstream.node.directory import Downstream, Server
from logstream.node.fetch import PageSink
from logstream.node.ring import RingBudget
from logstream.node.stream import Stream, Wish

#: What a downstream's ``error`` means where the source is not there (any more).
_NOT_FOUND = 404


class Router:
    """One environment's sources, those who offer and those who watch them.

    Args:
        environment: For logs and counters.
        budget: What all rings of the node share.
        linger_s: How long a stream that nobody wants is kept open downstream.
        unix_time: Gives Unix time.
    """

    def __init__(
        self,
        environment: Environment,
        budget: RingBudget,
        *,
        linger_s: float,
        unix_time: Callable[[], float],
    ) -> None:
        self.environment = environment
        self.unix_time = unix_time
        self._budget = budget
        self._linger_s = linger_s
        self._servers: dict[str, Server] = {}
        self._streams: dict[tuple[Source, str], Stream] = {}
        self._paused: set[Downstream] = set()
        self._late: dict[Upstream, set[Stream]] = {}
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

    def server_left(self, name: str, downstream: Downstream) -> None:
        """A hub below has lost a server: what was enabled on it stays wanted."""
        if downstream in self._servers.get(name, Server()).offers:
            # It would go on with what nobody here may want by the time the server is back.
            self._leave(name, downstream, told=downstream)

    def downstream_left(self, downstream: Downstream) -> None:
        """A link is lost: its servers are away, and what was enabled on them stays wanted."""
        self._paused.discard(downstream)
        for name in [n for n, s in self._servers.items() if downstream in s.offers]:
            self._leave(name, downstream)

    def began(
        self,
        source: Source,
        stream: str,
        downstream: Downstream,
        *,
        after: str,
        now_s: float | None,
    ) -> None:
        """A stream that was enabled downstream flows.

        Raises:
            BadCursor: It begins at none.
        """
        flowing = self._spoken(source, stream, downstream)
        if flowing is not None:
            flowing.began(after, now_s)
            self._balance_paused()

    def stream_refused(
        self, source: Source, stream: str, downstream: Downstream, code: int, description: str
    ) -> None:
        """A stream that was enabled downstream cannot be had from where it was asked."""
        refused = self._spoken(source, stream, downstream)
        if refused is None:
            return
        asked_after, refused.asked_after = refused.asked_after, None
        if code == _NOT_FOUND:
            refused.lost()  # it was offered once: it waits until it is again
        elif refused.ring.begun:
            refused.lost()
            if asked_after is not None:  # then from now on: the ring tells what was left out
                self._ask(refused, from_now=True)
        elif asked_after is not None:
            refused.lost()
            guilty = [wish for wish in refused.pending if wish.after == asked_after]
            for wish in guilty:
                refused.pending.remove(wish)
                refused.refuse(wish, code, description)
            if refused.watched:
                self._ask(refused)
        else:
            refused.refused(code, description)
        self._forget_unwatched(refused)

    def frame(self, frame: StreamFrame, downstream: Downstream) -> None:
        """A frame came up; everyone who wants it gets it, now or when writable.

        What comes before the stream began was asked for by nobody who is here now.

        Raises:
            BadCursor: What it says of its place is nonsense.
        """
        stream = self._spoken(frame.source, frame.stream, downstream)
        if stream is None or not stream.flows or frame.after != stream.ring.head.cursor:
            return
        self._arrivals += 1
        stream.append(frame, self._arrivals)
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
        self._late.pop(upstream, None)
        for stream in list(self._streams.values()):
            self._end(upstream, stream, now_s)
        self._balance_paused()

    def enable(self, upstream: Upstream, wish: EnableWanted) -> None:
        """Someone wants a stream; they are told when it flows."""
        key = (wish.source, wish.filter.stream)
        after, restores = wish.after, None
        if wish.replace is not None:
            old = self._streams.get((wish.source, wish.replace))
            place = None if old is None else old.place(upstream)
            if old is not None and place is not None:
                after = place if after is None else after
                restores = (old, place)
            if old is not None:
                old.remove(upstream)
        stream = self._streams.get(key)
        if stream is None:
            stream = Stream(wish.source, wish.filter, self._budget, self)
            self._streams[key] = stream
        stream.unwatched_since_s = None
        asked = Wish(upstream, wish, after, restores)
        if stream.flows:
            stream.start(asked)
        else:
            stream.pending.append(asked)
        self._ask(stream)
        if restores is not None and restores[0] is not stream:
            self._unwatch(restores[0])
        self._balance_paused()

    def disable(
        self, upstream: Upstream, source: Source, stream: str | None, *, now_s: float
    ) -> None:
        """Someone no longer wants a stream of a source; None: any of it."""
        for (of, name), wanted in list(self._streams.items()):
            if of == source and stream in (None, name):
                self._end(upstream, wanted, now_s)
        self._balance_paused()

    def history(self, upstream: Upstream, wish: HistoryWanted) -> None:
        """Someone asks for a page."""
        if not self.ask_history(wish, _Asker(self, upstream, wish)):
            away = f"{wish.source.server} is away: ask again when it is back"
            upstream.refused(wish, _NOT_FOUND, away)

    def drained(self, upstream: Upstream) -> None:
        """Someone who was behind is writable again."""
        while upstream.writable and (streams := self._late.get(upstream)):
            min(streams, key=lambda each: each.next_arrival(upstream)).give_next(upstream)
        for stream in list(self._streams.values()):
            fetch = stream.fetching.get(upstream)
            if fetch is not None:
                fetch.go_on()
        self._balance_paused()

    def tick(self, now_s: float) -> None:
        """Close downstream what nobody has wanted for long enough."""
        for stream in list(self._streams.values()):
            if stream.watched:
                continue
            if stream.unwatched_since_s is None:
                stream.unwatched_since_s = now_s
            if now_s - stream.unwatched_since_s >= self._linger_s:
                self._free(stream)

    # --- for streams -----------------------------------------------------------------------------

    def is_late(self, upstream: Upstream) -> bool:
        """Whether someone is behind on any stream, and so waits on all."""
        return upstream in self._late

    def late(self, upstream: Upstream, stream: Stream) -> None:
        """Someone is behind on a stream now."""
        self._late.setdefault(upstream, set()).add(stream)

    def late_no_longer(self, upstream: Upstream, stream: Stream) -> None:
        """Someone is behind on a stream no longer."""
        streams = self._late.get(upstream)
        if streams is not None:
            streams.discard(stream)
            if not streams:
                del self._late[upstream]

    def ask_history(self, wish: HistoryWanted, sink: PageSink) -> bool:
        """Ask whoever has the source for a page; False where nobody is there."""
        server = self._servers.get(wish.source.server)
        if server is None or wish.source not in server.offered:
            return False
        server.speaker.history(wish, sink)
        self._balance_paused()
        return True

    # --- inside ----------------------------------------------------------------------------------

    def _ask(self, stream: Stream, *, from_now: bool = False) -> None:
        server = self._servers.get(stream.source.server)
        if stream.asked or server is None or stream.source not in server.offered:
            return
        after, within = None, stream.within
        if stream.ring.begun:
            after = stream.ring.head.cursor
        elif stream.pending:
            after = stream.pending[0].after
            within = min(within, stream.pending[0].wanted.within or within)
        stream.asked = True
        stream.asked_after = after = None if from_now else after
        server.speaker.enable(
            stream.source, stream.filter, after=after, within=None if after is None else within
        )

    def _announce(self, source: Source, display_name: str) -> None:
        for upstream in self.upstreams:
            upstream.available(source, display_name)
        for (of, _), stream in list(self._streams.items()):
            if of == source and stream.watched:
                self._ask(stream)

    def _spoken(self, source: Source, stream: str, downstream: Downstream) -> Stream | None:
        """Give a stream, if ``downstream`` is the one to speak of it."""
        server = self._servers.get(source.server)
        if server is None or server.speaker is not downstream:
            return None
        return self._streams.get((source, stream))

    def _leave(self, name: str, downstream: Downstream, *, told: Downstream | None = None) -> None:
        """A downstream has a server no longer; if it spoke for it, the one before does again."""
        server = self._servers[name]
        spoke = server.speaker is downstream
        del server.offers[downstream]
        if not server.offers:
            del self._servers[name]
        if not spoke:
            return
        self._hush(name, told)
        if server.offers:
            for upstream in self.upstreams:
                upstream.server_connected(name)
            for source, display_name in server.offered.items():
                self._announce(source, display_name)
        self._balance_paused()

    def _hush(self, name: str, speaker: Downstream | None) -> None:
        """A server's streams flow no longer; ``speaker`` is told so, if it is still there."""
        for (source, stream_name), stream in self._streams.items():
            if source.server == name:
                if stream.asked and speaker is not None:
                    speaker.disable(source, stream_name)
                stream.lost()
        for upstream in self.upstreams:
            upstream.server_left(name)

    def _end(self, upstream: Upstream, stream: Stream, now_s: float) -> None:
        stream.remove(upstream)
        if not stream.watched and stream.unwatched_since_s is None:
            stream.unwatched_since_s = now_s
            if self._linger_s <= 0:
                self._free(stream)

    def _unwatch(self, stream: Stream) -> None:
        """Note that nobody may want a stream; from the next tick on it lingers."""
        if not stream.watched:
            stream.unwatched_since_s = None

    def _forget_unwatched(self, stream: Stream) -> None:
        """Free a stream that never flowed and that nobody wants."""
        if not stream.watched and not stream.ring.begun and not stream.asked:
            self._free(stream)

    def _free(self, stream: Stream) -> None:
        self._streams.pop((stream.source, stream.name), None)
        stream.ring.close()
        server = self._servers.get(stream.source.server)
        if server is not None and stream.asked:
            server.speaker.disable(stream.source, stream.name)

    def _balance_paused(self) -> None:
        for downstream in list(self._paused):
            self._balance(downstream)

    def _balance(self, downstream: Downstream) -> None:
        """Pause a downstream while nobody who receives from it is writable, or waits for it."""
        stalled = not downstream.waits and self._is_stalled(downstream)
        if stalled and downstream not in self._paused:
            self._paused.add(downstream)
            downstream.pause()
        elif not stalled and downstream in self._paused:
            self._paused.discard(downstream)
            downstream.resume()

    def _is_stalled(self, downstream: Downstream) -> bool:
        receivers = False
        for (source, _), stream in self._streams.items():
            server = self._servers.get(source.server)
            if server is None or server.speaker is not downstream:
                continue
            for upstream in stream.receivers:
                if upstream.writable:
                    return False
                receivers = True
        return receivers


class _Asker:
    """Someone who asked for a page, and may be gone when it comes."""

    def __init__(self, router: Router, upstream: Upstream, wish: HistoryWanted) -> None:
        self._router = router
        self._upstream = upstream
        self._wish = wish

    def page_frame(self, frame: StreamFrame) -> None:
        if self._upstream in self._router.upstreams:
            self._upstream.page_frame(self._wish, frame)

    def page_ended(self, end: PageEnd) -> None:
        if self._upstream in self._router.upstreams:
            self._upstream.page_ended(self._wish, end)

    def page_refused(self, code: int, description: str) -> None:
        if self._upstream in self._router.upstreams:
            code = code or _NOT_FOUND
            self._upstream.refused(self._wish, code, description)
