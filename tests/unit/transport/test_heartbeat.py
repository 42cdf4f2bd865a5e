import asyncio
import struct

import pytest

from doubles.memory_transport import FakeSocket
from logstream.model.limits import UNACKNOWLEDGED_MAX_S
from logstream.transport import heartbeat
from logstream.transport.heartbeat import Heartbeat, is_gone


class Patient:
    def __init__(self) -> None:
        self.beats = 0
        self.beaten = asyncio.Event()

    def beat(self) -> None:
        self.beats += 1
        self.beaten.set()


def tcp_info(*, probes: int, unacknowledged: int, silent_s: float) -> FakeSocket:
    words = [0] * 13
    words[4], words[12] = unacknowledged, int(silent_s * 1000)
    return FakeSocket(struct.pack("=8B13I", 1, 0, 0, probes, 0, 0, 0, 0, *words))


async def test_each_connection_beats_once_in_each_interval() -> None:
    beating = Heartbeat(10.0, slots=4)
    beating.stop()
    patients = [Patient() for _ in range(8)]
    for patient in patients:
        beating.add(patient)
    for round_ in range(3):
        for _ in range(4):
            beating._tick()
            beating.stop()
        assert [patient.beats for patient in patients] == [round_ + 1] * 8


async def test_the_first_beat_is_nearly_an_interval_away() -> None:
    beating = Heartbeat(10.0, slots=4)
    patient = Patient()
    beating.add(patient)
    for _ in range(3):
        beating.stop()
        beating._tick()
    assert patient.beats == 0
    beating.stop()
    beating._tick()
    assert patient.beats == 1
    beating.stop()


async def test_one_that_fails_keeps_no_other_from_beating(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Patient):
        def beat(self) -> None:
            super().beat()
            raise RuntimeError("a mistake")

    beating = Heartbeat(10.0, slots=1)
    patients = [Failing(), Patient(), Failing()]
    for patient in patients:
        beating.add(patient)
    beating.stop()
    beating._tick()
    beating.stop()
    assert [patient.beats for patient in patients] == [1, 1, 1]
    assert caplog.messages == ["a connection could not be pinged"] * 2


async def test_a_connection_that_is_removed_beats_no_more() -> None:
    beating = Heartbeat(10.0, slots=1)
    patient = Patient()
    slot = beating.add(patient)
    beating.remove(patient, slot)
    beating.stop()
    beating._tick()
    beating.stop()
    assert patient.beats == 0


async def test_a_connection_may_be_removed_during_its_own_beat() -> None:
    beating = Heartbeat(10.0, slots=1)

    class Suicidal(Patient):
        def beat(self) -> None:
            super().beat()
            beating.remove(self, slot)

    patients = [Suicidal() for _ in range(5)]
    slots = {beating.add(patient) for patient in patients}
    (slot,) = slots
    beating.stop()
    beating._tick()
    beating.stop()
    assert [patient.beats for patient in patients] == [1] * 5


async def test_time_makes_it_beat() -> None:
    beating = Heartbeat(0.01, slots=2)
    patient = Patient()
    beating.add(patient)
    await asyncio.wait_for(patient.beaten.wait(), 30)
    beating.stop()


@pytest.mark.parametrize(
    ("probes", "unacknowledged", "silent_s", "gone"),
    [
        (0, 0, 1.0, False),
        (0, 0, 10 * UNACKNOWLEDGED_MAX_S, False),
        (0, 3, 1.0, False),
        (0, 3, UNACKNOWLEDGED_MAX_S + 1, True),
        (1, 0, 2 * UNACKNOWLEDGED_MAX_S, False),
        (2, 0, 2 * UNACKNOWLEDGED_MAX_S, True),
        (5, 0, 1.0, False),
    ],
    ids=[
        "idle",
        "nothing asked for a long time",
        "just sent",
        "sent long ago",
        "does not read, but answers probes",
        "does not answer probes",
        "answered lately",
    ],
)
def test_a_peer_is_gone_when_it_should_have_acknowledged_and_did_not(
    probes: int, unacknowledged: int, silent_s: float, gone: bool
) -> None:
    sock = tcp_info(probes=probes, unacknowledged=unacknowledged, silent_s=silent_s)
    assert is_gone(sock) is gone  # type: ignore[arg-type]


def test_a_socket_that_is_closed_is_gone() -> None:
    sock = FakeSocket()
    sock.info = OSError("bad file descriptor")
    assert is_gone(sock)  # type: ignore[arg-type]


def test_where_the_system_does_not_tell_nobody_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_gone(FakeSocket(b"short"))  # type: ignore[arg-type]
    monkeypatch.setattr(heartbeat, "_TCP_INFO", None)
    gone = tcp_info(probes=9, unacknowledged=9, silent_s=1000)
    assert not is_gone(gone)  # type: ignore[arg-type]
