"""Whether to tell again what happens again and again, as a limit that strangers reach. Pure."""

from logstream.model.limits import TELL_AGAIN_S


class Seldom:
    """Lets one telling through in ``TELL_AGAIN_S``."""

    def __init__(self) -> None:
        self._next_s: float | None = None

    def is_due(self, now_s: float) -> bool:
        """Say whether to tell now, which then counts as told.

        Args:
            now_s: Seconds on any clock that does not go back.
        """
        if self._next_s is not None and now_s < self._next_s:
            return False
        self._next_s = now_s + TELL_AGAIN_S
        return True
