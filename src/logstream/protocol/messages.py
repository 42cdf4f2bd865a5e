"""The messages of the protocol, one type each; ``cmd`` names the type.

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


Expressions = dict[str, list[str]]
"""Columns with regular expressions on them; see ``model/filter.py``."""


class Enable(Message, tag="enable"):
    """Start streaming one source. Only ``type`` and ``server`` count on a base session.

    Attributes:
        type: The log type.
        server: The server.
        id: Repeated in the answer.
        after: The cursor to go on from; None: from now on.
        within: Bytes: if more lie between ``after`` and the end, begin at the end instead.
        replace: The name of the stream that ends where this one begins. Rule S6.
        show: Lines must match, see S10.
        hide: Lines must not match.
    """

    type: str
    server: str
    id: int | None = None
    after: str | None = None
    within: int | None = None
    replace: str | None = None
    show: Expressions | None = None
    hide: Expressions | None = None


class Disable(Message, tag="disable"):
    """Stop streaming one source. Only ``type`` and ``server`` count on a base session.

    Attributes:
        type: The log type.
        server: The server.
        id: Repeated in the answer.
        stream: Which of its streams; None: all.
    """

    type: str
    server: str
    id: int | None = None
    stream: str | None = None


class History(Message, tag="history"):
    """Ask for a page of what is in the files already. Rule S9.

    Attributes:
        id: Names the page's frames, and its answer.
        type: The log type.
        server: The server.
        after: Lines from this cursor on.
        before: Lines before this cursor; None: up to now.
        since: Lines of this time and later, Unix seconds.
        until: Lines before this time.
        limit: How many lines; counted from the start, with ``back`` from the end.
        back: None: back where neither ``after`` nor ``since`` is given.
        show: Lines must match, see S10.
        hide: Lines must not match.
    """

    id: int
    type: str
    server: str
    after: str | None = None
    before: str | None = None
    since: float | None = None
    until: float | None = None
    limit: int | None = None
    back: bool | None = None
    show: Expressions | None = None
    hide: Expressions | None = None


class ListEnabled(Message, tag="list-enabled"):
    """Ask which sources this session has enabled, on one server or on all."""

    server: str | None = None


class Keepalive(Message, tag="keepalive"):
    """Show that the asking side is there; answered by ``success``."""

    id: int | None = None


Command = (
    StreamEnvironment | Offer | ListAvailable | Enable | Disable | ListEnabled | Keepalive | History
)

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
        life_s: After ``offer`` (and after ``stream-environment`` on an extended session): how long
            the connection lives unless it is renewed.
        id: Of the command.
        stream: After ``enable``: the stream's name, by its filter.
        after: After ``enable``: where the stream begins.
        now: After ``enable``: Unix time where the file is.
        first: After ``history``: the cursor where the page begins.
        last: After ``history``: the cursor where the page ends.
        more: After ``history``: whether there is more in the range that was asked for.
        scanned_bytes: After ``history``: how much was searched.
        reached: After ``history``: the time that the search has come to.
    """

    server: str = ""
    msg: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))
    life_s: float | None = None
    id: int | None = None
    stream: str | None = None
    after: str | None = None
    now: float | None = None
    first: str | None = None
    last: str | None = None
    more: bool | None = None
    scanned_bytes: int | None = None
    reached: float | None = None


class Error(Message, tag="error"):
    """A command failed, or the receiver must know of a fault.

    Attributes:
        code: 400 yours, 401 and 403 refused, 404 no such source, 500 ours.
        description: One line for a person.
        during: The message that triggered it, as a JSON string, cut to ``DURING_MAX_BYTES``.
        server: Who says so.
        id: Of the command, on extended sessions.
    """

    code: int
    description: str = ""
    during: str = ""
    server: str = ""
    id: int | None = None


class Enabled(Message, tag="enabled"):
    """The log types that this session has enabled on one server."""

    enabled: list[str]
    server: str = ""


class Disconnected(Message, tag="disconnected"):
    """A server is away; its streams go on when it returns. Extended sessions only."""

    server: str


class LinesHeader(Message, tag="lines", gc=False):
    """What a node reads of a frame of lines. Exactly one of ``stream`` and ``id`` is set. Rule S3.

    Attributes:
        server: Of the source.
        type: Of the source.
        stream: The stream's name.
        id: The page of history.
        n: How many lines.
        after: The cursor before them; the ``next`` of the frame before (S7).
        next: The cursor after them.
        gen: Which component of ``next`` they moved; None where ``n`` is 0.
    """

    server: str
    type: str
    n: int
    after: str
    next: str
    stream: str | None = None
    id: int | None = None
    gen: int | None = None


class LinesBody(msgspec.Struct, omit_defaults=True, gc=False):
    """Lines as columns, each as long as ``text``.

    Attributes:
        at: The first line's offset, then the differences. Rule S4.
        unix_time: When each was written, Unix seconds; None where it does not say.
        http_status: Of each, where the log type has them.
        request_id: Of each, where the log type has them.
        cut: Of lines that were cut: how many bytes the whole has, by index (decimal digits).
        text: The records.
    """

    at: list[int]
    unix_time: list[float | None]
    text: list[str]
    http_status: list[int | None] | None = None
    request_id: list[str | None] | None = None
    cut: dict[int, int] | None = None


class Gap(Message, tag="gap", gc=False):
    """A stretch between two cursors that was not sent. Rule S7.

    Attributes:
        server: Of the source.
        type: Of the source.
        after: Where it begins: the ``next`` of what came before.
        next: Where it ends.
        reason: ``slow``: it is in the files still, and can be fetched; ``lost``: it is gone.
        stream: The stream's name.
        id: The page of history.
        why: Of ``lost``: ``truncated``, ``removed`` or ``unreadable``.
        bytes: How much, where that can be known.
    """

    server: str
    type: str
    after: str
    next: str
    reason: str
    stream: str | None = None
    id: int | None = None
    why: str | None = None
    bytes: int | None = None


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
