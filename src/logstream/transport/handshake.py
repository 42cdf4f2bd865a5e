"""The opening handshake of both sides, as text in and text out.

A server reads a request, asks its ``accept`` what the path is, and then answers 101 or what
``upgrade_refusal`` says. A client writes a request and checks the answer. Written here and not left
to picows, which refuses ``Connection: keep-alive, Upgrade`` (every Firefox), answers wrong versions
and HEAD with 400, and cannot say 426. Pure: the caller draws the key. Source: RFC 6455, section 4.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final, NamedTuple

from logstream.transport.http_head import BadHead, parse_head, tokens

VERSION: Final = "13"
KEY_BYTES: Final = 16

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SCHEMES: Final = ("http://", "https://", "ws://", "wss://")
_METHODS: Final = ("GET", "HEAD")
_REQUEST_LINE: Final = re.compile(r"([!-~]+) ([!-~]+) (HTTP/\d\.\d)", re.ASCII)


class HttpAnswer(NamedTuple):
    """A plain HTTP answer, after which the connection closes."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "text/plain; charset=utf-8"


class Handshake(NamedTuple):
    """A request to a server: well-formed HTTP, perhaps a WebSocket's opening.

    Nothing in it is trusted.
    """

    method: str
    """``GET`` or ``HEAD``."""
    path: str
    """As it was sent, without the query; still percent-encoded."""
    query: str
    version: str
    """``HTTP/1.1``, or ``HTTP/1.0`` as health checks send it."""
    headers: Mapping[str, str]
    """By name in lower case; several lines of one name are joined by ``, ``."""
    subprotocols: tuple[str, ...]
    """What the client offers, in its order of preference."""
    peer: str
    """``host:port``."""


class RequestRefused(Exception):
    """A request that no path can answer.

    Attributes:
        answer: What the client is told.
    """

    def __init__(self, answer: HttpAnswer) -> None:
        super().__init__(answer.body.decode())
        self.answer = answer


class AnswerRefused(Exception):
    """A server's answer that does not open a WebSocket; the text says why."""


def read_request(raw: bytes, *, peer: str) -> Handshake:
    """Read a request's head.

    Raises:
        RequestRefused: It is no HTTP/1, its headers are malformed, or its method is not for us.
    """
    try:
        head = parse_head(raw)
    except BadHead as error:
        raise RequestRefused(refusal(error.status, str(error))) from None
    method, target, version = _request_line(head.start_line)
    if not version.startswith("HTTP/1."):
        raise RequestRefused(refusal(505, "speak HTTP/1.1"))
    if version != "HTTP/1.0" and ("host" not in head.headers or "host" in head.repeated):
        raise RequestRefused(refusal(400, "there must be one Host header"))
    if method not in _METHODS:
        raise RequestRefused(refusal(405, "only GET is answered here", ("Allow", "GET, HEAD")))
    path, _, query = target.partition("?")
    subprotocols = tuple(tokens(head.headers.get("sec-websocket-protocol", "")))
    return Handshake(method, path, query, version, head.headers, subprotocols, peer)


def upgrade_refusal(handshake: Handshake) -> HttpAnswer | None:
    """Check that a request opens a WebSocket.

    Returns:
        What to answer where it does not; None where it does.
    """
    headers = handshake.headers
    if handshake.method != "GET":
        return refusal(405, "a WebSocket opens with GET", ("Allow", "GET"))
    if handshake.version == "HTTP/1.0":
        return refusal(400, "a WebSocket opens with HTTP/1.1")
    if "transfer-encoding" in headers or headers.get("content-length", "0").strip("0"):
        return refusal(400, "a WebSocket's request has no body")
    wanted = headers.get("sec-websocket-version")
    if not _upgrades(headers) or wanted != VERSION:
        return refusal(
            426,
            f"this is a WebSocket: upgrade to it, in version {VERSION}",
            ("Connection", "close, Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", VERSION),
        )
    if not _is_key(headers.get("sec-websocket-key", "")):
        return refusal(400, f"Sec-WebSocket-Key must be {KEY_BYTES} bytes in base64")
    return None


def choose_subprotocol(offered: Sequence[str], spoken: Sequence[str]) -> str | None:
    """Choose among what a client offers.

    Args:
        offered: By the client.
        spoken: By us, the preferred first.

    Returns:
        The first of ours that is offered; None where there is none.
    """
    return next((name for name in spoken if name in offered), None)


def accept_upgrade(handshake: Handshake, subprotocol: str | None = None) -> bytes:
    """Write the 101 answer; no extension is chosen, and ``subprotocol`` is one that was offered."""
    accept = accept_key(handshake.headers["sec-websocket-key"])
    chosen = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol else ""
    return (
        "HTTP/1.1 101 Switching Protocols\r\n"
        "Upgrade: websocket\r\n"
        "Connection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n"
        f"{chosen}"
        "\r\n"
    ).encode("ascii")


def write_answer(answer: HttpAnswer, *, with_body: bool = True) -> bytes:
    """Write a plain answer; ``with_body`` is False for HEAD."""
    lines = [f"HTTP/1.1 {answer.status} {_phrase(answer.status)}"]
    if not any(name.lower() == "connection" for name, _ in answer.headers):
        lines.append("Connection: close")
    lines.append(f"Content-Type: {answer.content_type}")
    lines.append(f"Content-Length: {len(answer.body)}")
    lines.extend(f"{name}: {value}" for name, value in answer.headers)
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    return head + answer.body if with_body else head


def refusal(status: int, text: str, *headers: tuple[str, str]) -> HttpAnswer:
    """Say in plain text why a request is not answered otherwise."""
    return HttpAnswer(status, f"{text}\n".encode(), headers)


def accept_key(key: str) -> str:
    """Give the ``Sec-WebSocket-Accept`` that answers a ``Sec-WebSocket-Key``."""
    digest = hashlib.sha1(key.encode("ascii") + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")


def write_request(
    *,
    target: str,
    host: str,
    key: str,
    headers: Mapping[str, str],
    subprotocols: Sequence[str] = (),
) -> bytes:
    """Write a client's request.

    Args:
        target: Path and query.
        host: ``host`` or ``host:port``, as in the URL.
        key: ``KEY_BYTES`` random bytes in base64.
        headers: More headers.
        subprotocols: What to offer, the preferred first.
    """
    offer = [f"Sec-WebSocket-Protocol: {', '.join(subprotocols)}"] if subprotocols else []
    lines = [
        f"GET {target} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        f"Sec-WebSocket-Version: {VERSION}",
        *offer,
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def check_answer(raw: bytes, *, key: str, subprotocols: Sequence[str] = ()) -> str | None:
    """Check a server's answer to ``write_request``.

    Args:
        raw: The answer's head.
        key: As in the request.
        subprotocols: What was offered.

    Returns:
        The subprotocol that the server chose; None where it chose none.

    Raises:
        AnswerRefused: It is not HTTP, not 101, or does not speak WebSocket as was asked.
    """
    try:
        head = parse_head(raw)
    except BadHead as error:
        raise AnswerRefused(f"its answer is no HTTP: {error}") from None
    version, _, rest = head.start_line.partition(" ")
    status = rest[:3]
    if not version.startswith("HTTP/1.") or not status.isdigit():
        raise AnswerRefused("it does not speak HTTP, so it is no WebSocket server")
    if status != "101":
        raise AnswerRefused(f"it answered HTTP {int(status)} {_phrase(int(status))}".rstrip())
    headers = head.headers
    if not _upgrades(headers) or headers.get("sec-websocket-accept") != accept_key(key):
        raise AnswerRefused("its answer is not that of a WebSocket server")
    chosen = headers.get("sec-websocket-protocol")  # several are joined, and so none of ours
    if "sec-websocket-extensions" in headers or chosen not in (None, *subprotocols):
        raise AnswerRefused("it chose an extension or a subprotocol that was not offered")
    return chosen


def _request_line(line: str) -> tuple[str, str, str]:
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise RequestRefused(refusal(400, "the first line is not METHOD PATH HTTP/1.1"))
    method, target, version = match.groups()
    if target.lower().startswith(_SCHEMES):  # as a client behind a proxy sends it
        _, _, rest = target.partition("://")
        _, slash, path = rest.partition("/")
        target = slash + path or "/"
    if "#" in target or not target.startswith(("/", "*")):
        raise RequestRefused(refusal(400, "the path must begin with /"))
    return method, target, version


def _upgrades(headers: Mapping[str, str]) -> bool:
    protocols = tokens(headers.get("upgrade", "").lower())
    options = tokens(headers.get("connection", "").lower())
    return "websocket" in protocols and "upgrade" in options


def _is_key(value: str) -> bool:
    try:
        return len(binascii.a2b_base64(value, strict_mode=True)) == KEY_BYTES
    except ValueError:
        return False


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
