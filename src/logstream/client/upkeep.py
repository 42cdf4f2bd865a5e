"""What keeps an extended session alive: keepalives, an ear for silence, fresh tickets (S12)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from logstream.client.cloud_api_types import ConnectionDetails
from logstream.errors import LogstreamError
from logstream.model.limits import KEEPALIVE_INTERVAL_S, LINK_LIFE_MIN_S, LINK_SILENCE_MAX_S

_RENEWED_AT: Final = 0.75
"""Which part of its life a session has behind it when it shows a fresh ticket."""


class Upkeep:
    """The timers of one session; they run from its making to ``stop``.

    Args:
        keep_alive: Says to the hub that this side is there.
        silent: Called when nothing was heard for ``LINK_SILENCE_MAX_S``.
        renew: Gets fresh details.
        show: Shows fresh details to the hub.

    Attributes:
        paused: Whether the hub was told to wait: then its silence says nothing.
    """

    def __init__(
        self,
        *,
        keep_alive: Callable[[], None],
        silent: Callable[[], None],
        renew: Callable[[], Awaitable[ConnectionDetails]],
        show: Callable[[ConnectionDetails], None],
    ) -> None:
        self._say_alive = keep_alive
        self._silent = silent
        self._renew = renew
        self._show = show
        self._loop = asyncio.get_running_loop()
        self._heard_at_s = self._loop.time()
        self._renewal: asyncio.TimerHandle | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._timer = self._loop.call_later(KEEPALIVE_INTERVAL_S, self._keep_alive)
        self._ear = self._loop.call_later(LINK_SILENCE_MAX_S, self._listen)
        self.paused = False

    def heard(self) -> None:
        """Note that something came."""
        self._heard_at_s = self._loop.time()

    def lives(self, life_s: float) -> None:
        """Show a fresh ticket before the session's life of so many seconds ends."""
        if self._renewal is not None:
            self._renewal.cancel()
        wait_s = max(life_s, LINK_LIFE_MIN_S) * _RENEWED_AT
        self._renewal = self._loop.call_later(wait_s, self._start_renewal)

    def stop(self) -> None:
        """Do nothing any more."""
        for handle in (self._timer, self._ear, self._renewal, self._renewing):
            if handle is not None:
                handle.cancel()

    def _keep_alive(self) -> None:
        self._timer = self._loop.call_later(KEEPALIVE_INTERVAL_S, self._keep_alive)
        self._say_alive()

    def _listen(self) -> None:
        if self.paused:
            self.heard()
        left_s = self._heard_at_s + LINK_SILENCE_MAX_S - self._loop.time()
        if left_s > 0:
            self._ear = self._loop.call_later(left_s, self._listen)
        else:
            self._silent()

    def _start_renewal(self) -> None:
        self._renewing = self._loop.create_task(self._show_fresh_ticket())

    async def _show_fresh_ticket(self) -> None:
        try:
            details = await self._renew()
        except LogstreamError:
            # The hub ends the session when its life does; then the stream connects again.
            self._renewal = self._loop.call_later(KEEPALIVE_INTERVAL_S, self._start_renewal)
            return
        self._show(details)
