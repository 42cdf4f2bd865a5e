"""What `logstream tail` says on standard error: news of the connection, never lines."""

import time
from typing import Final, TextIO

from logstream.cli.inert import inert
from logstream.client import status
from logstream.client.status import Gap, Status
from logstream.model.limits import TELL_AGAIN_S
from logstream.model.source import Source

LOSSES: Final = {
    "truncated": "their file was truncated before they were read",
    "removed": "their file was removed before they were read",
    "unreadable": "their file cannot be read",
}
"""Why lines are gone for good; other gaps are only left out."""


class News:
    """Turns what a stream tells into lines for a person.

    Args:
        err: Where to.
        types: The log types that were asked for; None: all.
    """

    def __init__(self, err: TextIO, types: frozenset[str] | None) -> None:
        self._err = err
        self._types = types
        self._wanted = 0
        self._offered: set[str] = set()
        self._lost = False
        self._refused: set[str] = set()
        self._late_again_s: dict[Source, float] = {}

    def tell(self, news: Status, *, goes_on: bool = False) -> None:
        """Say what a person must know; most news need no words.

        Args:
            news: What the stream tells.
            goes_on: Whether a connection that is lost goes on where it was, so nothing is missed.
        """
        match news:
            case status.Reconnecting(reason=reason, attempt=attempt, wait_s=wait_s, worked=worked):
                self._lost = self._lost or worked
                misses = worked and attempt == 1 and not goes_on
                missed = "; lines written meanwhile are missed" if misses else ""
                what = "connecting again" if worked else "trying again"
                self.say(f"{reason}: {what} in {wait_s:.1f} s (attempt {attempt}){missed}")
            case status.Connected(again=True):
                self.say("connected again")
            case status.HubError(code=code, description=description, server=server):
                self.say(f"{server or 'the hub'} reports {code}: {description}")
            case status.SourceFound(source=source, wanted=wanted):
                self._wanted += wanted
                self._offered.add(source.log_type)
            case status.Gap():
                self.say(_gap(news))
            case status.FilterRefused(source=source, description=description):
                if source.log_type not in self._refused:
                    self._refused.add(source.log_type)
                    self.say(
                        f"{source.server} cannot filter {source.log_type} so; its lines are "
                        f"filtered here: {description}"
                    )
            case _:
                pass

    def tell_late(self, source: Source, lines: int) -> None:
        """Say that lines stand after later ones; at most once in a while for each source."""
        now_s = time.monotonic()
        if now_s >= self._late_again_s.get(source, 0.0):
            self._late_again_s[source] = now_s + TELL_AGAIN_S
            said = f"{lines} lines came" if lines > 1 else "a line came"
            self.say(
                f"{source.server} {source.log_type}: {said} too late for its place in the order "
                "of time; a longer --reorder waits longer"
            )

    def tell_if_nothing_flows(self) -> None:
        """Say so where nothing that was asked for is offered, a while after the connection."""
        if self._wanted:
            return
        asked = "any type" if self._types is None else " or ".join(sorted(self._types))
        offered = ", ".join(sorted(self._offered)) or "nothing yet"
        self.say(f"no server offers {asked}; on offer: {offered}. Waiting.")

    def trace(self, direction: str, message: bytes) -> None:
        """Show a message of the protocol."""
        self._write(f"{direction} {message.decode('utf-8', 'replace')}")

    def say(self, text: str) -> None:
        """Say one line in the program's name."""
        self._write(f"logstream: {text}")

    def _write(self, line: str) -> None:
        try:
            self._err.write(f"{inert(line)}\n")
            self._err.flush()
        except (OSError, ValueError):
            return  # nobody reads it: no reason to lose lines


def _gap(gap: Gap) -> str:
    where = f"{gap.source.server} {gap.source.log_type}"
    if gap.why not in LOSSES:
        return f"{where}: lines are left out here: the service went on later than it was asked to"
    size = (
        "lines, nobody knows how many," if gap.size_bytes is None else f"{gap.size_bytes:,} bytes"
    )
    return f"{where}: {size} are lost: {LOSSES[gap.why]}"
