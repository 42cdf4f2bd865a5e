import json

import pytest

from logstream.errors import BadMessage
from logstream.model.limits import DURING_MAX_BYTES
from logstream.protocol import codec
from logstream.protocol.messages import (
    Connected,
    Disable,
    Disconnected,
    Enable,
    Keepalive,
    Line,
    LineHeader,
    LinesHeader,
    ListAvailable,
    Message,
)

DEEP = b"[" * 20_000 + b"]" * 20_000

UNREADABLE = [
    pytest.param(b"", "message is not JSON", id="empty"),
    pytest.param(b"hello", "message is not JSON", id="no JSON"),
    pytest.param(b'{"cmd":"keepalive"', "message is not JSON", id="cut JSON"),
    pytest.param(b'{"cmd":"keepalive"} x', "message is not JSON", id="more than one value"),
    pytest.param(b'\xef\xbb\xbf{"cmd":"keepalive"}', "message is not JSON", id="byte order mark"),
    pytest.param(b'{"cmd":"keepalive","x":"\\q"}', "message is not JSON", id="bad escape"),
    pytest.param(b'{"cmd":"\\ud800"}', "message is not JSON", id="half a surrogate pair"),
    pytest.param(
        b'{"cmd":"keepalive","x":%b}' % DEEP, "message is not JSON", id="deep unknown key"
    ),
    pytest.param(DEEP, "message is not JSON", id="deep"),
    pytest.param(b"[]", "message is not a JSON object", id="list"),
    pytest.param(b'"keepalive"', "message is not a JSON object", id="string"),
    pytest.param(b"7", "message is not a JSON object", id="number"),
    pytest.param(b"null", "message is not a JSON object", id="null"),
    pytest.param(b"{}", "message missing cmd parameter", id="empty object"),
    pytest.param(b'{"CMD":"enable"}', "message missing cmd parameter", id="other key"),
    pytest.param(b'{"cmd":7}', "cmd must be a string", id="cmd a number"),
    pytest.param(b'{"cmd":null}', "cmd must be a string", id="cmd null"),
    pytest.param(b'{"cmd":"explode"}', "unknown cmd: explode", id="unknown cmd"),
    pytest.param(b'{"cmd":"line"}', "unknown cmd: line", id="a report for a command"),
    pytest.param(b'{"cmd":"enable"}', "enable: Object missing required field", id="no type"),
    pytest.param(
        b'{"cmd":"enable","type":7,"server":"s"}', "enable: Expected `str`", id="type a number"
    ),
    pytest.param(
        b'{"cmd":"list-available","server":[]}', "list-available: Expected", id="server a list"
    ),
    pytest.param(
        b'{"cmd":"stream-environment","site":"s","env":"e","t":true,"d":"x"}',
        "stream-environment: Expected",
        id="t a boolean",
    ),
]


@pytest.mark.parametrize(("message", "description"), UNREADABLE)
def test_a_command_that_cannot_be_read_is_diagnosed(message: bytes, description: str) -> None:
    with pytest.raises(BadMessage) as bad:
        codec.decode_command(message)
    assert str(bad.value).startswith(description)
    assert "\n" not in str(bad.value)
    assert bad.value.code == 400


@pytest.mark.parametrize(("message", "description"), UNREADABLE)
def test_what_cannot_be_read_is_repeated_to_its_sender(message: bytes, description: str) -> None:
    with pytest.raises(BadMessage) as bad:
        codec.decode_command(message)
    assert bad.value.during == message.decode()[: len(bad.value.during)]
    assert len(bad.value.during) == min(len(message.decode()), DURING_MAX_BYTES)


def test_the_description_for_a_missing_cmd_is_word_for_word_the_known_one() -> None:
    with pytest.raises(BadMessage, match=r"^message missing cmd parameter$"):
        codec.decode_command(b'{"type":"php-error"}')


def test_an_unknown_cmd_is_not_repeated_at_any_length() -> None:
    with pytest.raises(BadMessage) as bad:
        codec.decode_command(b'{"cmd":"%b"}' % (b"x" * 5000))
    assert len(str(bad.value)) < 100


def test_unknown_keys_are_ignored() -> None:
    assert codec.decode_command(b'{"cmd":"keepalive","x":7,"a":{"b":[]}}') == Keepalive()


@pytest.mark.parametrize("keys", [b'"id":"x"', b'"after":5', b'"show":["a"]', b'"within":{}'])
def test_keys_of_the_extended_protocol_are_none_on_a_base_session(keys: bytes) -> None:
    """S1: base sessions never see anything of it."""
    message = b'{"cmd":"enable","type":"t","server":"s",' + keys + b"}"
    assert codec.decode_command(message, extended=False) == Enable(type="t", server="s")
    with pytest.raises(BadMessage):
        codec.decode_command(message)


@pytest.mark.parametrize(
    ("command", "read"),
    [
        (b'{"cmd":"disable","type":"t","server":"s","id":1}', Disable(type="t", server="s")),
        (b'{"cmd":"keepalive","id":[]}', Keepalive()),
        (b'{"cmd":"list-available"}', ListAvailable()),
    ],
)
def test_other_commands_of_a_base_session_are_read_as_ever(command: bytes, read: Message) -> None:
    assert codec.decode_command(command, extended=False) == read


@pytest.mark.parametrize(
    ("head", "read"),
    [
        (b'{"cmd":"disconnected","server":"s"}', Disconnected(server="s")),
        (
            b'{"cmd":"lines","server":"s","type":"t","stream":"","n":0,"after":"","next":"A:1"}',
            LinesHeader(server="s", type="t", stream="", n=0, after="", next="A:1"),
        ),
        (b'{"cmd":"weather"}', None),
    ],
)
def test_reports_of_extended_sessions_are_read(head: bytes, read: Message | None) -> None:
    assert codec.decode_extended(head) == read


@pytest.mark.parametrize("head", [b"", b"[]", b'{"cmd":"lines"}', b'{"cmd":"gap","id":1}'])
def test_what_is_no_report_of_an_extended_session_is_said(head: bytes) -> None:
    with pytest.raises(BadMessage):
        codec.decode_extended(head)


def test_answers_carry_the_commands_id() -> None:
    assert json.loads(codec.success(b"{}", server="s", answers=7))["id"] == 7
    assert json.loads(codec.error(400, "no", during="", server="s", answers=7))["id"] == 7
    assert "id" not in json.loads(codec.error(400, "no", during="", server="s"))
    assert codec.command_id(b'{"id":7}') == 7
    assert codec.command_id(b'{"id":"7"}') is codec.command_id(b"x") is None


def test_keys_may_come_in_any_order_and_with_white_space() -> None:
    message = b' {\n "server" : "s",\t"type":"t", "cmd":"enable" }\n'
    assert codec.decode_command(message) == Enable(type="t", server="s")


def test_during_is_cut_without_a_broken_character_in_the_json() -> None:
    during = codec.as_during("é".encode() * DURING_MAX_BYTES)
    assert len(during.encode()) <= DURING_MAX_BYTES
    assert set(during) == {"é"}
    odd = codec.as_during(b"x" + "é".encode() * DURING_MAX_BYTES)
    assert set(odd) == {"x", "é"}


def test_success_repeats_the_very_object_that_was_received() -> None:
    received = b'{"cmd":"enable", "type":"t","server":"s","mine":[1.50,{"x":null}]}'
    said = codec.success(received, server="s")
    assert received in said
    assert json.loads(said) == {"cmd": "success", "server": "s", "msg": json.loads(received)}


def test_success_of_an_offer_says_how_long_it_lives() -> None:
    """S3."""
    assert json.loads(codec.success(b"{}", server="h", life_s=3600.0))["life_s"] == 3600


def test_an_error_has_all_of_its_keys_even_where_nothing_triggered_it() -> None:
    assert json.loads(codec.error(401, "no ticket", during="", server="h")) == {
        "cmd": "error",
        "code": 401,
        "description": "no ticket",
        "during": "",
        "server": "h",
    }


def test_during_is_the_message_as_a_string_of_json() -> None:
    said = codec.error(400, "bad", during='{"cmd":"x"}', server="h")
    assert b'"during":"{\\"cmd\\":\\"x\\"}"' in said


def test_available_says_the_display_name_under_both_names_that_clients_read() -> None:
    said = json.loads(codec.available(log_type="t", server="s", display_name="My type"))
    assert said["display_type"] == said["display"] == "My type"


def test_a_report_of_an_unknown_cmd_is_none_of_our_business() -> None:
    assert codec.decode_report(b'{"cmd":"gap","server":"s"}', Line) is None


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"[]",
        b"{}",
        b'{"cmd":"connected"}',
        b'{"cmd":"line","server":"s"}',
        b'{"cmd":"enabled","enabled":"t"}',
        b'{"cmd":"error","code":"400"}',
        DEEP,
    ],
)
def test_a_report_that_breaks_the_protocol_is_told(message: bytes) -> None:
    with pytest.raises(BadMessage, match="unreadable message"):
        codec.decode_report(message, Line)


def test_a_line_is_read_as_the_type_that_was_asked_for() -> None:
    line = b'{"cmd":"line","log_type":"t","server":"s","text":"x","unix_time":1,"disp_time":"d"}'
    assert isinstance(codec.decode_report(line, LineHeader), LineHeader)
    assert isinstance(codec.decode_report(line, Line), Line)
    assert codec.decode_report(b'{"cmd":"connected","server":"s"}', Line) == Connected(server="s")


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (b'{"x":1,"cmd":"offer"}', "offer"),
        (b'{"cmd":7}', None),
        (b"[", None),
        (b"{}", None),
        (DEEP, None),
    ],
)
def test_the_name_of_any_message_can_be_read(message: bytes, name: str | None) -> None:
    assert codec.command_name(message) == name


def test_text_of_any_kind_survives_the_wire() -> None:
    text = 'quote " backslash \\ nul \x00 escape \x1b line\nfeed é 😀 \u2028 \ufffd'
    assert json.loads(codec.encode_text(text)) == text


LINES = [
    b'{"cmd":"line","log_type":"t","server":"s"}',
    b'{"server":"s","log_type":"u","cmd":"line"}',
]


def test_lines_are_read_together() -> None:
    lines = codec.decode_lines(LINES, LineHeader)
    assert lines == [LineHeader(log_type="t", server="s"), LineHeader(log_type="u", server="s")]


@pytest.mark.parametrize(
    "other",
    [
        b'{"cmd":"connected","server":"s"}',
        b'{"log_type":"t","server":"s"}',
        b'{"cmd":"line","log_type":"t"}',
        b'{"cmd":"line","log_type":7,"server":"s"}',
        b'{"cmd":"weather","log_type":"t","server":"s"}',
        LINES[0] + LINES[1],
        LINES[0][:-1],
        b"\xff",
        b"",
        DEEP,
    ],
)
def test_what_is_not_all_lines_is_not_read_together(other: bytes) -> None:
    assert codec.decode_lines([*LINES, other], LineHeader) is None
