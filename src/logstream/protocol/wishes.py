"""What an upstream wants, as it is read from its commands, and how a page of history ends.

Pure. Rules: S5, S6, S9, S10.
"""

from typing import NamedTuple

from logstream.errors import BadCursor, BadFilter, BadMessage
from logstream.model import cursor
from logstream.model.filter import NO_FILTER, Filter, make_filter
from logstream.model.limits import HISTORY_LIMIT_DEFAULT_LINES, HISTORY_LIMIT_MAX
from logstream.model.source import Source
from logstream.protocol import codec
from logstream.protocol.messages import Enable, History


class EnableWanted(NamedTuple):
    """The upstream wants a stream; tell ``enabled`` when it flows, or ``refused``."""

    source: Source
    filter: Filter = NO_FILTER
    id: int | None = None
    after: str | None = None
    """The cursor to go on from; None: from now on."""
    within: int | None = None
    """Bytes: if more lie between ``after`` and the end, begin at the end instead."""
    replace: str | None = None
    """The stream that ends where this one begins."""
    message: bytes = b"{}"
    """As it was received."""


class DisableWanted(NamedTuple):
    """The upstream no longer wants a stream that it had enabled."""

    source: Source
    stream: str | None = None
    """None: none of the source's."""


class HistoryWanted(NamedTuple):
    """The upstream asks for a page; tell its frames, and ``page_ended`` or ``refused``."""

    source: Source
    filter: Filter
    id: int
    after: str | None
    before: str | None
    since: float | None
    until: float | None
    limit: int
    back: bool
    message: bytes = b"{}"
    """As it was received."""


class PageEnd(NamedTuple):
    """What ends a page of history. Rule S9."""

    first: str
    """The cursor where the page begins."""
    last: str
    """The cursor where it ends."""
    more: bool
    """Whether there is more in the range that was asked for."""
    scanned_bytes: int
    reached: float | None
    """The time that the search has come to."""


Request = EnableWanted | DisableWanted | HistoryWanted


def read_enable(enable: Enable, message: bytes) -> EnableWanted:
    """Read the extended ``enable``.

    Raises:
        BadMessage: Something in it makes no sense.
    """
    _check_cursors(message, enable.after)
    if enable.within is not None and enable.within < 0:
        raise BadMessage("within is a number of bytes", during=codec.as_during(message))
    return EnableWanted(
        Source(enable.server, enable.type),
        _filter_of(enable, message),
        enable.id,
        enable.after,
        enable.within,
        enable.replace,
        message,
    )


def read_history(history: History, message: bytes) -> HistoryWanted:
    """Read a ``history``.

    Raises:
        BadMessage: Something in it makes no sense.
    """
    _check_cursors(message, history.after, history.before)
    limit = HISTORY_LIMIT_DEFAULT_LINES if history.limit is None else history.limit
    if limit <= 0:
        raise BadMessage("limit is a number of lines, at least 1", during=codec.as_during(message))
    from_start = history.after is not None or history.since is not None
    return HistoryWanted(
        Source(history.server, history.type),
        _filter_of(history, message),
        history.id,
        history.after,
        history.before,
        history.since,
        history.until,
        min(limit, HISTORY_LIMIT_MAX),
        not from_start if history.back is None else history.back,
        message,
    )


def _filter_of(command: Enable | History, message: bytes) -> Filter:
    try:
        return make_filter(command.show, command.hide)
    except BadFilter as bad:
        raise BadMessage(str(bad), during=codec.as_during(message)) from None


def _check_cursors(message: bytes, *texts: str | None) -> None:
    """Refuse what cannot be a cursor here: who has the files would only say the same later."""
    for text in texts:
        try:
            cursor.parse(text or "")
        except BadCursor as bad:
            raise BadMessage(str(bad), during=codec.as_during(message)) from None
