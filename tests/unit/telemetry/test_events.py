import logging
from collections.abc import Callable

import pytest

from logstream.model.source import Environment, Source
from logstream.telemetry.events import NodeEvents

ENVIRONMENT = Environment("devcloud:mysite", "dev")
SOURCE = Source("srv-6", "php-error")
PEER = "192.0.2.1:50000"

Tell = Callable[[NodeEvents], None]


@pytest.mark.parametrize(
    ("tell", "counter", "level", "text"),
    [
        (
            lambda events: events.connection_refused(PEER, 403, "the signature does not match"),
            "connections_refused",
            "WARNING",
            "refused 192.0.2.1:50000: the signature does not match (403)",
        ),
        (
            lambda events: events.session_opened(ENVIRONMENT, "key-1", PEER),
            "sessions_opened",
            "INFO",
            "key-1 watches devcloud:mysite dev from 192.0.2.1:50000",
        ),
        (
            lambda events: events.session_closed(ENVIRONMENT, "key-1", PEER, 1000),
            "sessions_closed",
            "INFO",
            "key-1 left devcloud:mysite dev, 192.0.2.1:50000, close code 1000",
        ),
        (
            lambda events: events.link_opened(ENVIRONMENT, "srv-6", PEER),
            "links_opened",
            "INFO",
            "srv-6 offers devcloud:mysite dev from 192.0.2.1:50000",
        ),
        (
            lambda events: events.link_closed(ENVIRONMENT, "srv-6", 1001, "bye"),
            "links_closed",
            "INFO",
            "srv-6 left devcloud:mysite dev, close code 1001 bye",
        ),
        (
            lambda events: events.link_broke_protocol(ENVIRONMENT, "srv-6", "it named srv-7"),
            "links_broke_protocol",
            "ERROR",
            "closed the link of srv-6 for devcloud:mysite dev: it named srv-7",
        ),
        (
            lambda events: events.link_replaced(ENVIRONMENT, "srv-6", PEER),
            "links_replaced",
            "WARNING",
            (
                "srv-6 of devcloud:mysite dev came again from 192.0.2.1:50000:"
                " two processes with one server name?"
            ),
        ),
        (
            lambda events: events.lines_missed(SOURCE, 7, PEER),
            "lines_missed",
            "WARNING",
            "192.0.2.1:50000 was too slow for php-error of srv-6: missed 7",
        ),
        (
            lambda events: events.uplink_opened(ENVIRONMENT, "logstream-hub-1"),
            "uplinks_opened",
            "INFO",
            "offering devcloud:mysite dev to logstream-hub-1",
        ),
        (
            lambda events: events.uplink_replaced(ENVIRONMENT, "ws://hub", 60.0),
            "uplinks_replaced",
            "ERROR",
            (
                "another process offers this server for devcloud:mysite dev to ws://hub:"
                " is a second logtailor running with the same key? Trying again in 60 s"
            ),
        ),
        (
            lambda events: events.uplink_lost(ENVIRONMENT, "ws://hub", "refused", 1.25),
            "uplinks_lost",
            "WARNING",
            "no link to ws://hub for devcloud:mysite dev: refused. Trying again in 1.2 s",
        ),
        (
            lambda events: events.offers_unavailable("no answer", 3.0),
            "offers_unavailable",
            "WARNING",
            "no connection details: no answer. Trying again in 3.0 s",
        ),
        (
            lambda events: events.source_problem("/var/log/a", "permission denied"),
            "source_problems",
            "WARNING",
            "cannot read /var/log/a: permission denied; it is tried again",
        ),
        (
            lambda events: events.mistake("looking after a connection", ValueError("x")),
            "mistakes",
            "ERROR",
            "a mistake of ours while looking after a connection",
        ),
    ],
)
def test_each_event_is_counted_and_logged_in_one_line(
    caplog: pytest.LogCaptureFixture, tell: Tell, counter: str, level: str, text: str
) -> None:
    events = NodeEvents()
    with caplog.at_level(logging.DEBUG, "logstream"):
        tell(events)
    assert set(events.counters) == {counter}
    assert [(record.levelname, record.message) for record in caplog.records] == [(level, text)]


def test_events_without_a_number_of_their_own_count_one() -> None:
    events = NodeEvents()
    events.session_opened(ENVIRONMENT, "key-1", PEER)
    events.session_opened(ENVIRONMENT, "key-2", PEER)
    assert events.counters["sessions_opened"] == 2


def test_lines_are_counted_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    events = NodeEvents()
    events.lines_delivered(3)
    events.lines_delivered(4)
    events.lines_missed(SOURCE, 5, PEER)
    assert (events.counters["lines_delivered"], events.counters["lines_missed"]) == (7, 5)
    assert len(caplog.records) == 1


def test_a_path_that_can_be_read_again_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "logstream"):
        NodeEvents().source_recovered("/var/log/a")
    assert [record.message for record in caplog.records] == ["/var/log/a can be read again"]
