"""uvicorn's HTTP connection, with what it lacks: JSON for requests that are not HTTP, and bounds.

uvicorn closes a connection that was idle after a request, but neither one that never sends a
request nor one that sends it byte by byte; it answers what it cannot parse with plain text, and a
client that has closed its sending side not at all.
"""

import asyncio
import logging
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from logstream.api.refusal import ALWAYS, CONTENT_TYPE, Refusal
from logstream.model.limits import API_CONNECTIONS_MAX, API_REQUEST_TIMEOUT_S
from logstream.model.seldom import Seldom

_ANSWERABLE: Final = (h11.IDLE, h11.SEND_RESPONSE)
_log: Final = logging.getLogger(__name__)
_full_told: Final = Seldom()


class BoundedProtocol(H11Protocol):
    """One connection to the Cloud API."""

    _deadline: asyncio.TimerHandle | None = None
    _seen: Any = None
    _ended: bool = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > API_CONNECTIONS_MAX:
            if _full_told.is_due(self.loop.time()):
                _log.warning("refusing connections: there are %d", API_CONNECTIONS_MAX)
            self._answer_and_close(Refusal(503, "Too many connections: try again later."))
            return
        self._deadline = self.loop.call_later(API_REQUEST_TIMEOUT_S, self._check_progress)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Answer what is under way although nothing more will come (TLS cannot do that)."""
        self._ended = True
        return self._serves() and self.scheme == "http"

    def on_response_complete(self) -> None:
        """Go on with the next request, unless none can come."""
        super().on_response_complete()
        if self._ended and not self._serves():
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP, where an answer is still possible."""
        self._answer_and_close(Refusal(400, msg))

    def _check_progress(self) -> None:
        """Close a connection that completed no request since the last check and serves none."""
        serves = self._serves()
        if not serves and self.cycle is self._seen:
            self.transport.close()
            return
        self._seen = self.cycle
        self._deadline = self.loop.call_later(API_REQUEST_TIMEOUT_S, self._check_progress)

    def _serves(self) -> bool:
        # Typed as if there always were one, but there is none before the first request.
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _answer_and_close(self, refusal: Refusal) -> None:
        serves = self._serves()
        if not serves and self.conn.our_state in _ANSWERABLE:
            body = refusal.body()
            events = (
                h11.Response(
                    status_code=refusal.status,
                    headers=[
                        (b"content-type", CONTENT_TYPE.encode()),
                        (b"content-length", str(len(body)).encode()),
                        (b"connection", b"close"),
                        *ALWAYS,
                    ],
                ),
                h11.Data(data=body),
                h11.EndOfMessage(),
            )
            for event in events:
                self.transport.write(self.conn.send(event) or b"")
        elif self._serves():
            # The request under way can no longer be answered: its bytes made no sense.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()
