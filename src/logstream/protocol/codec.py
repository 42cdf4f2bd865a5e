"""Messages to bytes and back: the only place that knows the JSON of the protocol.

A command that cannot be read is diagnosed, so that its sender learns what is wrong with it. Pure.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final, TypeVar

import msgspec

from logstream.errors import BadMessage
from logstream.model.limits import DURING_MAX_BYTES
from logstream.protocol.messages import (
    Available,
    Command,
    Connected,
    Disable,
    Disconnected,
    Enable,
    Enabled,
    Error,
    Gap,
    History,
    Keepalive,
    LinesHeader,
    ListAvailable,
    ListEnabled,
    Message,
    Offer,
    StreamEnvironment,
    Success,
)

Report = Connected | Available | Success | Error | Enabled
"""What comes up besides lines."""

ExtendedReport = Report | Disconnected | LinesHeader | Gap
"""What comes up on extended sessions: of lines the header."""

LineType = TypeVar("LineType", bound=Message)

_encoder: Final = msgspec.json.Encoder()
_command_decoder: Final[msgspec.json.Decoder[Command]] = msgspec.json.Decoder(Command)
_COMMAND_NAMES: Final = frozenset(
    (
        "stream-environment",
        "offer",
        "list-available",
        "enable",
        "disable",
        "list-enabled",
        "keepalive",
        "history",
    )
)


def encode(message: Message) -> bytes:
    """Give the JSON of ``message``, UTF-8."""
    return _encoder.encode(message)


encode_text: Final[Callable[[str], bytes]] = _encoder.encode
"""Gives a text as a JSON string, UTF-8. Called for every line, so nothing of ours is in between."""


def available(*, log_type: str, server: str, display_name: str) -> bytes:
    """Give the JSON of ``available`` with the display name under both of its keys."""
    return encode(
        Available(type=log_type, server=server, display_type=display_name, display=display_name)
    )


def success(
    received: bytes, *, server: str, life_s: float | None = None, answers: int | None = None
) -> bytes:
    """Give the JSON of the ``success`` that answers ``received``, which is valid JSON.

    Args:
        received: The command.
        server: Who says so.
        life_s: See ``Success``.
        answers: The command's ``id``.
    """
    return encode(Success(msg=msgspec.Raw(received), server=server, life_s=life_s, id=answers))


def error(
    code: int, description: str, *, during: str, server: str, answers: int | None = None
) -> bytes:
    """Give the JSON of an ``error`` with all of its keys; ``answers`` is the command's ``id``."""
    # Not the Message: an empty ``during`` (nothing triggered it) must be there all the same.
    keys = {
        "cmd": "error",
        "code": code,
        "description": description,
        "during": during,
        "server": server,
    }
    return _encoder.encode(keys if answers is None else {**keys, "id": answers})


def as_during(message: bytes) -> str:
    """Give a received message as ``during`` repeats it: text, cut to ``DURING_MAX_BYTES``."""
    return message[:DURING_MAX_BYTES].decode("utf-8", "ignore")  # a character that the cut divides


def decode_command(message: bytes, *, extended: bool = True) -> Command:
    """Read a command.

    Args:
        message: As received.
        extended: Whether keys of the extended protocol count; else they are passed over.

    Raises:
        BadMessage: With code 400, what is wrong, and the message in ``during``.
    """
    try:
        if extended:
            return _command_decoder.decode(message)
        return _extend(_base_decoder.decode(message))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as failure:
        description = _diagnose(message, failure)
    raise BadMessage(description, during=as_during(message))


def decode_report(message: bytes, line: type[LineType]) -> Report | LineType | None:
    """Read a report or a line.

    Args:
        message: As received.
        line: What to read of a line: ``Line``, ``LineHeader``, or another type tagged ``line``.

    Returns:
        The message; None for a ``cmd`` that is not known here, which is no fault.

    Raises:
        BadMessage: It is not a JSON object with the keys of its ``cmd``.
    """
    try:
        return _report_decoder(line).decode(message)  # type: ignore[no-any-return]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as failure:
        reason = str(failure)
    if command_name(message) in (None, *_REPORT_NAMES):
        raise BadMessage(f"unreadable message: {reason}", during=as_during(message))
    return None


def decode_extended(head: bytes) -> ExtendedReport | None:
    """Read a report of an extended session, of lines the header.

    Args:
        head: The first line of a message.

    Returns:
        The message; None for a ``cmd`` that is not known here, which is no fault.

    Raises:
        BadMessage: It is not a JSON object with the keys of its ``cmd``.
    """
    try:
        return _extended_decoder.decode(head)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as failure:
        reason = str(failure)
    if command_name(head) in (None, "lines", "gap", "disconnected", *_REPORT_NAMES[:-1]):
        raise BadMessage(f"unreadable message: {reason}", during=as_during(head))
    return None


def decode_lines(messages: Sequence[bytes], line: type[LineType]) -> list[LineType] | None:
    """Read messages that are all lines, with a few steps each.

    Args:
        messages: As received.
        line: What to read of each, as for ``decode_report``.

    Returns:
        A line for each message; None where any of them is something else, or cannot be read.
    """
    try:
        return list(map(_line_decode(line), messages))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def command_name(message: bytes) -> str | None:
    """Give the ``cmd`` of a message, or None where it has none that is a string."""
    try:
        cmd = _name_decoder.decode(message).cmd
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return cmd


def command_id(message: bytes) -> int | None:
    """Give the ``id`` of a message, or None where it has none that is an integer."""
    try:
        return _id_decoder.decode(message).id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


class _BaseEnable(Message, tag="enable"):
    type: str
    server: str


class _BaseDisable(Message, tag="disable"):
    type: str
    server: str


class _BaseKeepalive(Message, tag="keepalive"):
    pass


_Base = StreamEnvironment | Offer | ListAvailable | ListEnabled | History
_base_decoder: Final[msgspec.json.Decoder[_BaseEnable | _BaseDisable | _BaseKeepalive | _Base]] = (
    msgspec.json.Decoder(_BaseEnable | _BaseDisable | _BaseKeepalive | _Base)
)


def _extend(command: _BaseEnable | _BaseDisable | _BaseKeepalive | _Base) -> Command:
    match command:
        case _BaseEnable(type=log_type, server=server):
            return Enable(type=log_type, server=server)
        case _BaseDisable(type=log_type, server=server):
            return Disable(type=log_type, server=server)
        case _BaseKeepalive():
            return Keepalive()
        case _:
            return command


class _Id(msgspec.Struct):
    id: int | None = None


class _Name(msgspec.Struct):
    cmd: str


_name_decoder: Final = msgspec.json.Decoder(_Name)
_id_decoder: Final = msgspec.json.Decoder(_Id)
_extended_decoder: Final[msgspec.json.Decoder[ExtendedReport]] = msgspec.json.Decoder(
    ExtendedReport
)
_REPORT_NAMES: Final = ("connected", "available", "success", "error", "enabled", "line")


@cache  # two or three line types in a process
def _report_decoder(line: type[Message]) -> Any:
    return msgspec.json.Decoder(Connected | Available | Success | Error | Enabled | line)


class _Never(Message, tag=""):
    """No message at all: beside it a line must have its ``cmd``, which alone it need not."""


@cache
def _line_decode(line: type[Message]) -> Callable[[bytes], Any]:
    return msgspec.json.Decoder(line | _Never).decode


def _diagnose(message: bytes, failure: Exception) -> str:
    """Say in one line why a command could not be read."""
    try:
        value = msgspec.json.decode(message)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as reason:
        return f"message is not JSON: {reason}"
    if not isinstance(value, dict):
        return "message is not a JSON object"
    if "cmd" not in value:
        return "message missing cmd parameter"
    cmd = value["cmd"]
    if not isinstance(cmd, str):
        return "cmd must be a string"
    if cmd not in _COMMAND_NAMES:
        return f"unknown cmd: {cmd[:64]}"
    return f"{cmd}: {failure}"
