"""One source on one extended session: what was asked, what may come, and what is missing.

Whatever comes is checked against the chain of cursors (S7). A broken chain, or a stretch that was
left out because this side was slow, is asked for again at once; what comes until the answer is
dropped, so that each line is taken once and in its order. Pure: ``ask`` takes a message to send.
"""

from collections.abc import Callable
from typing import Final

from logstream.client.status import Gap
from logstream.errors import BadMessage
from logstream.model.cursor import distance_bytes, parse
from logstream.model.filter import NO_FILTER, Filter
from logstream.model.limits import CHAIN_BREAKS_MAX
from logstream.model.source import Source
from logstream.protocol import messages
from logstream.protocol.messages import Enable, LinesHeader, Success

SKIPPED: Final = "skipped"
"""Why a gap is one where the answer begins elsewhere than was asked."""
_LOST: Final = "lost"


class SourceFlow:
    """The stream of one source.

    Args:
        source: Which.
        ask: Sends an ``enable``, and gives it an id that no other message of the session has.

    Attributes:
        next: The cursor after what was taken last; None before the first answer.
        filter: What its lines were filtered by.
        flows: Whether its last ``enable`` was answered.
    """

    def __init__(self, source: Source, ask: Callable[["SourceFlow", Enable], int]) -> None:
        self.source = source
        self.next: str | None = None
        self.filter = NO_FILTER
        self.flows = False
        self._ask = ask
        self._asked_after: str | None = None
        self._asked_id: int | None = None
        self._stream: str | None = None
        self._breaks = 0

    def enable(self, lines_filter: Filter, after: str | None) -> None:
        """Ask for its lines; None: from now on."""
        self.filter = lines_filter
        self._enable(after)

    def awaits(self, answer_id: int | None) -> bool:
        """Say whether the answer of this id is awaited."""
        return answer_id is not None and answer_id == self._asked_id

    def succeeded(self, answer: Success) -> Gap | None:
        """Take the answer of ``enable``.

        Returns:
            What the answer leaves out of what was asked for.

        Raises:
            BadMessage: It does not say where the stream begins.
            BadCursor: It begins at no place.
        """
        if answer.after is None or answer.stream is None:
            raise BadMessage("an enable was answered without stream and after")
        asked, self._asked_after = self._asked_after, None
        self._asked_id = None
        parse(answer.after)
        self._stream = answer.stream
        self.next = answer.after
        self.flows = True
        if asked is None or _is_same(asked, answer.after):
            return None
        return Gap(self.source, asked, answer.after, SKIPPED, None)

    def refused(self) -> str | None:
        """Take it that ``enable`` was refused; gives the cursor that it had asked for."""
        asked, self._asked_after = self._asked_after, None
        self._asked_id = None
        return asked

    def takes(self, header: LinesHeader) -> bool:
        """Say whether a frame of lines goes on where the last one ended, and go on after it.

        Raises:
            BadMessage: The chain broke again and again.
            BadCursor: It ends at no place.
        """
        if not self._is_ours(header.stream):
            return False
        if not self._follows(header.after):
            return False
        parse(header.next)
        self.next = header.next
        return True

    def receive_gap(self, gap: messages.Gap) -> Gap | None:
        """Take a stretch that was not sent.

        Returns:
            What is lost; None for what was asked for again.

        Raises:
            BadMessage: The chain broke again and again.
            BadCursor: It ends at no place.
        """
        if not self._is_ours(gap.stream) or not self._follows(gap.after):
            return None
        if gap.reason != _LOST:
            self._enable(gap.after)
            return None
        parse(gap.next)
        self.next = gap.next
        return Gap(self.source, gap.after, gap.next, gap.why or _LOST, gap.bytes)

    def _is_ours(self, stream: str | None) -> bool:
        return self._asked_id is None and self.flows and stream == self._stream

    def _follows(self, after: str) -> bool:
        expected = self.next
        if after == expected or (expected is not None and _is_same(expected, after)):
            self._breaks = 0
            return True
        self._breaks += 1
        if self._breaks > CHAIN_BREAKS_MAX:
            raise BadMessage(f"the hub left lines out of {self.source.log_type} again and again")
        self._enable(expected)
        return False

    def _enable(self, after: str | None) -> None:
        show, hide = self.filter.keys()
        self._asked_after = after
        self._asked_id = self._ask(
            self,
            Enable(
                type=self.source.log_type,
                server=self.source.server,
                after=after,
                replace=self._stream if self.flows else None,
                show=show,
                hide=hide,
            ),
        )


def _is_same(one: str, other: str) -> bool:
    """Whether two cursors are one place: a check may be left out of one (S4)."""
    return distance_bytes(one, other) == 0
