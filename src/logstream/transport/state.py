"""The states of an open WebSocket; each leads only to those below it."""

from enum import Enum


class State(Enum):
    """How far a connection is."""

    OPEN = "open"
    CLOSING = "closing"
    """Only the end is awaited: the peer's close frame, or that of the socket."""
    ENDED = "ended"
    """The receiver was told ``closed``."""
