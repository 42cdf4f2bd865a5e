"""Some lines of one source on their way to many receivers: made once, shared by all of them."""

from collections.abc import Sequence

from logstream.transport.framing import frame_texts, unframe_texts


class LineBatch:
    """The ``line`` messages of one source that one read gave, in order.

    Args:
        messages: UTF-8 JSON, one for each line.
    """

    def __init__(self, messages: Sequence[bytes]) -> None:
        self._messages: Sequence[bytes] | None = messages
        self._framed: bytes | None = None
        self._is_stored = False
        self._lines = len(messages)
        self.arrival = 0
        """Its place among all batches of a router; given by the router."""
        self.size_bytes = sum(map(len, messages))

    def __len__(self) -> int:
        """Give the number of lines."""
        return self._lines

    @property
    def messages(self) -> Sequence[bytes]:
        """One for each line."""
        return unframe_texts(self.framed) if self._messages is None else self._messages

    @property
    def framed(self) -> bytes:
        """The messages as a server's WebSocket frames; made once for all receivers."""
        if self._framed is None:
            self._framed = frame_texts(self.messages)
            self._let_go()
        return self._framed

    def store(self) -> None:
        """Note that a ring is going to hold it, perhaps for long: in one form, not in two."""
        self._is_stored = True
        self._let_go()

    def _let_go(self) -> None:
        """The frames hold the messages too, and nearly all receivers take frames."""
        if self._is_stored and self._framed is not None:
            self._messages = None
