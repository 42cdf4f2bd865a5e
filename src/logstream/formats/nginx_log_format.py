"""nginx's ``log_format``, given as it stands in the server's configuration.

    log_format main escape=json '{"time":"$time_iso8601",' '"status":$status}';
    '$remote_addr - $remote_user [$time_local] "$request" ' '$status'          (its strings)
    $remote_addr - $remote_user [$time_local] "$request" $status               combined

All of these are taken. A variable that nginx does not have itself (``map``, ``set``) may hold
anything. Source: the documentation of ngx_http_log_module, and what nginx writes.
"""

import re
from typing import Final

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

_COMBINED: Final = (
    '$remote_addr - $remote_user [$time_local] "$request" '
    '$status $body_bytes_sent "$http_referer" "$http_user_agent"'
)
_DIRECTIVE: Final = re.compile(r"log_format\s+(?P<name>[^\s;'\"]+)\s+")
_ESCAPE: Final = re.compile(r"escape=(?P<escape>\w+)\s+")
_STRING: Final = re.compile(
    r"""(?:'((?:[^'\\]|\\.)*+)'|"((?:[^"\\]|\\.)*+)")(?:\s+|(?=;|\Z))""", re.DOTALL
)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r"}
_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))|(\$.{0,20})|([^$]+)", re.DOTALL)

_TIMES: Final = {
    "msec": ("unix", r"[0-9]{1,12}\.[0-9]{3}"),
    "time_iso8601": ("iso8601", TimeFormat("%Y-%m-%dT%H:%M:%S%z").shape),
    "time_local": ("clf", TimeFormat("%d/%b/%Y:%H:%M:%S %z").shape),
}
"""The finest first; each with its format and its shape."""
_NUMBERS: Final = frozenset(
    (
        "body_bytes_sent", "bytes_sent", "bytes_received", "connection", "connection_requests",
        "connection_time", "connections_active", "content_length", "gzip_ratio", "pid",
        "proxy_protocol_port", "remote_port", "request_length", "request_time", "server_port",
    )
)  # fmt: skip
_WORDS: Final = frozenset(
    (
        "binary_remote_addr", "hostname", "https", "nginx_version", "pipe", "realip_remote_addr",
        "remote_addr", "request_id", "request_method", "scheme", "server_addr", "server_protocol",
        "ssl_cipher", "ssl_protocol", "ssl_session_reused",
    )
)  # fmt: skip


def read_nginx_log_format(written: str) -> RecordPattern:
    """Read a ``log_format``.

    Args:
        written: The whole directive, its strings, what is in them, or ``combined``.

    Raises:
        ConfigError: A ``$`` has no variable, ``escape`` is unknown, or nothing is to be read.
    """
    text, escape = _format_of(written)
    if escape not in {"default", "json", "none"}:
        raise ConfigError(f"escape={escape} is not known: nginx has default, json and none")
    layout = Layout()
    times: dict[str, int] = {}
    for braced, bare, bad, literal in _VARIABLE.findall(text):
        if bad:
            raise ConfigError(f"{bad!r} is no variable: write $name or ${{name}}")
        if literal:
            layout.add_text(literal)
        else:
            name = braced or bare
            index = layout.add_field(_field(name))
            if name in _TIMES:
                times.setdefault(name, index)
    return record_pattern(layout, _time_parts(times), masks_quotes=escape != "none")


def _format_of(written: str) -> tuple[str, str]:
    """Give the format as nginx's configuration reader makes it, and how it escapes."""
    text = written.strip()
    if text == "combined":
        return _COMBINED, "default"
    at = 0
    if directive := _DIRECTIVE.match(text):
        at = directive.end()
    escape = "default"
    if said := _ESCAPE.match(text, at):
        at, escape = said.end(), said["escape"]
    strings: list[str] = []
    end = at
    while string := _STRING.match(text, end):
        strings.append(string[1] if string[2] is None else string[2])
        end = string.end()
    if strings and text[end:].strip() in {"", ";"}:
        return "".join(_ESCAPED.sub(_unescaped, string) for string in strings), escape
    return text[at:], escape


def _unescaped(escaped: re.Match[str]) -> str:
    char = escaped[1]
    if char in _ESCAPES:
        return _ESCAPES[char]
    return str(char) if char in "\"'\\" else str(escaped[0])


def _field(name: str) -> Field:
    if name in _TIMES:
        return Field(CLF_TIME if name == "time_local" else WORD, _TIMES[name][1])
    if name == "status":
        return Field(STATUS)
    if name in _NUMBERS:
        return Field(NUMBER)
    return Field(WORD if name in _WORDS else TEXT, request_id_rank=request_id_rank(name))


def _time_parts(times: dict[str, int]) -> TimeParts:
    for name, (format_name, _) in _TIMES.items():
        if name in times:
            return TimeParts((times[name],), TimeFormat(format_name))
    return NO_TIME
