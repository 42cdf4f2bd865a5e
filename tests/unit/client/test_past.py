"""`client/past.py`, over pages that a list gives."""

import pytest

from logstream.client.line_columns import LineColumns
from logstream.client.page import Page, Question
from logstream.client.past import SourcePast, page_lines, read_forward, read_last
from logstream.client.status import Gap
from logstream.errors import BadMessage
from logstream.model.limits import HISTORY_HELD_LINES, HISTORY_LIMIT_MAX
from logstream.model.source import Source

PHP = Source("srv-1", "php-error")
WEB = Source("srv-2", "apache-request")


class Files:
    """Times of lines by source; a cursor is a number of lines."""

    def __init__(self, **times: list[float]) -> None:
        self.times = {PHP: times["php"], WEB: times.get("web", [])}
        self.asked: list[Question] = []
        self.lost: list[Gap] = []

    async def ask(self, question: Question) -> Page | None:
        self.asked.append(question)
        times = self.times[question.source]
        after, before = int(question.after or 0), int(question.before or len(times))
        first, last = after, before
        if question.back:
            first = max(after, before - question.limit)
        else:
            last = min(before, after + question.limit)
        more = last - first < before - after
        found = times[first:last]
        columns = LineColumns(
            question.source, text=[f"{time:g}" for time in found], unix_time=found
        )
        return Page([columns] if found else [], [], f"{first}", f"{last}", more)

    def past(self, source: Source, *, back: bool = False, limit: int = 2) -> SourcePast:
        return SourcePast(Question(source, back=back), self.ask, limit=limit)


async def forward(*pasts: SourcePast) -> list[str]:
    return [text async for run in read_forward(pasts, lambda _: None) for text in run.text]


async def test_forward_merges_page_after_page() -> None:
    files = Files(php=[1, 4, 5, 9], web=[2, 3, 6])
    pasts = files.past(PHP), files.past(WEB)
    assert await forward(*pasts) == ["1", "2", "3", "4", "5", "6", "9"]
    assert [past.end for past in pasts] == ["4", "3"]


async def test_the_last_lines_need_only_the_last_pages() -> None:
    files = Files(php=[1, 4, 5, 9], web=[2, 3, 6])
    pasts = files.past(PHP, back=True), files.past(WEB, back=True)
    taken = await read_last(pasts, 3, files.lost.append)
    assert [text for run in taken for text in run.text] == ["5", "6", "9"]
    assert [past.end for past in pasts] == ["4", "3"]
    assert len(files.asked) == 2


async def test_fewer_lines_than_wanted_are_all() -> None:
    files = Files(php=[1, 4], web=[2])
    taken = await read_last((files.past(PHP, back=True), files.past(WEB, back=True)), 9, print)
    assert [text for run in taken for text in run.text] == ["1", "2", "4"]


async def test_a_source_without_history_ends_nowhere() -> None:
    async def refuse(_: Question) -> None:
        return None

    past = SourcePast(Question(PHP), refuse, limit=5)
    assert await forward(past) == []
    assert past.end is None


async def test_pages_that_do_not_move_on_are_refused() -> None:
    async def stuck(_: Question) -> Page:
        return Page([], [], "g:1", "g:1", more=True)

    with pytest.raises(BadMessage, match="move on"):
        await forward(SourcePast(Question(PHP), stuck, limit=5))


async def test_what_is_lost_is_told() -> None:
    gap = Gap(PHP, "g:1", "g:2", "removed", None)

    async def lost(_: Question) -> Page:
        return Page([], [gap], "g:1", "g:2", more=False)

    told: list[Gap] = []
    past = SourcePast(Question(PHP), lost, limit=5)
    assert [run async for run in read_forward((past,), told.append)] == []
    assert told == [gap]


def test_many_sources_have_smaller_pages() -> None:
    assert page_lines(1) == HISTORY_LIMIT_MAX
    assert page_lines(100) * 100 <= HISTORY_HELD_LINES
    assert page_lines(1_000_000) > 0
    assert page_lines(0) == HISTORY_LIMIT_MAX
