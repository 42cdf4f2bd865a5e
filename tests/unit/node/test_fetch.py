"""One receiver that is brought to the head; with a router around it in test_stream.py."""

from doubles.router_sides import RecordedUpstream, frame_of
from logstream.model.filter import NO_FILTER
from logstream.model.source import Source
from logstream.node.base import HistoryWanted, PageEnd, Upstream
from logstream.node.fetch import Answer, Fetch, PageSink
from logstream.node.ring import RingBudget

PHP = Source("srv-6", "php-error")


class Stream:
    """What a fetch needs of its stream; its head is at A:100."""

    source = PHP
    filter = NO_FILTER
    name = ""
    within = 1000

    def __init__(self) -> None:
        self.ring = RingBudget().open_ring()
        self.ring.begin("A:100")
        self.is_there = True
        self.asked: list[tuple[HistoryWanted, PageSink]] = []
        self.told: list[tuple[str, str]] = []
        self.answers: list[str] = []
        self.anna = RecordedUpstream(extended=True)
        answer = Answer(
            lambda: self.answers.append("success"), lambda code, _: self.answers.append(str(code))
        )
        self.fetch = Fetch(self, self.anna, "A:0", answer, None)

    def ask_history(self, wish: HistoryWanted, sink: PageSink) -> bool:
        if self.is_there:
            self.asked.append((wish, sink))
        return self.is_there

    def fetched(self, upstream: Upstream, cursor: str) -> None:
        self.told.append(("fetched", cursor))

    def fetch_ahead(self, upstream: Upstream, cursor: str) -> None:
        self.told.append(("ahead", cursor))

    def fetch_failed(self, upstream: Upstream, cursor: str) -> None:
        self.told.append(("failed", cursor))


def ended(last: str, *, more: bool = False) -> PageEnd:
    return PageEnd("A:0", last, more, 0, None)


def test_a_receiver_is_brought_to_the_head_of_when_it_was_asked() -> None:
    stream = Stream()
    stream.fetch.go_on()
    _, page = stream.asked[0]
    page.page_frame(frame_of(PHP, *range(10)))
    assert stream.answers == ["success"]
    page.page_ended(ended("A:100"))
    assert stream.told == [("fetched", "A:100")]


def test_an_end_without_lines_is_told_as_progress() -> None:
    """S7: the chain has no hole."""
    stream = Stream()
    stream.fetch.go_on()
    stream.asked[0][1].page_ended(ended("A:100"))
    (frame,) = stream.anna.frames
    assert (frame.n, frame.after, frame.next) == (0, "A:0", "A:100")


def test_nothing_is_asked_while_nobody_is_there_or_the_receiver_is_slow() -> None:
    stream = Stream()
    stream.is_there = False
    stream.fetch.go_on()
    stream.is_there = True
    stream.anna.room = 0
    stream.fetch.go_on()
    assert stream.asked == []
    stream.anna.room = None
    stream.fetch.go_on()
    stream.fetch.go_on()
    assert len(stream.asked) == 1, "one page at a time"


def test_what_came_goes_out_before_a_failure_is_told() -> None:
    stream = Stream()
    stream.fetch.go_on()
    _, page = stream.asked[0]
    stream.anna.room = 0
    page.page_frame(frame_of(PHP, "a"))
    page.page_refused(500, "a mistake")
    assert stream.told == []
    stream.anna.room = None
    stream.fetch.go_on()
    assert len(stream.anna.frames) == 1
    assert stream.told == [("failed", "A:10")]


def test_a_refusal_before_anything_came_is_the_answer() -> None:
    stream = Stream()
    stream.fetch.go_on()
    stream.asked[0][1].page_refused(400, "another source's cursor")
    assert stream.answers == ["400"]
    assert stream.told == []


def test_a_page_of_a_fetch_that_was_cancelled_reaches_nobody() -> None:
    stream = Stream()
    stream.fetch.go_on()
    _, page = stream.asked[0]
    stream.fetch.cancel()
    page.page_frame(frame_of(PHP, "a"))
    page.page_ended(ended("A:100"))
    page.page_refused(400, "x")
    assert stream.anna.frames == []
    assert (stream.answers, stream.told) == ([], [])
