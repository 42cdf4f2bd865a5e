"""The pages of history that one session waits for: few at a time, each by its id. Rule: S9."""

import asyncio
from collections.abc import Callable

from logstream.client.page import Page, PageReader, Question
from logstream.errors import ConnectionFailed, LogstreamError, StreamRefused
from logstream.model.limits import HISTORIES_MAX, HISTORY_ANSWER_MAX_S
from logstream.protocol import messages
from logstream.protocol.frame import Packed
from logstream.protocol.messages import History, LinesHeader, Success


class Pages:
    """Asks for pages, and puts together what comes of each.

    Args:
        next_id: Gives an id that no other message of the session has.
        say: Sends a question.
        waits: Says whether the hub was told to wait: then no answer can come.
    """

    def __init__(
        self,
        *,
        next_id: Callable[[], int],
        say: Callable[[History], None],
        waits: Callable[[], bool],
    ) -> None:
        self._next_id = next_id
        self._say = say
        self._waits = waits
        self._pages: dict[int, tuple[PageReader, asyncio.Future[Page]]] = {}
        self._turns = asyncio.Semaphore(HISTORIES_MAX)
        self._over: LogstreamError | None = None

    async def ask(self, question: Question) -> Page:
        """Ask for a page.

        Raises:
            StreamRefused: The hub refuses it, or it does not come.
            ConnectionFailed: The connection ended.
        """
        async with self._turns:
            if self._over is not None:
                raise ConnectionFailed(str(self._over))
            question_id = self._next_id()
            answer: asyncio.Future[Page] = asyncio.get_running_loop().create_future()
            self._pages[question_id] = PageReader(question), answer
            self._say(question.message(question_id))
            try:
                while not answer.done():
                    await asyncio.wait((answer,), timeout=HISTORY_ANSWER_MAX_S)
                    if not answer.done() and not self._waits():
                        raise StreamRefused("no answer came", code=500)
                return answer.result()
            finally:
                self._pages.pop(question_id, None)
                if answer.done():
                    answer.exception()  # who was cancelled meanwhile reads it nowhere else

    def awaits(self, question_id: int | None) -> bool:
        """Say whether something with this id is awaited."""
        return question_id in self._pages

    def receive_lines(self, header: LinesHeader, body: Packed | None) -> None:
        """Take a frame; that of a page which nobody awaits any more says nothing.

        Raises:
            BadMessage: It breaks the protocol.
        """
        page = self._pages.get(header.id or 0)
        if page is not None:
            page[0].receive_lines(header, body)

    def receive_gap(self, gap: messages.Gap) -> None:
        """Take a stretch that is gone.

        Raises:
            BadMessage: It breaks the protocol.
        """
        page = self._pages.get(gap.id or 0)
        if page is not None:
            page[0].receive_gap(gap)

    def succeeded(self, answer: Success) -> None:
        """Take the end of a page.

        Raises:
            BadMessage: It breaks the protocol.
        """
        reader, future = self._pages[answer.id or 0]
        if not future.done():
            future.set_result(reader.finish(answer))

    def refused(self, question_id: int, failure: StreamRefused) -> None:
        """Take it that a page cannot be had."""
        _, future = self._pages[question_id]
        if not future.done():
            future.set_exception(failure)

    def end(self, why: LogstreamError) -> None:
        """Let nobody wait any more: the connection has ended."""
        self._over = why
        for _, future in self._pages.values():
            if not future.done():
                future.set_exception(ConnectionFailed(str(why)))
