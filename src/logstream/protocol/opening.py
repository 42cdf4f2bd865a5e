"""How a connection that came in begins: its first message says who is there, and shows a ticket.

Someone who watches sends ``stream-environment``, a logtailor sends ``offer`` (rule S3). Nothing
else is answered before. Pure; the node verifies the ticket and reads the clock.
"""

from typing import NamedTuple

from logstream.errors import BadMessage
from logstream.model.ticket import Role, Ticket
from logstream.protocol.codec import as_during, decode_command
from logstream.protocol.messages import Offer, StreamEnvironment


class Opening(NamedTuple):
    """Who asks to come in; nothing in it is trusted yet."""

    ticket: Ticket
    """As claimed; its subject is in ``d``."""
    d: str
    offer: Offer | None
    """The whole message of a logtailor; None for someone who watches."""


def read_opening(message: bytes) -> Opening:
    """Read the first message of a connection.

    Raises:
        BadMessage: 400 for a message that cannot be read, 401 for any other command.
    """
    command = decode_command(message)
    if isinstance(command, StreamEnvironment):
        role, server, offer = Role.STREAM, "", None
    elif isinstance(command, Offer):
        role, server, offer = Role.OFFER, command.server, command
    else:
        raise BadMessage(
            "send stream-environment first: this connection has shown no connection details",
            code=401,
            during=as_during(message),
        )
    ticket = Ticket(
        role=role,
        site=command.site,
        env=command.env,
        server=server,
        t=_signed_at(command.t, message),
    )
    return Opening(ticket, command.d, offer)


def _signed_at(t: float | str, message: bytes) -> int:
    """Read ``t`` as clients send it: a number, or a string of digits."""
    digits = str(int(t)) if isinstance(t, float) and t.is_integer() else str(t)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(2**63))):
        raise BadMessage("t must be Unix seconds: a whole number", during=as_during(message))
    return int(digits)
