"""The receiver of a connection whose protocol the hub chooses: base or extended (S1).

What was chosen is known when the connection opens; from then on the transport's calls go straight
to the session that was made for it.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from logstream.client.cloud_api_types import ConnectionDetails
from logstream.errors import LogstreamError
from logstream.transport.base import Connection, Receiver, Refusal


class AnySession(Receiver, Protocol):
    """What a session of either protocol can do besides receiving."""

    accepted: bool
    """The hub has let us in."""

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""

    def pause_reading(self) -> None:
        """Let the hub wait."""

    def resume_reading(self) -> None:
        """Take messages again."""

    def close(self) -> None:
        """Start to end the connection."""

    def abort(self, failure: LogstreamError | None = None) -> None:
        """Drop the connection at once."""


class SessionOfEither:
    """A receiver (see `transport/base.py`) that becomes a session when it is opened.

    Args:
        details: Where it leads.
        choose: Makes the session of the subprotocol that the hub chose; None: of the base.
    """

    def __init__(
        self, details: ConnectionDetails, choose: Callable[[str | None], AnySession]
    ) -> None:
        self.url = details.url
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the connection has ended."""
        self._choose = choose
        self._session: AnySession | None = None
        self.received: Callable[[bytes], Any] = _ignore
        self.received_binary: Callable[[bytes], Any] = _ignore
        self.received_all: Callable[[], Any] = _ignore
        self.refused: Callable[[Refusal, bytes], Any] = _ignore
        self.drained: Callable[[], Any] = _ignore

    @property
    def accepted(self) -> bool:
        """Whether the hub has let us in."""
        return self._session is not None and self._session.accepted

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._session is not None and self._session.is_open

    def accept(self) -> None:
        """Take it that the hub has let us in."""
        if self._session is not None:
            self._session.accepted = True

    def opened(self, connection: Connection) -> None:
        """Become the session of the protocol that was chosen."""
        session = self._session = self._choose(connection.subprotocol)
        self.received = session.received
        self.received_binary = session.received_binary
        self.received_all = session.received_all
        self.refused = session.refused
        self.drained = session.drained
        session.opened(connection)

    def closed(self, code: int, reason: str) -> None:
        """The connection has ended."""
        if self._session is not None:
            self._session.closed(code, reason)
        if not self.over.done():
            self.over.set_result(None)

    def pause_reading(self) -> None:
        """Let the hub wait."""
        if self._session is not None:
            self._session.pause_reading()

    def resume_reading(self) -> None:
        """Take messages again."""
        if self._session is not None:
            self._session.resume_reading()

    def close(self) -> None:
        """Start to end the connection."""
        if self._session is not None:
            self._session.close()

    def abort(self) -> None:
        """Drop the connection at once."""
        if self._session is not None:
            self._session.abort()


def _ignore(*_: object) -> None:
    pass
