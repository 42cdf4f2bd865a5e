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


Status = Connected | ServerJoined | SourceFound | SourceFlows | HubError | Reconnecting
