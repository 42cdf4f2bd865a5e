import io

from logstream.cli.tail_news import News
from logstream.client import status
from logstream.model.source import Source

PHP = Source("srv-6", "php-error")


def told(*news: status.Status, types: frozenset[str] | None = None, late: bool = False) -> str:
    err = io.StringIO()
    teller = News(err, types)
    for each in news:
        teller.tell(each)
    if late:
        teller.tell_if_nothing_flows()
    return err.getvalue()


def test_a_lost_connection_and_its_return_are_told() -> None:
    assert told(
        status.Connected("wss://h", again=False),
        status.Reconnecting("the connection broke", 1, 1.26, worked=True),
        status.Reconnecting("connection refused", 2, 4.0, worked=True),
        status.Connected("wss://h", again=True),
    ) == (
        "logstream: the connection broke: connecting again in 1.3 s (attempt 1); "
        "lines written meanwhile are missed\n"
        "logstream: connection refused: connecting again in 4.0 s (attempt 2)\n"
        "logstream: connected again\n"
    )


def test_a_first_connection_that_fails_has_missed_nothing() -> None:
    news = status.Reconnecting("connection refused", 1, 2.0, worked=False)
    assert told(news) == "logstream: connection refused: trying again in 2.0 s (attempt 1)\n"


def test_an_error_of_the_hub_is_told_and_cannot_act_on_the_terminal() -> None:
    assert told(status.HubError(500, "full\x1b[2J", "srv-6"), status.HubError(404, "no", "")) == (
        "logstream: srv-6 reports 500: full\\x1b[2J\nlogstream: the hub reports 404: no\n"
    )


def test_what_nobody_needs_to_know_is_not_told() -> None:
    assert told(status.ServerJoined("srv-6"), status.SourceFlows(PHP)) == ""


def test_it_is_told_when_nothing_that_was_asked_for_is_offered() -> None:
    offered = status.SourceFound(PHP, wanted=False)
    assert told(offered, types=frozenset(("b", "a")), late=True) == (
        "logstream: no server offers a or b; on offer: php-error. Waiting.\n"
    )
    assert "any type; on offer: nothing yet" in told(late=True)
    assert told(status.SourceFound(PHP, wanted=True), late=True) == ""


def test_a_trace_shows_both_directions() -> None:
    err = io.StringIO()
    news = News(err, None)
    news.trace("->", b'{"cmd":"x"}')
    news.trace("<-", b"\xff\x1b")
    assert err.getvalue() == '-> {"cmd":"x"}\n<- �\\x1b\n'


def test_a_closed_standard_error_loses_no_lines() -> None:
    err = io.StringIO()
    news = News(err, None)
    err.close()
    news.say("nobody hears this")
