"""The end of a connection: what was sent goes out, and what still comes is thrown away.

A socket that is closed while there is unread input resets the connection, and the reset takes away
what the peer has not read yet: the ``error`` and the close frame that say what was wrong. So the
end is said first (FIN, or TLS's close_notify), and the socket closed when the peer has said the
same, or has had its time, or has sent too much.
"""

import asyncio
from collections.abc import Callable

from logstream.model.limits import CLOSE_TIMEOUT_S, DISCARD_MAX_BYTES


class Lingering(asyncio.BufferedProtocol):
    """Takes a transport over from the protocol that is done with it."""

    def __init__(
        self,
        transport: asyncio.Transport,
        buffer: memoryview,
        lost: Callable[[asyncio.Transport], None],
    ) -> None:
        """Say the end, and wait for the peer's.

        Args:
            transport: Open or closing; nothing must be written to it from now on.
            buffer: Where to read what is thrown away.
            lost: Is given the transport when its socket is gone.
        """
        self._transport = transport
        self._buffer = buffer
        self._lost = lost
        self._discarded_bytes = 0
        self._timer = asyncio.get_running_loop().call_later(CLOSE_TIMEOUT_S, transport.abort)
        transport.set_protocol(self)
        transport.resume_reading()
        try:
            if transport.can_write_eof():
                transport.write_eof()
            else:
                transport.close()  # TLS lingers by itself, for its ssl_shutdown_timeout
        except OSError:  # the peer has reset it meanwhile
            transport.abort()

    def get_buffer(self, _hint: int) -> memoryview:
        """Give the place where to read to."""
        return self._buffer

    def buffer_updated(self, length: int) -> None:
        """Throw away what was read."""
        self._discarded_bytes += length
        if self._discarded_bytes > DISCARD_MAX_BYTES:
            self._transport.abort()

    def connection_lost(self, _error: Exception | None) -> None:
        """End."""
        self._timer.cancel()
        self._lost(self._transport)
