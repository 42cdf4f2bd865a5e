import pytest

from doubles.connections import RecordedConnection
from doubles.receivers import NotingReceiver
from logstream.client.cloud_api_types import ConnectionDetails
from logstream.client.either_session import SessionOfEither
from logstream.errors import LogstreamError
from logstream.protocol.frame import ZSTD
from logstream.transport.base import Refusal

DETAILS = ConnectionDetails(url="wss://hub.example/", site="s", env="e", t=1, hmac="x")


class NotingSession(NotingReceiver):
    """A session that notes what it is told and asked."""

    def __init__(self) -> None:
        super().__init__()
        self.accepted = False
        self.is_open = True

    def pause_reading(self) -> None:
        self._note("pause")

    def resume_reading(self) -> None:
        self._note("resume")

    def close(self) -> None:
        self._note("close")

    def abort(self, failure: LogstreamError | None = None) -> None:
        self._note("abort", failure)


class Chooser:
    """Makes one session, and notes of which subprotocol."""

    def __init__(self) -> None:
        self.chosen: list[str | None] = []
        self.session = NotingSession()

    def __call__(self, subprotocol: str | None) -> NotingSession:
        self.chosen.append(subprotocol)
        return self.session


@pytest.mark.parametrize("subprotocol", [None, ZSTD])
async def test_it_becomes_the_session_of_the_chosen_protocol(subprotocol: str | None) -> None:
    chooser = Chooser()
    session = SessionOfEither(DETAILS, chooser)
    session.opened(RecordedConnection(subprotocol=subprotocol))
    session.received(b"a")
    session.received_binary(b"b")
    session.received_all()
    session.refused(Refusal.TOO_BIG, b"")
    session.drained()
    session.pause_reading()
    session.resume_reading()
    session.close()
    session.abort()
    session.closed(1000, "")
    assert chooser.chosen == [subprotocol]
    assert chooser.session.names == [
        "opened",
        "received",
        "received_binary",
        "received_all",
        "refused",
        "drained",
        "pause",
        "resume",
        "close",
        "abort",
        "closed",
    ]
    assert session.over.done()


async def test_before_it_is_open_nothing_happens() -> None:
    session = SessionOfEither(DETAILS, Chooser())
    session.received(b"x")
    session.received_all()
    session.pause_reading()
    session.resume_reading()
    session.accept()
    session.close()
    session.abort()
    assert not session.is_open
    assert not session.accepted
    session.closed(1006, "")
    assert session.over.done()


async def test_it_can_be_taken_for_accepted() -> None:
    session = SessionOfEither(DETAILS, Chooser())
    session.opened(RecordedConnection())
    session.accept()
    assert session.accepted
    assert session.is_open
