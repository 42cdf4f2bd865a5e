"""A line as a program gets it: the protocol's, and where it stands."""

from logstream.protocol import messages


class Line(messages.Line, tag="line", gc=False):
    """One record.

    Attributes:
        cursor: The place after it in its source: give it as ``after`` to go on there. None from a
            service that speaks only the base protocol.
    """

    cursor: str | None = None
