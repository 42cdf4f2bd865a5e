import asyncio
import threading

import pytest

from logstream.client.blocking import in_thread


async def test_a_blocking_call_gives_its_result_or_its_error() -> None:
    assert await in_thread(lambda: threading.current_thread().name) == "logstream-call"
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 // 0)


async def test_a_blocking_call_does_not_hold_up_who_is_cancelled() -> None:
    release = threading.Event()
    waiting = asyncio.create_task(in_thread(release.wait))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait((waiting,), timeout=30)
    assert waiting.cancelled()
    release.set()


def test_a_loop_ends_although_a_call_does_not() -> None:
    """A service is told to stop while the Cloud API keeps it waiting."""
    release = threading.Event()

    async def main() -> None:
        waiting = asyncio.create_task(in_thread(release.wait))
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(main())
    release.set()
