"""A blocking call beside an event loop, such as those of the Cloud API's client."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(call: Callable[[], T]) -> T:
    """Make a blocking call beside the event loop.

    A cancelled caller goes on at once, and so does the end of the program; the thread that the loop
    itself would take holds both until the call returns.
    """
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, failure: BaseException | None) -> None:
        if answered.done():
            return
        if failure is not None:
            answered.set_exception(failure)
        else:
            answered.set_result(result)  # type: ignore[arg-type] # None only beside a failure

    def run() -> None:
        try:
            outcome: tuple[T | None, BaseException | None] = (call(), None)
        except BaseException as failure:  # noqa: BLE001 - raised again where it is awaited
            outcome = (None, failure)
        try:
            loop.call_soon_threadsafe(settle, *outcome)
        except RuntimeError:
            return  # the loop has ended: nobody waits

    threading.Thread(target=run, name="logstream-call", daemon=True).start()
    return await answered
