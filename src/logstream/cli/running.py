"""How a service runs in the foreground: until a signal asks it to stop, then it drains and ends."""

import asyncio
import resource
import signal
from collections.abc import Awaitable, Callable


async def until_stopped() -> None:
    """Wait for SIGTERM or SIGINT (Ctrl-C)."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


async def serve_until_stopped(
    start: Callable[[], Awaitable[object]], stop: Callable[[], Awaitable[None]]
) -> None:
    """Start a service, wait for a signal, and stop it; also where the start fails half-way."""
    allow_many_files()
    try:
        await start()
        await until_stopped()
    finally:
        await stop()


def allow_many_files() -> None:
    """Use as many descriptors as the system lets this process have: a connection needs one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
