"""How a service runs in the foreground: until a signal asks it to stop, then it drains and ends."""

import asyncio
import gc
import resource
import signal
from collections.abc import Callable, Coroutine


async def until_stopped() -> None:
    """Wait for SIGTERM or SIGINT (Ctrl-C)."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


async def serve_until_stopped(
    start: Callable[[], Coroutine[object, object, object]],
    stop: Callable[[], Coroutine[object, object, None]],
) -> None:
    """Start a service, wait for a signal, and stop it; also in the middle of the start."""
    allow_many_files()
    stopped = asyncio.create_task(until_stopped())
    starting = asyncio.create_task(start())
    try:
        await asyncio.wait([starting, stopped], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            await starting
            settle()
            await stopped
    finally:
        for task in (starting, stopped):
            task.cancel()
        await asyncio.wait([starting, stopped])
        await stop()


def settle() -> None:
    """Let the garbage collector look no more at what a start has made: it lives to the end.

    A look at all of it holds the event loop, and so every stream, for 50 ms and more.
    """
    gc.collect()
    gc.freeze()


def allow_many_files() -> None:
    """Use as many descriptors as the system lets this process have: a connection needs one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
