import pytest

from doubles.memory_transport import MemoryTransport
from logstream.model.limits import CLOSE_TIMEOUT_S, DISCARD_MAX_BYTES
from logstream.transport.lingering import Lingering

LOST: list[object] = []


@pytest.fixture
def transport() -> MemoryTransport:
    LOST.clear()
    transport = MemoryTransport()
    transport.is_reading_now = False
    return transport


def linger(transport: MemoryTransport) -> Lingering:
    return Lingering(transport, memoryview(bytearray(1 << 20)), LOST.append)


async def test_the_end_is_said_and_reading_goes_on(transport: MemoryTransport) -> None:
    linger(transport)
    assert transport.said_end
    assert transport.is_reading_now
    transport.receive(b"x" * 1000)
    assert not transport.was_closed
    assert not transport.was_aborted
    transport.lose()
    assert [transport] == LOST


async def test_tls_says_its_end_by_closing(transport: MemoryTransport) -> None:
    transport.tls = True
    linger(transport)
    assert transport.was_closed
    assert not transport.said_end
    transport.lose()


async def test_only_so_much_is_thrown_away(transport: MemoryTransport) -> None:
    linger(transport)
    for _ in range(DISCARD_MAX_BYTES >> 20):
        transport.receive(b"x" * (1 << 20))
    aborted = [transport.was_aborted]
    transport.receive(b"x")
    aborted.append(transport.was_aborted)
    assert aborted == [False, True]
    transport.lose()


async def test_a_peer_has_only_so_much_time(
    transport: MemoryTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("asyncio.get_running_loop", lambda: TimerDouble(waits))
    linger(transport)
    assert waits == [CLOSE_TIMEOUT_S]
    assert transport.was_aborted


async def test_a_socket_that_is_gone_already_is_dropped(
    transport: MemoryTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OSError("not connected")

    monkeypatch.setattr(transport, "write_eof", fail)
    linger(transport)
    assert transport.was_aborted
    transport.lose()


class TimerDouble:
    """An event loop whose timers are due at once."""

    def __init__(self, waits: list[float]) -> None:
        self._waits = waits

    def call_later(self, delay_s: float, callback: object) -> None:
        self._waits.append(delay_s)
        assert callable(callback)
        callback()
