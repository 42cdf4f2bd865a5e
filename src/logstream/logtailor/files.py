"""The files of one server in one environment, as what a session asks of: streams and history.

A source that nobody has enabled costs nothing: no open file, no watch. Rules: S5, S6, S9.
"""

from collections.abc import Mapping, Sequence

from logstream.errors import LogstreamError
from logstream.logtailor.flow import Flow, Surroundings
from logstream.logtailor.searches import Searches
from logstream.model.source import Source
from logstream.node.base import Upstream
from logstream.protocol.wishes import EnableWanted, HistoryWanted
from logstream.tail.kept import KeptContents


class _Watching:
    """What one upstream has open."""

    def __init__(self, searches: Searches) -> None:
        self.flows: dict[tuple[Source, str], Flow] = {}
        """By the source and the name of the stream."""
        self.searches = searches


class FileSources:
    """All sources of one server in one environment.

    Args:
        server: The server's name.
        paths: Source → its path patterns.
        around: What all streams share.
    """

    def __init__(
        self, *, server: str, paths: Mapping[Source, Sequence[str]], around: Surroundings
    ) -> None:
        self._server = server
        self._paths = paths
        self._around = around
        self._contents = KeptContents()
        self._upstreams: dict[Upstream, _Watching] = {}

    def close(self) -> None:
        """Follow nothing any more."""
        for upstream in list(self._upstreams):
            self.leave(upstream, now_s=self._around.clock())
        self._contents.close()

    # --- what a session asks ---------------------------------------------------------------------

    def join(self, upstream: Upstream) -> None:
        """Someone has come; they are told what there is."""
        self._upstreams[upstream] = _Watching(Searches(upstream, self._around, self._contents))
        upstream.server_connected(self._server)
        for source in self._paths:
            upstream.available(source, self._around.formats.display_name(source.log_type))

    def leave(self, upstream: Upstream, *, now_s: float) -> None:  # noqa: ARG002 - files do not linger
        """Someone has gone, with all that they wanted."""
        watching = self._upstreams.pop(upstream, None)
        if watching is not None:
            watching.searches.close()
            for flow in watching.flows.values():
                flow.close()

    def enable(self, upstream: Upstream, wish: EnableWanted) -> None:
        """Follow a source from a cursor, or from where its files end now."""
        flows = self._upstreams[upstream].flows
        key = (wish.source, wish.filter.stream)
        after = wish.after
        if wish.replace is not None:
            replaced = flows.pop((wish.source, wish.replace), None)
            if replaced is not None:
                after = replaced.cursor if after is None else after
                replaced.close()
        if key in flows:
            upstream.enabled(wish, after=flows[key].cursor, now_s=self._around.unix_time())
            return
        try:
            flow = Flow(
                wish._replace(after=after),
                self._paths[wish.source],
                upstream=upstream,
                around=self._around,
            )
            flow.begin()
        except LogstreamError as error:
            upstream.refused(wish, getattr(error, "code", 500), str(error))
        else:
            flows[key] = flow

    def disable(
        self,
        upstream: Upstream,
        source: Source,
        stream: str | None,
        *,
        now_s: float,  # noqa: ARG002 - files do not linger
    ) -> None:
        """Let go of a source's files: of one stream of it, or of all."""
        flows = self._upstreams[upstream].flows
        for key in [key for key in flows if key[0] == source and stream in (None, key[1])]:
            flows.pop(key).close()

    def history(self, upstream: Upstream, wish: HistoryWanted) -> None:
        """Search the files for one page."""
        self._upstreams[upstream].searches.begin(wish, self._paths[wish.source])

    def drained(self, upstream: Upstream) -> None:
        """Someone takes more again."""
        watching = self._upstreams.get(upstream)
        if watching is not None:
            watching.searches.go_on()
            for flow in watching.flows.values():
                flow.read_soon()
