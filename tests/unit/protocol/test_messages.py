"""Each message on the wire, key by key, as the table of the base protocol has it."""

import json
from typing import Any

import pytest

from logstream.protocol.codec import decode_command, decode_report, encode
from logstream.protocol.messages import (
    Available,
    Command,
    Connected,
    Disable,
    Enable,
    Enabled,
    Error,
    Keepalive,
    Line,
    LineHeader,
    ListAvailable,
    ListEnabled,
    Message,
    Offer,
    StreamEnvironment,
    Success,
)

COMMANDS: list[tuple[Command, dict[str, Any]]] = [
    (
        StreamEnvironment(site="devcloud:mysite", env="dev", t=1700000000, d="abc.key"),
        {
            "cmd": "stream-environment",
            "site": "devcloud:mysite",
            "env": "dev",
            "t": 1700000000,
            "d": "abc.key",
        },
    ),
    (
        Offer(site="devcloud:mysite", env="dev", server="srv-6", instance="i", t=17, d="abc.key"),
        {
            "cmd": "offer",
            "site": "devcloud:mysite",
            "env": "dev",
            "server": "srv-6",
            "instance": "i",
            "t": 17,
            "d": "abc.key",
        },
    ),
    (ListAvailable(), {"cmd": "list-available"}),
    (ListAvailable(server="srv-6"), {"cmd": "list-available", "server": "srv-6"}),
    (
        Enable(type="php-error", server="srv-6"),
        {"cmd": "enable", "type": "php-error", "server": "srv-6"},
    ),
    (
        Disable(type="php-error", server="srv-6"),
        {"cmd": "disable", "type": "php-error", "server": "srv-6"},
    ),
    (ListEnabled(), {"cmd": "list-enabled"}),
    (ListEnabled(server="srv-6"), {"cmd": "list-enabled", "server": "srv-6"}),
    (Keepalive(), {"cmd": "keepalive"}),
]
REPORTS: list[tuple[Message, dict[str, Any]]] = [
    (Connected(server="srv-6"), {"cmd": "connected", "server": "srv-6"}),
    (
        Available(
            type="bal-request",
            server="bal-4",
            display_type="Balancer request",
            display="Balancer request",
        ),
        {
            "cmd": "available",
            "type": "bal-request",
            "server": "bal-4",
            "display_type": "Balancer request",
            "display": "Balancer request",
        },
    ),
    (
        Success(server="srv-6", life_s=3600.0),
        {"cmd": "success", "server": "srv-6", "life_s": 3600.0, "msg": {}},
    ),
    (
        Error(code=404, description="no such source", during="{}", server="srv-6"),
        {
            "cmd": "error",
            "code": 404,
            "description": "no such source",
            "during": "{}",
            "server": "srv-6",
        },
    ),
    (
        Enabled(enabled=["php-error"], server="srv-6"),
        {"cmd": "enabled", "enabled": ["php-error"], "server": "srv-6"},
    ),
    (
        Line(
            log_type="bal-request",
            server="bal-4",
            text="GET /",
            unix_time=1700000000,
            disp_time="2023-11-14 22:13:20",
            http_status=200,
            request_id="v-1",
        ),
        {
            "cmd": "line",
            "log_type": "bal-request",
            "server": "bal-4",
            "text": "GET /",
            "unix_time": 1700000000,
            "disp_time": "2023-11-14 22:13:20",
            "http_status": 200,
            "request_id": "v-1",
        },
    ),
]


@pytest.mark.parametrize(("command", "keys"), COMMANDS)
def test_a_command_has_these_keys_on_the_wire(command: Command, keys: dict[str, Any]) -> None:
    keys_with_defaults_left_out = json.loads(encode(command))
    assert keys_with_defaults_left_out == keys


@pytest.mark.parametrize(("command", "keys"), COMMANDS)
def test_a_command_is_read_back_from_its_keys(command: Command, keys: dict[str, Any]) -> None:
    assert decode_command(json.dumps(keys).encode()) == command


@pytest.mark.parametrize(("report", "keys"), REPORTS)
def test_a_report_is_read_back_from_its_keys(report: Message, keys: dict[str, Any]) -> None:
    assert decode_report(json.dumps(keys).encode(), Line) == report


@pytest.mark.parametrize(("report", "keys"), [r for r in REPORTS if type(r[0]) is not Success])
def test_a_report_has_these_keys_on_the_wire(report: Message, keys: dict[str, Any]) -> None:
    assert json.loads(encode(report)) == keys


def test_a_line_without_time_status_and_request_says_none_of_them() -> None:
    line = decode_report(b'{"cmd":"line","log_type":"t","server":"s","text":"x"}', Line)
    assert line == Line(log_type="t", server="s", text="x")


def test_a_hub_reads_no_more_of_a_line_than_its_source() -> None:
    line = decode_report(
        b'{"cmd":"line","unix_time":"odd","log_type":"t","server":"s"}', LineHeader
    )
    assert line == LineHeader(log_type="t", server="s")


def test_t_may_be_a_number_or_a_string_of_digits() -> None:
    for t in (b"1700000000", b'"1700000000"', b"1700000000.0"):
        command = decode_command(
            b'{"cmd":"stream-environment","site":"s","env":"e","d":"x","t":%b}' % t
        )
        assert isinstance(command, StreamEnvironment)
        assert int(command.t) == 1700000000
