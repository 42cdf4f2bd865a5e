"""Time that passes only when a test says so, and a loop on which sleeping takes no time."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")


class SettableClock:
    """Gives ``now_s`` when called."""

    def __init__(self, now_s: float = 1000.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s

    def advance(self, by_s: float) -> None:
        self.now_s += by_s


class _NoWaiting(selectors.DefaultSelector):
    """Lets the loop's own time pass instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "everything waits, and nothing will ever happen"
            self.now_s += timeout
        return ready


class _TimelessLoop(asyncio.SelectorEventLoop):
    """Its time is the selector's."""

    def __init__(self) -> None:
        self._waiting = _NoWaiting()
        super().__init__(self._waiting)

    def time(self) -> float:
        return self._waiting.now_s


def run_without_waiting(main: Coroutine[object, object, T]) -> T:
    """Run ``main`` on a loop whose sleeps are over at once; its ``time`` moves by them."""
    with asyncio.Runner(loop_factory=_TimelessLoop) as runner:
        return runner.run(main)
