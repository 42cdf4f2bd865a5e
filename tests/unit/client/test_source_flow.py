import pytest

from logstream.client.source_flow import SourceFlow
from logstream.client.status import Gap
from logstream.errors import BadMessage
from logstream.model.filter import NO_FILTER, make_filter
from logstream.model.limits import CHAIN_BREAKS_MAX
from logstream.model.source import Source
from logstream.protocol import messages
from logstream.protocol.messages import Enable, LinesHeader, Success

PHP = Source("srv-1", "php-error")


class Asked:
    """Keeps what was asked; the id is how many that were."""

    def __init__(self) -> None:
        self.enables: list[Enable] = []
        self.flow = SourceFlow(PHP, self.ask)

    def ask(self, _flow: SourceFlow, enable: Enable) -> int:
        self.enables.append(enable)
        return len(self.enables)

    def flowing(self, after: str = "g:10") -> SourceFlow:
        self.flow.enable(NO_FILTER, None)
        assert self.flow.succeeded(answer(after)) is None
        return self.flow


def answer(after: str | None, stream: str = "") -> Success:
    return Success(id=1, after=after, stream=stream)


def lines(after: str, then: str, stream: str = "") -> LinesHeader:
    return LinesHeader(server="", type="", n=1, after=after, next=then, stream=stream, gen=0)


def gap(after: str, then: str, reason: str) -> messages.Gap:
    return messages.Gap(
        server="", type="", stream="", after=after, next=then, reason=reason, why="removed"
    )


def test_frames_that_follow_each_other_are_taken() -> None:
    flow = Asked().flowing()
    assert flow.takes(lines("g:10", "g:20"))
    assert flow.takes(lines("g:20", "g:30"))
    assert flow.next == "g:30"


def test_a_check_makes_no_other_place() -> None:
    assert Asked().flowing("g:10~abc").takes(lines("g:10", "g:20"))


def test_nothing_is_taken_before_the_answer() -> None:
    asked = Asked()
    asked.flow.enable(NO_FILTER, "g:10")
    assert not asked.flow.takes(lines("g:10", "g:20"))


def test_a_frame_of_another_stream_is_not_taken() -> None:
    assert not Asked().flowing().takes(lines("g:10", "g:20", stream="f1"))


def test_a_break_is_asked_for_again_and_what_comes_meanwhile_dropped() -> None:
    asked = Asked()
    flow = asked.flowing()
    assert not flow.takes(lines("g:15", "g:20"))
    again = asked.enables[1]
    assert (again.after, again.replace) == ("g:10", "")
    assert not flow.takes(lines("g:20", "g:30"))
    flow.succeeded(answer("g:10"))
    assert flow.takes(lines("g:10", "g:30"))


def test_a_chain_that_never_holds_is_given_up() -> None:
    flow = Asked().flowing()
    for _ in range(CHAIN_BREAKS_MAX):
        assert not flow.takes(lines("g:15", "g:20"))
        flow.succeeded(answer("g:10"))
    with pytest.raises(BadMessage):
        flow.takes(lines("g:15", "g:20"))


def test_what_was_too_fast_is_asked_for_again() -> None:
    asked = Asked()
    flow = asked.flowing()
    assert flow.receive_gap(gap("g:10", "g:90", "slow")) is None
    assert (asked.enables[1].after, asked.enables[1].replace) == ("g:10", "")


def test_what_is_lost_is_passed_over() -> None:
    flow = Asked().flowing()
    lost = flow.receive_gap(gap("g:10", "g:90", "lost"))
    assert lost == Gap(PHP, "g:10", "g:90", "removed", None)
    assert flow.takes(lines("g:90", "g:95"))


def test_an_answer_that_begins_elsewhere_leaves_a_gap() -> None:
    asked = Asked()
    asked.flow.enable(NO_FILTER, "g:10")
    assert asked.flow.succeeded(answer("g:50")) == Gap(PHP, "g:10", "g:50", "skipped", None)


@pytest.mark.parametrize("bad", [answer(None), Success(id=1, after="g:1")], ids=["after", "stream"])
def test_an_answer_must_say_where_it_begins(bad: Success) -> None:
    asked = Asked()
    asked.flow.enable(NO_FILTER, None)
    with pytest.raises(BadMessage):
        asked.flow.succeeded(bad)


def test_the_filter_is_asked_for() -> None:
    asked = Asked()
    asked.flow.enable(make_filter({"text": ["a"]}, {"text": ["b"]}), None)
    assert (asked.enables[0].show, asked.enables[0].hide) == ({"text": ["a"]}, {"text": ["b"]})


def test_a_refusal_gives_back_what_was_asked() -> None:
    asked = Asked()
    asked.flow.enable(NO_FILTER, "g:10")
    assert asked.flow.awaits(1)
    assert asked.flow.refused() == "g:10"
    assert not asked.flow.awaits(1)
