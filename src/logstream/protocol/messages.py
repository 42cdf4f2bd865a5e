"""The messages of the base protocol, one type each; ``cmd`` names the type.

Commands go down (to the side that has logs), reports come up (to the side that asks). Unknown keys
are ignored, as every existing client does. Source: Acquia's published description of the Logstream
protocol and the clients that speak it; `docs/reference/protocol.md` is the reference.
"""

import msgspec


class Message(msgspec.Struct, tag_field="cmd", kw_only=True, omit_defaults=True):
    """One JSON object in one text frame."""


# --- commands -----------------------------------------------------------------------------------


class StreamEnvironment(Message, tag="stream-environment"):
    """Open a session of someone who watches.

    Attributes:
        site: ``realm:sitename``.
        env: The environment's name.
        t: When the ticket was signed, Unix seconds; clients send a number or a string of digits.
        d: The ticket's signature; the Cloud API calls it ``hmac``.
    """

    site: str
    env: str
    t: int | float | str
    d: str


class Offer(Message, tag="offer"):
    """Open a link of a logtailor (or of a hub) that has logs to offer. Rule S3.

    Attributes:
        site: As in the ticket.
        env: As in the ticket.
        server: As in the ticket: the only server that this link may speak for, or ``*`` (a hub).
        instance: Random for each process, so that a hub can tell a restart from a twin.
        via: The hubs that the lines pass on this side, the offering one first; empty else.
        t: When the ticket was signed.
        d: The ticket's signature.
    """

    site: str
    env: str
    server: str
    t: int | float | str
    d: str
    instance: str = ""
    via: list[str] = []

    @property
    def speaker(self) -> str:
        """Who offers: a logtailor's server, or a hub by its own name."""
        return self.via[0] if self.via else self.server


class ListAvailable(Message, tag="list-available"):
    """Ask which sources there are, on one server or on all."""

    server: str | None = None


class Enable(Message, tag="enable"):
    """Start streaming one source."""

    type: str
    server: str


class Disable(Message, tag="disable"):
    """Stop streaming one source."""

    type: str
    server: str


class ListEnabled(Message, tag="list-enabled"):
    """Ask which sources this session has enabled, on one server or on all."""

    server: str | None = None


class Keepalive(Message, tag="keepalive"):
    """Show that the asking side is there; answered by ``success``."""


Command = StreamEnvironment | Offer | ListAvailable | Enable | Disable | ListEnabled | Keepalive

# --- reports ------------------------------------------------------------------------------------


class Connected(Message, tag="connected"):
    """A server (or the hub itself, first of all) is there."""

    server: str


class Available(Message, tag="available"):
    """A source can be enabled. The display name goes out under both names that clients read."""

    type: str
    server: str
    display_type: str = ""
    display: str = ""


class Success(Message, tag="success"):
    """A command succeeded.

    Attributes:
        server: Who says so.
        msg: The very object that was received.
        life_s: After ``offer``: how long the link lives unless it is renewed.
    """

    server: str = ""
    msg: msgspec.Raw = msgspec.Raw(b"{}")
    life_s: float | None = None


class Error(Message, tag="error"):
    """A command failed, or the receiver must know of a fault.

    Attributes:
        code: 400 yours, 401 and 403 refused, 404 no such source, 500 ours.
        description: One line for a person.
        during: The message that triggered it, as a JSON string, cut to ``DURING_MAX_BYTES``.
        server: Who says so.
    """

    code: int
    description: str = ""
    during: str = ""
    server: str = ""


class Enabled(Message, tag="enabled"):
    """The log types that this session has enabled on one server."""

    enabled: list[str]
    server: str = ""


class LineHeader(Message, tag="line", gc=False):
    """Which source a line is of; all that a hub reads of it."""

    log_type: str
    server: str


class Line(Message, tag="line", gc=False):
    """One record, as the base protocol shows it.

    Attributes:
        log_type: Its log type (``type`` repeats it on the wire).
        server: The server that it was written on.
        text: The record; may hold line feeds.
        unix_time: When it was written, whole seconds; None from services that do not say.
        disp_time: The same as ``YYYY-MM-DD HH:MM:SS``, UTC.
        http_status: Of the request that the line records, if it does.
        request_id: Of the request that it belongs to, if it says so.
    """

    log_type: str
    server: str
    text: str
    unix_time: int | None = None
    disp_time: str = ""
    http_status: int | None = None
    request_id: str | None = None
