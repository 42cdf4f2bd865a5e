"""What happens inside a node, as typed methods: each counts, and is logged where it matters.

One object for each process. Counters only grow; `/metrics` shows them. No secret and no log text
ever comes here.
"""

import logging
from collections import Counter

from logstream.model.source import Environment, Source

_log = logging.getLogger("logstream")


class NodeEvents:
    """The events of a hub or a logtailor."""

    def __init__(self) -> None:
        self.counters: Counter[str] = Counter()
        """Name of the metric → how often, or how many."""

    def connection_refused(self, peer: str, code: int, description: str) -> None:
        """Someone came with no ticket, or one that does not hold."""
        self.counters["connections_refused"] += 1
        _log.warning("refused %s: %s (%d)", peer, description, code)

    def session_opened(self, environment: Environment, subject: str, peer: str) -> None:
        """Someone watches: who, what, from where."""
        self.counters["sessions_opened"] += 1
        _log.info("%s watches %s %s from %s", subject, *environment, peer)

    def session_closed(self, environment: Environment, subject: str, peer: str, code: int) -> None:
        """Someone watches no longer."""
        self.counters["sessions_closed"] += 1
        _log.info("%s left %s %s, %s, close code %d", subject, *environment, peer, code)

    def link_opened(self, environment: Environment, server: str, peer: str) -> None:
        """A logtailor (or a hub) offers its sources."""
        self.counters["links_opened"] += 1
        _log.info("%s offers %s %s from %s", server, *environment, peer)

    def link_closed(self, environment: Environment, server: str, code: int, reason: str) -> None:
        """A logtailor's link ended."""
        self.counters["links_closed"] += 1
        _log.info("%s left %s %s, close code %d %s", server, *environment, code, reason)

    def link_broke_protocol(self, environment: Environment, server: str, description: str) -> None:
        """A logtailor said what it must not; its link is closed."""
        self.counters["links_broke_protocol"] += 1
        _log.error("closed the link of %s for %s %s: %s", server, *environment, description)

    def link_replaced(self, environment: Environment, server: str, peer: str) -> None:
        """A newer process offers the same server: the older link is closed."""
        self.counters["links_replaced"] += 1
        _log.warning(
            "%s of %s %s came again from %s: two processes with one server name?",
            server,
            *environment,
            peer,
        )

    def chain_broke(self, source: Source) -> None:
        """Frames of a link were missing; they are asked for again."""
        self.counters["chains_broke"] += 1
        _log.warning("frames of %s of %s were missing; asking again", *reversed(source))

    def frame_unreadable(self, source: Source, lines: int, reason: str) -> None:
        """The body of a frame cannot be read, so a receiver of another form does not get it."""
        self.counters["frames_unreadable"] += 1
        _log.warning("%d lines of %s of %s: %s", lines, *reversed(source), reason)

    def gap_told(self) -> None:
        """A receiver was told of a stretch that it does not get now."""
        self.counters["gaps_told"] += 1

    def lines_missed(self, source: Source, lines: int, peer: str) -> None:
        """A slow receiver of the base protocol missed lines; it cannot be told in the stream."""
        self.counters["lines_missed"] += lines
        _log.warning("%s was too slow for %s of %s: missed %d", peer, *reversed(source), lines)

    def lines_delivered(self, lines: int) -> None:
        """Lines were given to one receiver."""
        self.counters["lines_delivered"] += lines

    def uplink_opened(self, environment: Environment, hub: str) -> None:
        """A hub has accepted what is offered here."""
        self.counters["uplinks_opened"] += 1
        _log.info("offering %s %s to %s", *environment, hub)

    def uplink_replaced(self, environment: Environment, hub: str, wait_s: float) -> None:
        """Another process offers the same server to the hub: this one stands back."""
        self.counters["uplinks_replaced"] += 1
        _log.error(
            "another process offers this server for %s %s to %s: is a second logtailor running"
            " with the same key? Trying again in %.0f s",
            *environment,
            hub,
            wait_s,
        )

    def uplink_lost(self, environment: Environment, hub: str, reason: str, wait_s: float) -> None:
        """The link to a hub could not be made, or ended."""
        self.counters["uplinks_lost"] += 1
        _log.warning(
            "no link to %s for %s %s: %s. Trying again in %.1f s", hub, *environment, reason, wait_s
        )

    def offers_unavailable(self, reason: str, wait_s: float) -> None:
        """The Cloud API gave no connection details."""
        self.counters["offers_unavailable"] += 1
        _log.warning("no connection details: %s. Trying again in %.1f s", reason, wait_s)

    def source_problem(self, path: str, reason: str) -> None:
        """A path cannot be read just now; it is tried again."""
        self.counters["source_problems"] += 1
        _log.warning("cannot read %s: %s; it is tried again", path, reason)

    def source_recovered(self, path: str) -> None:
        """A path that could not be read can be read again."""
        _log.info("%s can be read again", path)

    def mistake(self, doing: str, failure: Exception) -> None:
        """Something of ours failed in a way that nobody foresaw; it alone, all else goes on."""
        self.counters["mistakes"] += 1
        _log.error("a mistake of ours while %s", doing, exc_info=failure)
