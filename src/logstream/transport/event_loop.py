"""The event loop that everything runs on: uvloop where there is one."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(main: Coroutine[object, object, T]) -> T:
    """Run ``main`` on a new event loop and give its result; Ctrl-C cancels it first."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(main)


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Make an event loop."""
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        loop = asyncio.new_event_loop()
    else:
        loop = uvloop.new_event_loop()
    loop.set_exception_handler(_report)
    return loop


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # Of a peer that leaves during the TLS handshake, as every port scan does, aiofastnet reports
    # the *class* of an error, over which the loop's own report fails with a traceback of its own.
    if not isinstance(context.get("exception"), type):
        loop.default_exception_handler(context)
