"""What a hub's refusal of a session means: whether fresh details help, or nothing does. Pure."""

from logstream.errors import AuthenticationError, LogstreamError, StreamRefused, TicketExpired

_OPENING = "stream-environment"


def opening_failure(
    code: int, said: str, *, cmd: str | None, accepted: bool
) -> LogstreamError | None:
    """Tell the refusal of the ticket, which ends a session, from all others.

    Args:
        code: Of the hub's ``error``.
        said: Its code and description, in one line.
        cmd: The command that was refused, where that is known.
        accepted: Whether the session has worked.

    Returns:
        What ends the session; None for an error that does not.
    """
    opening = cmd == _OPENING or not accepted
    if code == TicketExpired.code and opening:
        return TicketExpired(f"the hub refused the connection details as too old: {said}")
    if code in (401, 403) and opening:
        return AuthenticationError(f"the hub refused the connection details: {said}")
    if cmd == _OPENING:
        return StreamRefused(f"the hub refused the stream: {said}", code=code)
    return None
