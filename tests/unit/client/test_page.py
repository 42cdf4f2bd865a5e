import pytest

from logstream.client.page import PageReader, Question
from logstream.client.status import Gap
from logstream.errors import BadMessage
from logstream.model.source import Source
from logstream.protocol import messages
from logstream.protocol.frame import Packed, encode_body
from logstream.protocol.messages import LinesBody, LinesHeader, Success

PHP = Source("srv-1", "php-error")
END = Success(id=1, first="g:0", last="g:30", more=True)


def frame(after: str, then: str, *texts: str) -> tuple[LinesHeader, Packed]:
    body = LinesBody(at=[0] * len(texts), unix_time=[None] * len(texts), text=list(texts))
    header = LinesHeader(
        server="srv-1", type="php-error", n=len(texts), after=after, next=then, id=1, gen=0
    )
    return header, Packed(encode_body(body), compressed=False)


def progress(after: str, then: str) -> LinesHeader:
    return LinesHeader(server="srv-1", type="php-error", n=0, after=after, next=then, id=1)


def test_frames_become_a_page() -> None:
    reader = PageReader(Question(PHP))
    reader.receive_lines(*frame("g:0", "g:10", "a"))
    reader.receive_lines(progress("g:10", "g:20"), None)
    gap = messages.Gap(server="", type="", id=1, after="g:20", next="g:25", reason="lost", why="x")
    reader.receive_gap(gap)
    reader.receive_lines(*frame("g:25", "g:30", "b"))
    page = reader.finish(END)
    assert [list(lines.text) for lines in page.lines] == [["a"], ["b"]]
    assert page.gaps == [Gap(PHP, "g:20", "g:25", "x", None)]
    assert (page.first, page.last, page.more) == ("g:0", "g:30", True)


def test_a_page_that_leaves_lines_out_is_refused() -> None:
    reader = PageReader(Question(PHP))
    reader.receive_lines(*frame("g:0", "g:10", "a"))
    with pytest.raises(BadMessage, match="leaves lines out"):
        reader.receive_lines(*frame("g:15", "g:20", "b"))


def test_more_than_was_asked_for_is_refused() -> None:
    reader = PageReader(Question(PHP, limit=2))
    with pytest.raises(BadMessage, match="more than was asked"):
        reader.receive_lines(*frame("g:0", "g:10", "a", "b", "c"))


def test_more_text_than_a_page_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logstream.client.page.HISTORY_PAGE_FRAMES_MAX_BYTES", 5)
    reader = PageReader(Question(PHP))
    with pytest.raises(BadMessage, match="more than was asked"):
        reader.receive_lines(*frame("g:0", "g:10", "abcdef"))


@pytest.mark.parametrize("end", [Success(id=1, first="g:0"), Success(id=1, last="g:0")])
def test_a_page_must_say_where_it_begins_and_ends(end: Success) -> None:
    with pytest.raises(BadMessage):
        PageReader(Question(PHP)).finish(end)


def test_a_question_becomes_a_message() -> None:
    message = Question(PHP, after="g:1", since=2.0, limit=5, back=True).message(7)
    assert (message.id, message.type, message.server) == (7, "php-error", "srv-1")
    assert (message.after, message.since, message.limit, message.back) == ("g:1", 2.0, 5, True)
