"""What a stream tells besides lines: its connection's life, and what the hub says of sources."""

from typing import NamedTuple

from logstream.model.source import Source


class Connected(NamedTuple):
    """The hub has let us in.

    ``again`` is False for the first time of a stream.
    """

    url: str
    again: bool


class ServerJoined(NamedTuple):
    """A server is there; it may have come during the stream."""

    server: str


class SourceFound(NamedTuple):
    """A source is offered; ``wanted`` where it is among those that were asked for."""

    source: Source
    wanted: bool


class SourceFlows(NamedTuple):
    """A source was enabled: its lines follow."""

    source: Source


class HubError(NamedTuple):
    """The hub reports an error that does not end the stream."""

    code: int
    description: str
    server: str


class Reconnecting(NamedTuple):
    """There is no connection; another is tried after a wait.

    ``attempt`` counts from 1 since the stream last worked; ``worked`` is whether it ever did, so
    that lines may be missing now.
    """

    reason: str
    attempt: int
    wait_s: float
    worked: bool


class ServerLeft(NamedTuple):
    """A server is away; its streams go on when it returns."""

    server: str


class Gap(NamedTuple):
    """A stretch of a source that no line tells, and that cannot be fetched any more.

    What a slow receiver missed is fetched by itself and is no gap. ``why`` is ``truncated``,
    ``removed``, ``unreadable``, or ``skipped``: the hub began elsewhere than it was asked to.
    ``size_bytes`` is None where nobody can know it.
    """

    source: Source
    after: str
    next: str
    why: str
    size_bytes: int | None


class FilterRefused(NamedTuple):
    """A source could not filter: its lines come whole, and ``LineColumns.filtered`` is False."""

    source: Source
    description: str


class OnlyBase(NamedTuple):
    """The service speaks only the base protocol, so the named wishes cannot be had there.

    Only ``filter`` is told so, as the receiver can filter; the rest is an error.
    """

    url: str
    wishes: tuple[str, ...]


class PastRead(NamedTuple):
    """All that was written before has been given; the stream is live now."""


Status = (
    Connected
    | ServerJoined
    | ServerLeft
    | SourceFound
    | SourceFlows
    | HubError
    | Reconnecting
    | Gap
    | FilterRefused
    | OnlyBase
    | PastRead
)
"""Whatever is told."""
