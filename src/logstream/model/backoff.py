"""How long to wait before the next try: longer each time, and never all at once. Pure."""

from collections.abc import Callable

from logstream.model.limits import RECONNECT_FIRST_MAX_S, RECONNECT_WAIT_MAX_S

_DOUBLINGS_MAX = 16  # far beyond RECONNECT_WAIT_MAX_S; keeps the power small


class Backoff:
    """Waits of one connection that is made again and again, in seconds.

    The first is drawn from 0 to ``RECONNECT_FIRST_MAX_S``; each later one from the upper half of a
    span that doubles up to ``RECONNECT_WAIT_MAX_S``.

    Args:
        draw: Gives a random number between its two arguments.
    """

    def __init__(self, draw: Callable[[float, float], float]) -> None:
        self._draw = draw
        self.attempt = 0

    def next_wait_s(self) -> float:
        """Count one more attempt and give the wait before it."""
        self.attempt += 1
        doublings = min(self.attempt - 1, _DOUBLINGS_MAX)
        span_s = min(RECONNECT_FIRST_MAX_S * 2**doublings, RECONNECT_WAIT_MAX_S)
        return self._draw(0.0 if self.attempt == 1 else span_s / 2, span_s)

    def reset(self) -> None:
        """Begin anew: the connection works."""
        self.attempt = 0
