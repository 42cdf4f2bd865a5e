"""Where a stream begins, and where it ends: what a person asks for besides "from now on"."""

from collections.abc import Mapping
from typing import NamedTuple

from logstream.errors import UsageError
from logstream.model.limits import HISTORY_LINES_MAX
from logstream.model.source import Source

_NOWHERE: Mapping[Source, str] = {}


class Start(NamedTuple):
    """What to show of what was written before, and whether to go on then.

    All of it but ``Start()`` needs a hub that speaks the extended protocol. What was written is
    given in the order of time over all sources; then the stream goes on live without a seam: of
    each source every line once, in its order.
    """

    lines: int | None = None
    """The last so many lines of all sources together (before ``until``)."""
    since: float | None = None
    """Lines of this time and later, Unix seconds."""
    until: float | None = None
    """Lines before this time; the stream then ends, as without ``follow``."""
    follow: bool = True
    """Go on live; False: end when all that is there was given."""
    after: Mapping[Source, str] = _NOWHERE
    """Go on at these cursors (a `Position`); other sources begin as without it."""

    @property
    def wants_past(self) -> bool:
        """Whether anything is to be read before the stream is live."""
        return (
            self.lines is not None
            or self.since is not None
            or self.until is not None
            or not self.follow
        )

    @property
    def goes_on(self) -> bool:
        """Whether it goes on live."""
        return self.follow and self.until is None

    @property
    def is_plain(self) -> bool:
        """Whether the base protocol can do it."""
        return not self.wants_past and not self.after

    def check(self) -> None:
        """Refuse what makes no sense.

        Raises:
            UsageError: Names what to change.
        """
        if self.lines is not None and not 0 <= self.lines <= HISTORY_LINES_MAX:
            raise UsageError(f"lines must be from 0 to {HISTORY_LINES_MAX}, not {self.lines}")
        if self.after and (self.lines is not None or self.since is not None):
            raise UsageError("a cursor says where to begin: give no lines or since with it")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise UsageError("since must be before until")
