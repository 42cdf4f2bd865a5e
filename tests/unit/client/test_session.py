from typing import Any

import msgspec
import pytest

from doubles.memory_hub import HUB, HubSide, MemoryHub, line
from logstream.client import session, status
from logstream.client.cloud_api_types import ConnectionDetails
from logstream.client.session import Session, Wanted
from logstream.client.status import Status
from logstream.errors import (
    AuthenticationError,
    ConnectionFailed,
    LogstreamError,
    StreamRefused,
    TicketExpired,
)
from logstream.model.source import Source
from logstream.protocol.messages import Line
from logstream.transport.base import Refusal

SIGNATURE = "d8b940bb.key-1"
DETAILS = ConnectionDetails(
    url="wss://hub.test/x", site="devcloud:shop", env="dev", t=1516990002, hmac=SIGNATURE
)
REQUESTS = Source("srv-6", "apache-request")
PHP = Source("srv-6", "php-error")
VARNISH = Source("bal-4", "varnish-request")
ALL = Wanted()


class Client:
    """A session and all that it passes on."""

    def __init__(
        self,
        *sources: Source,
        wanted: Wanted = ALL,
        details: ConnectionDetails = DETAILS,
        trace: bool = False,
    ) -> None:
        self.lines: list[list[Line]] = []
        self.news: list[Status] = []
        self.ends: list[LogstreamError] = []
        self.traced: list[tuple[str, bytes]] = []
        self.session = Session(
            details,
            line=Line,
            wanted=wanted,
            take=self.lines.append,
            notify=self.news.append,
            ended=self.ends.append,
            trace=(lambda *seen: self.traced.append(seen)) if trace else None,
        )
        self.hub = MemoryHub(*sources)
        self.side = HubSide(self.hub, self.session)
        self.session.opened(self.side)

    def hears(self, **message: Any) -> None:
        self.side.say(msgspec.json.encode(message))
        self.side.deliver()

    def settle(self) -> None:
        for _ in range(3):
            self.side.deliver()

    def texts(self) -> list[list[str]]:
        return [[each.text for each in lines] for lines in self.lines]


def test_the_ticket_is_shown_at_once_as_the_cloud_api_gave_it() -> None:
    assert Client().side.heard == [
        {
            "cmd": "stream-environment",
            "site": "devcloud:shop",
            "env": "dev",
            "t": 1516990002,
            "d": SIGNATURE,
        }
    ]


def test_all_that_is_offered_and_wanted_is_enabled() -> None:
    client = Client(REQUESTS, PHP, VARNISH, wanted=Wanted({"apache-request", "varnish-request"}))
    client.settle()
    assert client.side.enabled() == [REQUESTS, VARNISH]
    assert status.SourceFound(PHP, wanted=False) in client.news
    assert status.SourceFlows(VARNISH) in client.news


def test_without_a_wish_all_is_enabled() -> None:
    client = Client(REQUESTS, PHP)
    client.settle()
    assert client.side.enabled() == [REQUESTS, PHP]


def test_a_source_that_is_offered_later_is_enabled_too() -> None:
    client = Client(REQUESTS, wanted=Wanted({"apache-request"}))
    client.settle()
    late = Source("srv-7", "apache-request")
    client.side.offer([late])
    client.settle()
    assert client.side.enabled() == [REQUESTS, late]
    assert status.ServerJoined("srv-7") in client.news


def test_a_hub_that_offers_without_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "SOURCES_REMEMBERED_MAX", 3)
    client = Client(*(Source("srv-6", f"type-{number}") for number in range(5)))
    client.settle()
    assert not client.side.open
    assert "offers more than 3 sources" in str(client.ends[0])


def test_only_servers_that_are_wanted_are_asked() -> None:
    client = Client(REQUESTS, VARNISH, wanted=Wanted(None, lambda server: server == "bal-4"))
    client.settle()
    assert client.side.enabled() == [VARNISH]


def test_lines_of_one_read_are_passed_on_together() -> None:
    client = Client(REQUESTS)
    client.settle()
    client.side.say(line(REQUESTS, "one"), line(REQUESTS, "two"))
    client.side.deliver()
    client.side.say(line(REQUESTS, "three"))
    client.side.deliver()
    assert client.texts() == [["one", "two"], ["three"]]


def test_lines_between_other_messages_are_passed_on_in_order() -> None:
    client = Client(REQUESTS)
    client.settle()
    client.side.say(
        line(REQUESTS, "one"),
        b'{"cmd":"connected","server":"srv-9"}',
        b"not json",
        b'{"cmd":"from the future"}',
        b'{"cmd":"available","server":5}',
        line(REQUESTS, "two", http_status="404"),
        line(REQUESTS, "three"),
    )
    client.side.deliver()
    assert client.texts() == [["one", "two", "three"]]
    assert client.lines[0][1].http_status == 404
    assert status.ServerJoined("srv-9") in client.news


def test_an_error_is_told_and_does_not_end_the_stream() -> None:
    client = Client(REQUESTS)
    client.settle()
    client.hears(cmd="error", code=500, description="disk\x1b[2J full\n", server="srv-6")
    client.side.say(line(REQUESTS, "still here"))
    client.side.deliver()
    assert client.news[-1] == status.HubError(500, "disk\\x1b[2J full", "srv-6")
    assert client.texts() == [["still here"]]
    assert client.ends == []


def test_a_403_of_a_running_session_does_not_end_it() -> None:
    client = Client(REQUESTS)
    client.settle()
    client.hears(cmd="error", code=403, description="not yours", during='{"cmd":"enable"}')
    assert client.ends == []


def test_an_error_before_anything_else_is_about_the_ticket() -> None:
    client = Client()
    client.hears(cmd="error", code=403, description="no", during="cut")
    assert isinstance(client.ends[0], AuthenticationError)


@pytest.mark.parametrize(
    ("code", "kind"), [(401, TicketExpired), (403, AuthenticationError), (400, StreamRefused)]
)
def test_a_refused_ticket_ends_the_session(code: int, kind: type[LogstreamError]) -> None:
    client = Client()
    during = '{"cmd":"stream-environment"}'
    client.hears(cmd="error", code=code, description="no\x1b", during=during)
    client.hears(cmd="error", code=500, description="more", during=during)
    assert [type(end) for end in client.ends] == [kind]
    assert f"{code} no\\x1b" in str(client.ends[0])
    assert client.side.closed_with == 1000


def test_a_hub_that_has_shown_only_itself_has_not_let_us_in() -> None:
    client = Client()
    client.settle()
    assert client.news == [status.ServerJoined(HUB)]
    assert not client.session.accepted
    client.hears(cmd="connected", server="srv-6")
    assert client.session.accepted


def test_an_answer_that_nobody_waits_for_is_no_news() -> None:
    client = Client()
    client.settle()
    client.hears(cmd="success", server=HUB, msg={"cmd": "keepalive"})
    client.hears(cmd="enabled", server=HUB, enabled=["php-error"])
    assert client.session.accepted
    assert client.news == [status.ServerJoined(HUB)]


@pytest.mark.parametrize(
    ("code", "reason", "said"),
    [
        (1006, "", "the connection broke"),
        (1001, "", "the hub closed it (1001)"),
        (4000, "life\nover", "the hub closed it (4000: life over)"),
    ],
)
def test_the_end_says_why(code: int, reason: str, said: str) -> None:
    client = Client()
    client.side.lose(code, reason)
    (end,) = client.ends
    assert isinstance(end, ConnectionFailed)
    assert str(end) == said


def test_an_unusable_frame_ends_the_session() -> None:
    client = Client()
    client.session.refused(Refusal.TOO_BIG, b"")
    assert [str(end) for end in client.ends] == ["the hub sent a message that is too big"]


def test_a_trace_has_every_message_and_never_the_signature() -> None:
    client = Client(PHP, trace=True)
    client.settle()
    client.hears(cmd="error", code=500, during=f'{{"d":"{SIGNATURE}"}}')
    assert [direction for direction, _ in client.traced] == ["->", *("<-",) * 3, "->", *("<-",) * 2]
    everything = b"".join(message for _, message in client.traced)
    assert b'"d":"***"' in everything
    assert SIGNATURE.encode() not in everything


def test_without_a_signature_there_is_nothing_to_mask() -> None:
    details = msgspec.structs.replace(DETAILS, hmac="")
    client = Client(details=details, trace=True)
    client.settle()
    assert b"***" not in b"".join(message for _, message in client.traced)


def test_pausing_reaches_the_connection_while_there_is_one() -> None:
    client = Client()
    client.session.pause_reading()
    assert client.side.is_paused()
    client.session.resume_reading()
    assert not client.side.is_paused()
    client.session.drained()
    client.session.abort()
    client.session.pause_reading()
    client.session.resume_reading()
    client.session.close()
    assert not client.side.is_paused()


def test_an_aborted_session_tells_what_it_was_aborted_with() -> None:
    client = Client()
    client.session.abort(ConnectionFailed("enough"))
    assert [str(end) for end in client.ends] == ["enough"]
