"""What `logstream tail` says on standard error: news of the connection, never lines."""

from typing import TextIO

from logstream.cli.inert import inert
from logstream.client import status
from logstream.client.status import Status


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

    def tell(self, news: Status) -> None:
        """Say what a person must know; most news need no words."""
        match news:
            case status.Reconnecting(reason=reason, attempt=attempt, wait_s=wait_s, worked=worked):
                self._lost = self._lost or worked
                missed = "; lines written meanwhile are missed" if worked and attempt == 1 else ""
                what = "connecting again" if worked else "trying again"
                self.say(f"{reason}: {what} in {wait_s:.1f} s (attempt {attempt}){missed}")
            case status.Connected(again=True):
                self.say("connected again")
            case status.HubError(code=code, description=description, server=server):
                self.say(f"{server or 'the hub'} reports {code}: {description}")
            case status.SourceFound(source=source, wanted=wanted):
                self._wanted += wanted
                self._offered.add(source.log_type)
            case _:
                pass

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
