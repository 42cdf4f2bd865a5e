r"""What web servers are told to log, as a pattern that reads it.

A server's format is a row of items: text that stands in every line, and fields. How much a field
may take follows from its kind, and from the rule that the servers keep: in what a visitor sent, a
quote is written ``\"`` or ``\x22``. So a field between quotes ends at the next bare quote, and no
visitor can put other fields into it. A field without quotes takes as little as it can; a request
id beside one has no space in it.

What stands after the last field of interest is left out of the pattern where it cannot change an
answer: it would cost most of the time.
"""

import re
from typing import Final, NamedTuple

from logstream.errors import ConfigError
from logstream.formats.time_format import TimeFormat, escaped

NUMBER: Final = "number"
"""Digits; servers also write ``-`` or nothing."""
WORD: Final = "word"
"""Has no space in it, as an address or a method."""
TEXT: Final = "text"
"""Anything, as a visitor may have sent it."""
STATUS: Final = "status"
CLF_TIME: Final = "clf time"

_PATTERNS: Final = {
    NUMBER: "[0-9.-]*",
    WORD: r'[^\s"]*',
    STATUS: "[0-9]{3}|-",
}
_REQUEST_ID_NAME: Final = re.compile(
    r"(?:^|[^a-z])(?:x[-_])?(?:request|correlation|unique)[-_]?id$", re.IGNORECASE
)
_REQUEST_ID_LABEL: Final = re.compile(
    r"(?:^|[^a-z])(?:x[-_])?request[-_]?id[\"']?\s*[=:]\s*[\"']?$", re.IGNORECASE
)
_NOT_IN_LINES: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

# As the items of a format: combined's, which may have more in quotes and as key=value after it.
_WEB_REQUEST: Final = re.compile(
    r"(?:<text>:<number> |<word>:<number> |<text> )?<word> (?:<word>|<text>|-) <text>"
    r' \[<clf time>\] "<text>" <status> <number>(?: "<text>")*'
    r'(?:(?: (?!request_id=)\w+=(?:<number>|<word>|<text>|"<text>"|[\w.:-]+))*'
    r' request_id="<request id>")?'
    r'(?: (?!request_id=)\w+=(?:<number>|<word>|"<text>"|[\w.:-]+))*'
)


class Field(NamedTuple):
    """A field of a server's format.

    Attributes:
        kind: One of the kinds above.
        shape: An RE2 pattern of what is written, where it is more exact than the kind's.
        request_id_rank: How likely it is the request id by its name: 1 before 2; None: it is not.
    """

    kind: str
    shape: str | None = None
    request_id_rank: int | None = None


class Layout:
    """A server's format: texts and fields, in order; no two texts follow one another."""

    def __init__(self) -> None:
        self.items: list[str | Field] = []

    def add_text(self, text: str) -> None:
        """Add what stands in every line.

        Raises:
            ConfigError: It has a line end, or another control character.
        """
        if _NOT_IN_LINES.search(text):
            raise ConfigError(
                "it writes line ends or control characters: a record is one line, so take them out"
            )
        if self.items and isinstance(last := self.items[-1], str):
            self.items[-1] = last + text
        elif text:
            self.items.append(text)

    def add_field(self, field: Field) -> int:
        """Add a field.

        Returns:
            Its index among the items.
        """
        self.items.append(field)
        return len(self.items) - 1

    def text_at(self, index: int) -> str:
        """Give the text at ``index``; empty where there is a field, or nothing."""
        item = self.items[index] if 0 <= index < len(self.items) else ""
        return item if isinstance(item, str) else ""


class RecordPattern(NamedTuple):
    """How records of a configured type are taken apart.

    Attributes:
        pattern: In RE2's syntax, with groups named ``time`` (further parts of it: ``time_2``, …),
            ``status`` and ``request_id``.
        time_groups: The groups that make up the time, to be joined with NULs.
        time_format: Of the joined parts; None for any of the ways that programs commonly write it.
        masks_quotes: Whether quotes that are escaped are no quotes.
        is_web_request: Whether ``WebRequestFormat``, which is faster, reads it as well.
    """

    pattern: str
    time_groups: tuple[str, ...]
    time_format: TimeFormat | None
    masks_quotes: bool
    is_web_request: bool = False


class TimeParts(NamedTuple):
    """Which fields make up the time: their indexes among the items, and the whole's format."""

    indexes: tuple[int, ...]
    format: TimeFormat | None


NO_TIME: Final = TimeParts((), None)


def request_id_rank(name: str) -> int | None:
    """Say how likely a header, note or variable of this name has the request id."""
    return 1 if _REQUEST_ID_NAME.search(name) else None


def record_pattern(layout: Layout, time: TimeParts, *, masks_quotes: bool = True) -> RecordPattern:
    """Make the pattern that reads what is written in this layout.

    Args:
        layout: What the server writes.
        time: Which of its fields are the time.
        masks_quotes: Whether the server escapes quotes.

    Raises:
        ConfigError: Nothing in it is a time, a status or a request id.
    """
    status = _find_status(layout)
    request_id = _find_request_id(layout)
    groups: dict[int, str] = {}
    for count, index in enumerate(time.indexes):
        groups[index] = "time" if count == 0 else f"time_{count + 1}"
    if status is not None:
        groups[status] = "status"
    if request_id is not None:
        groups[request_id] = "request_id"
    if not groups:
        raise ConfigError("it has no time, no status and no request id: nothing can be read")
    whole = len(layout.items)
    end = _needed(layout, max(groups)) if masks_quotes else whole
    patterns = [
        _pattern_of(layout, index, groups.get(index), masks_quotes=masks_quotes)
        for index in range(end)
    ]
    return RecordPattern(
        "".join((r"\A", *patterns, r"\z" if end == whole else "")),
        tuple(groups[index] for index in time.indexes),
        time.format,
        masks_quotes,
        masks_quotes and len(time.indexes) == 1 and _is_web_request(layout, request_id),
    )


def _find_status(layout: Layout) -> int | None:
    return next(
        (
            index
            for index, item in enumerate(layout.items)
            if isinstance(item, Field) and item.kind == STATUS
        ),
        None,
    )


def _find_request_id(layout: Layout) -> int | None:
    """Find the field that is labelled so, else the one that is likeliest by its name."""
    ranked: list[tuple[int, int]] = []
    for index, item in enumerate(layout.items):
        if isinstance(item, Field) and item.kind in {TEXT, WORD}:
            labelled = _REQUEST_ID_LABEL.search(layout.text_at(index - 1))
            rank = 0 if labelled else item.request_id_rank
            if rank is not None:
                ranked.append((rank, index))
    return min(ranked)[1] if ranked else None


def _needed(layout: Layout, last: int) -> int:
    """Give how many items tell all that is asked for, ``last`` being the last field that is."""
    after = last + 1
    if not layout.text_at(after):
        return len(layout.items)
    quoted_later = False
    for index in range(after, -1, -1):
        item = layout.items[index]
        if isinstance(item, str):
            quoted_later = quoted_later or '"' in item
        elif item.kind == TEXT and not quoted_later:
            return len(layout.items)  # only the end of the line tells where this field ends
    return after + 1


def _pattern_of(layout: Layout, index: int, group: str | None, *, masks_quotes: bool) -> str:
    item = layout.items[index]
    if isinstance(item, str):
        return escaped(item)
    if item.shape is not None:
        pattern = f"{item.shape}|-?"
    elif item.kind != TEXT:
        pattern = _PATTERNS[item.kind]
    elif not masks_quotes:
        pattern = ".*?"
    elif layout.text_at(index - 1).endswith('"') and layout.text_at(index + 1).startswith('"'):
        pattern = '[^"]*'
    elif group is not None and _is_beside_open_text(layout, index):
        pattern = _PATTERNS[WORD]
    else:
        pattern = '""|[^"]*?'  # Apache writes a user without a name as `""`
    return f"(?P<{group}>{pattern})" if group else f"(?:{pattern})"


def _is_beside_open_text(layout: Layout, index: int) -> bool:
    """Say whether a field before this one may hold anything, and no quote stands between them."""
    for at in range(index - 1, -1, -1):
        item = layout.items[at]
        if isinstance(item, Field):
            if item.kind == TEXT and item.shape is None:
                return True
        elif '"' in item:
            return False
    return False


def _is_web_request(layout: Layout, request_id: int | None) -> bool:
    """Say whether it is the combined format and more, as ``WebRequestFormat`` reads it."""
    written = "".join(
        item if isinstance(item, str) else f"<{'request id' if index == request_id else item.kind}>"
        for index, item in enumerate(layout.items)
    )
    return _WEB_REQUEST.fullmatch(written) is not None
