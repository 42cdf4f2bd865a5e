import asyncio

import pytest

from logstream.client.page import Question
from logstream.client.pages import Pages
from logstream.errors import ConnectionFailed, StreamRefused
from logstream.model.limits import HISTORIES_MAX
from logstream.model.source import Source
from logstream.protocol import messages
from logstream.protocol.messages import History, LinesHeader, Success

QUESTION = Question(Source("srv-1", "php-error"))
WAIT_S = 30.0


class Asked:
    """Pages, and what was asked."""

    def __init__(self) -> None:
        self.questions: list[History] = []
        self.paused = False
        self.pages = Pages(
            next_id=lambda: len(self.questions) + 1,
            say=self.questions.append,
            waits=lambda: self.paused,
        )

    async def ask(self) -> "asyncio.Task[object]":
        task = asyncio.get_running_loop().create_task(self.pages.ask(QUESTION))
        await asyncio.sleep(0)
        return task


def end(question_id: int) -> Success:
    return Success(id=question_id, first="", last="g:1", more=False)


async def test_an_answer_gives_the_page() -> None:
    asked = Asked()
    task = await asked.ask()
    assert asked.pages.awaits(1)
    asked.pages.succeeded(end(1))
    await asyncio.wait_for(task, WAIT_S)
    assert not asked.pages.awaits(1)


async def test_few_pages_are_asked_for_at_a_time() -> None:
    asked = Asked()
    tasks = [await asked.ask() for _ in range(HISTORIES_MAX + 1)]
    assert len(asked.questions) == HISTORIES_MAX
    asked.pages.succeeded(end(1))
    await asyncio.wait_for(tasks[0], WAIT_S)
    await asyncio.sleep(0)
    assert len(asked.questions) == HISTORIES_MAX + 1
    asked.pages.end(ConnectionFailed("gone"))
    await asyncio.wait(tasks)


async def test_a_refusal_is_raised() -> None:
    asked = Asked()
    task = await asked.ask()
    asked.pages.refused(1, StreamRefused("no", code=404))
    with pytest.raises(StreamRefused, match="no"):
        await task


async def test_the_end_of_the_connection_is_raised_now_and_later() -> None:
    asked = Asked()
    task = await asked.ask()
    asked.pages.end(ConnectionFailed("gone"))
    for waiting in (task, await asked.ask()):
        with pytest.raises(ConnectionFailed, match="gone"):
            await waiting


async def test_a_page_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logstream.client.pages.HISTORY_ANSWER_MAX_S", 0.01)
    asked = Asked()
    with pytest.raises(StreamRefused, match="no answer"):
        await asked.pages.ask(QUESTION)


async def test_nobody_gives_a_page_up_while_the_hub_was_told_to_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("logstream.client.pages.HISTORY_ANSWER_MAX_S", 0.001)
    asked = Asked()
    asked.paused = True
    task = await asked.ask()
    await asyncio.sleep(0.01)
    assert not task.done()
    asked.pages.succeeded(end(1))
    await asyncio.wait_for(task, WAIT_S)


async def test_what_nobody_awaits_says_nothing() -> None:
    pages = Asked().pages
    header = LinesHeader(server="", type="", n=0, after="", next="g:1", id=9)
    pages.receive_lines(header, None)
    pages.receive_gap(messages.Gap(server="", type="", after="", next="g:1", reason="lost", id=9))
    assert not pages.awaits(9)
    assert not pages.awaits(None)
