"""Services in the foreground: they end by a signal, and drain."""

import asyncio
import gc
import os
import resource
import signal
from collections.abc import Iterator

import pytest

from logstream.cli.running import allow_many_files, serve_until_stopped


class Service:
    def __init__(self) -> None:
        self.said: list[str] = []

    async def start(self) -> None:
        self.said.append("started")
        asyncio.get_running_loop().call_soon(self.signalled)

    def signalled(self) -> None:
        """Nothing by itself."""

    async def stop(self) -> None:
        self.said.append("stopped")


@pytest.fixture(autouse=True)
def thaw() -> Iterator[None]:
    yield
    gc.unfreeze()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_a_service(number: signal.Signals) -> None:
    service = Service()
    service.signalled = lambda: os.kill(os.getpid(), number)  # type: ignore[method-assign]
    await serve_until_stopped(service.start, service.stop)
    assert service.said == ["started", "stopped"]


async def test_the_garbage_collector_passes_over_what_a_start_has_made() -> None:
    service = Service()
    service.signalled = lambda: os.kill(os.getpid(), signal.SIGTERM)  # type: ignore[method-assign]
    assert gc.get_freeze_count() == 0
    await serve_until_stopped(service.start, service.stop)
    assert gc.get_freeze_count() > 0


async def test_a_service_that_cannot_start_is_stopped_too() -> None:
    service = Service()

    async def start() -> None:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        await serve_until_stopped(start, service.stop)
    assert service.said == ["stopped"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_a_service_that_has_not_started_yet(number: signal.Signals) -> None:
    service = Service()

    async def start() -> None:
        os.kill(os.getpid(), number)
        await asyncio.Event().wait()

    await serve_until_stopped(start, service.stop)
    assert service.said == ["stopped"]


def test_as_many_files_may_be_open_as_the_system_allows() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, before[1]), before[1]))
        allow_many_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (before[1], before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
