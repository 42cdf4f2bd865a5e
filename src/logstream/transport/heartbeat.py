"""One clock for the pings of all connections, and whether a silent peer is still there.

A timer for each of 10,000 connections costs memory and wakes the loop at random; here connections
are spread over a ring of slots, and one slot beats at a time. Times are seconds.
"""

import asyncio
import logging
import socket
import struct
from typing import Final, Protocol

from logstream.model.limits import UNACKNOWLEDGED_MAX_S

_logger = logging.getLogger(__name__)

_SLOTS: Final = 20
_TCP_INFO: Final[int | None] = getattr(socket, "TCP_INFO", None)
# Linux's struct tcp_info: eight numbers of 8 bits, the 4th being unanswered window probes, then
# numbers of 32 bits, the 5th being unacknowledged segments and the 13th the milliseconds since an
# acknowledgement came.
_read_tcp_info: Final = struct.Struct("=3xB4x16xI28xI").unpack_from
_TCP_INFO_BYTES: Final = 60
_UNANSWERED_PROBES: Final = 2


class Beating(Protocol):
    """What has a heartbeat."""

    def beat(self) -> None:
        """Ping the peer, or give it up."""


class Heartbeat:
    """Calls ``beat`` of each connection once in each interval.

    Attributes:
        interval_s: The interval.
    """

    def __init__(self, interval_s: float, *, slots: int = _SLOTS) -> None:
        self.interval_s = interval_s
        self._pause_s = interval_s / slots
        self._slots: list[set[Beating]] = [set() for _ in range(slots)]
        self._next = 0
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(self._pause_s, self._tick)

    def add(self, connection: Beating) -> int:
        """Let a connection beat, the first time nearly one interval from now.

        Returns:
            What ``remove`` needs.
        """
        slot = (self._next - 1) % len(self._slots)
        self._slots[slot].add(connection)
        return slot

    def remove(self, connection: Beating, slot: int) -> None:
        """Let a connection beat no more."""
        self._slots[slot].discard(connection)

    def stop(self) -> None:
        """Let no connection beat any more."""
        self._timer.cancel()

    def _tick(self) -> None:
        self._timer = self._loop.call_later(self._pause_s, self._tick)
        slot = self._slots[self._next]
        self._next = (self._next + 1) % len(self._slots)
        for connection in tuple(slot):
            try:
                connection.beat()
            except Exception:
                _logger.exception("a connection could not be pinged")


def is_gone(sock: socket.socket) -> bool:
    """Say whether a peer acknowledged nothing for ``UNACKNOWLEDGED_MAX_S`` though it should have.

    One that is there and does not read acknowledges the kernel's window probes, so it is not gone.
    The kernel's own TCP_USER_TIMEOUT makes no such difference: it ends both.
    """
    if _TCP_INFO is None:  # not Linux: the kernel's retransmissions end after some 15 minutes
        return False
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _TCP_INFO_BYTES)
    except OSError:
        return True
    if len(info) < _TCP_INFO_BYTES:
        return False
    probes: int
    unacknowledged: int
    silent_ms: int
    probes, unacknowledged, silent_ms = _read_tcp_info(info)
    awaited = unacknowledged > 0 or probes >= _UNANSWERED_PROBES
    return awaited and silent_ms > UNACKNOWLEDGED_MAX_S * 1000
