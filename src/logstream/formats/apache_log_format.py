r"""Apache's ``LogFormat``, given as it stands in the server's configuration.

    LogFormat "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"" combined
    "%h %l %u %t \"%r\" %>s %b"          %h %l %u %t "%r" %>s %b          combined

All of these are taken. Directives: those of mod_log_config, mod_logio and mod_ssl, with their
conditions (``%400,501{User-agent}i``) and ``<`` and ``>``. Source: Apache 2.4's documentation of
mod_log_config, and what it writes.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from logstream.errors import ConfigError
from logstream.formats.record_pattern import (
    CLF_TIME,
    NO_TIME,
    NUMBER,
    STATUS,
    TEXT,
    WORD,
    Field,
    Layout,
    RecordPattern,
    TimeParts,
    record_pattern,
    request_id_rank,
)
from logstream.formats.time_format import TimeFormat

_NAMED: Final = {
    "common": '%h %l %u %t "%r" %>s %b',
    "combined": '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    "vhost_combined": '%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"',
}

_WHOLE_DIRECTIVE: Final = re.compile(r"\s*LogFormat\s+", re.IGNORECASE)
_QUOTED: Final = re.compile(r"""(?:"((?:[^"\\]|\\.)*+)"|'([^']*+)')(?:\s+[\w.-]+)?\s*""", re.DOTALL)
_CONTINUED: Final = re.compile(r"\\\r?\n[ \t]*")
_DIRECTIVE: Final = re.compile(
    r"%(?P<condition>(?:!|[<>]|[0-9]{3}|,)*)(?:\{(?P<argument>[^}]*)\})?"
    r"(?P<condition_after>(?:!|[<>]|[0-9]{3}|,)*)(?P<letter>\^[A-Za-z]{2}|[A-Za-z%])"
    r"|(?P<bad>%.{0,20})|(?P<text>[^%]+)",
    re.DOTALL,
)
_ESCAPES: Final = {"\\n": "\n", "\\t": "\t", "\\r": "\r"}

_KINDS: Final = {
    **dict.fromkeys("bBDIkOpST", NUMBER),
    **dict.fromkeys("aAhHLmPX", WORD),
    **dict.fromkeys("CefilnoqrRuUvVxc", TEXT),
    "s": STATUS,
    "^FB": NUMBER,
    "^FU": NUMBER,
    "^ti": TEXT,
    "^to": TEXT,
}
_WITH_ARGUMENT: Final = frozenset(("C", "e", "i", "n", "o", "x", "^ti", "^to"))
_NAMES_A_REQUEST: Final = frozenset(("e", "i", "n", "o", "^ti", "^to"))
_UNIQUE_ID_RANK: Final = 2
_LOG_ID_RANK: Final = 3

_DIGITS: Final = {
    "usec": "[0-9]{7,18}", "msec": "[0-9]{4,15}", "sec": "[0-9]{1,12}",
    "usec_frac": "[0-9]{6}", "msec_frac": "[0-9]{3}",
}  # fmt: skip
_CLF: Final = "%d/%b/%Y:%H:%M:%S %z"


class _Stamp(NamedTuple):
    """A ``%t`` of any kind."""

    position: int
    at_end: bool
    written: str | None
    """One of ``_DIGITS``, or directives of ``strftime``; None where they are not known."""


def read_apache_log_format(written: str) -> RecordPattern:
    """Read a ``LogFormat``.

    Args:
        written: The whole directive, its quoted string, what is in the quotes, or the name of one
            that every Apache has.

    Raises:
        ConfigError: It has a directive that Apache does not know, or nothing to be read.
    """
    layout = Layout()
    stamps: list[_Stamp] = []
    for found in _DIRECTIVE.finditer(_format_of(written)):
        if found["bad"]:
            raise ConfigError(f"{found['bad']!r} is no directive: write %% for a per cent sign")
        if found["text"]:
            layout.add_text(found["text"])
        elif found["letter"] == "%":
            layout.add_text("%")
        elif found["letter"] == "t":
            stamps.append(_add_stamp(layout, found["argument"] or ""))
        else:
            layout.add_field(_field(found["letter"], found["argument"]))
    return record_pattern(layout, _time_parts(stamps))


def _format_of(written: str) -> str:
    """Give the format as Apache's configuration reader, then its log writer, make it."""
    text = _CONTINUED.sub("", written).strip()
    directive = _WHOLE_DIRECTIVE.match(text)
    quoted = _QUOTED.fullmatch(text, directive.end() if directive else 0)
    if quoted is not None:
        text = quoted[1] if quoted[2] is None else quoted[2]
    elif directive is not None:
        text = text[directive.end() :].partition(" ")[0]
    text = _NAMED.get(text, text)
    text = text.replace("\\\\", "\0").replace('\\"', '"').replace("\0", "\\")
    text = re.sub(r"\\[ntr]", lambda found: _ESCAPES[found[0]], text)
    return text.rstrip("\r\n")


def _field(letter: str, argument: str | None) -> Field:
    kind = _KINDS.get(letter)
    if kind is None:
        raise ConfigError(
            f"%{letter} is not known: use the directives of mod_log_config, mod_logio and mod_ssl"
        )
    if argument is None and letter in _WITH_ARGUMENT:
        raise ConfigError(f"%{letter} needs a name before its letter, as %{{NAME}}{letter}")
    if letter == "P" or (letter == "h" and argument):
        return Field(WORD)
    rank = None
    if letter == "L":
        rank = _LOG_ID_RANK
    elif letter in _NAMES_A_REQUEST and argument is not None:
        rank = _UNIQUE_ID_RANK if argument == "UNIQUE_ID" else request_id_rank(argument)
    return Field(kind, request_id_rank=rank)


# --- time ----------------------------------------------------------------------------------------


def _add_stamp(layout: Layout, argument: str) -> _Stamp:
    at_end = argument.startswith("end:")
    argument = argument.removeprefix("end:").removeprefix("begin:")
    if not argument:
        layout.add_text("[")
        index = layout.add_field(Field(CLF_TIME, TimeFormat(_CLF).shape))
        layout.add_text("]")
        return _Stamp(index, at_end, _CLF)
    shape = _DIGITS.get(argument)
    if shape is not None:
        return _Stamp(layout.add_field(Field(NUMBER, shape)), at_end, argument)
    try:
        shape = TimeFormat(argument, is_part=True).shape
    except ConfigError:  # what strftime knows and we do not, as the number of the week
        return _Stamp(layout.add_field(Field(TEXT)), at_end, None)
    return _Stamp(layout.add_field(Field(WORD, shape)), at_end, argument)


def _time_parts(stamps: Sequence[_Stamp]) -> TimeParts:
    """Choose the fields that tell the time best: when the request came, as finely as it is said."""
    for at_end in (False, True):
        written: dict[str, int] = {}
        for stamp in stamps:
            if stamp.at_end == at_end and stamp.written is not None:
                written.setdefault(stamp.written, stamp.position)
        for name, known_as in (("usec", "unix_us"), ("msec", "unix_ms")):
            if name in written:
                return TimeParts((written[name],), TimeFormat(known_as))
        fraction = written.get("usec_frac", written.get("msec_frac"))
        if "sec" in written:
            parts = {"%s": written["sec"]}
        else:
            parts = {name: at for name, at in written.items() if name not in _DIGITS}
        if fraction is not None:
            parts["%f"] = fraction
        elif [*parts] == [_CLF]:
            return TimeParts((parts[_CLF],), TimeFormat("clf"))
        try:
            return TimeParts(tuple(parts.values()), TimeFormat("\0".join(parts)))
        except ConfigError:  # not a whole time
            continue
    return NO_TIME
