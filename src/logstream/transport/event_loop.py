"""The event loop that everything runs on: uvloop where there is one."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

T = TypeVar("T")


def run(main: Coroutine[object, object, T]) -> T:
    """Run ``main`` on a new event loop and give its result; Ctrl-C cancels it first."""
    with asyncio.Runner(loop_factory=_new_event_loop()) as runner:
        return runner.run(main)


def _new_event_loop() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
