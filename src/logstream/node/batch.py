"""Some lines of one source on their way to many receivers: made once, shared by all of them."""

from collections.abc import Sequence
from functools import cached_property

from logstream.transport.framing import frame_texts


class LineBatch:
    """The ``line`` messages of one source that one read gave, in order.

    Args:
        messages: UTF-8 JSON, one for each line.
    """

    def __init__(self, messages: Sequence[bytes]) -> None:
        self.messages = messages
        self.arrival = 0
        """Its place among all batches of a router; given by the router."""
        self.size_bytes = sum(map(len, messages))

    def __len__(self) -> int:
        """Give the number of lines."""
        return len(self.messages)

    @cached_property
    def framed(self) -> bytes:
        """The messages as a server's WebSocket frames."""
        return frame_texts(self.messages)
