import pytest

from logstream.client.start import Start
from logstream.errors import UsageError
from logstream.model.limits import HISTORY_LINES_MAX
from logstream.model.source import Source

AFTER = {Source("s", "t"): ""}


def test_from_now_on_needs_nothing() -> None:
    assert Start().is_plain
    assert not Start().wants_past


@pytest.mark.parametrize(
    "start", [Start(lines=5), Start(since=1.0), Start(until=1.0), Start(follow=False)], ids=repr
)
def test_all_else_reads_what_was_written(start: Start) -> None:
    assert start.wants_past
    assert not start.is_plain


def test_a_cursor_goes_on_live_at_once() -> None:
    start = Start(after=AFTER)
    assert not start.wants_past
    assert not start.is_plain


@pytest.mark.parametrize(("start", "goes_on"), [(Start(lines=1), True), (Start(until=5.0), False)])
def test_an_end_is_the_end(start: Start, *, goes_on: bool) -> None:
    assert start.goes_on is goes_on


@pytest.mark.parametrize(
    "start",
    [
        Start(lines=-1),
        Start(lines=HISTORY_LINES_MAX + 1),
        Start(lines=5, after=AFTER),
        Start(since=5.0, after=AFTER),
        Start(since=5.0, until=5.0),
    ],
    ids=range(5),
)
def test_what_makes_no_sense_is_refused(start: Start) -> None:
    with pytest.raises(UsageError):
        start.check()


def test_what_makes_sense_is_not() -> None:
    for start in (Start(), Start(lines=0), Start(since=1.0, until=2.0), Start(after=AFTER)):
        start.check()
