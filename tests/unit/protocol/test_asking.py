"""The asking side alone; both sides together are in tests/properties/test_dialogue.py."""

import json
from typing import Any

import pytest

from logstream.errors import BadMessage
from logstream.model.source import Source
from logstream.protocol import codec
from logstream.protocol.asking import (
    Asking,
    EnabledListed,
    Refused,
    ServerConnected,
    SourceFlows,
    SourceOffered,
    Succeeded,
)
from logstream.protocol.messages import Line, LineHeader

SOURCE = Source("srv-6", "php-error")
ENABLE = b'{"cmd":"enable","type":"php-error","server":"srv-6"}'
DISABLE = b'{"cmd":"disable","type":"php-error","server":"srv-6"}'
LINE = b'{"cmd":"line","log_type":"php-error","server":"srv-6","text":"x"}'


class Said(list[bytes]):
    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(message) for message in self]


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def asking(said: Said) -> Asking[Line]:
    return Asking(send=said.append, line=Line)


def test_the_ticket_is_passed_on_as_the_cloud_api_gave_it(asking: Asking[Line], said: Said) -> None:
    asking.stream_environment(site="devcloud:mysite", env="dev", t="1700000000", d="ab.cd")
    assert said.messages == [
        {
            "cmd": "stream-environment",
            "site": "devcloud:mysite",
            "env": "dev",
            "t": "1700000000",
            "d": "ab.cd",
        }
    ]


def test_each_command_is_one_message(asking: Asking[Line], said: Said) -> None:
    asking.list_available()
    asking.list_available("srv-6")
    asking.enable(SOURCE)
    asking.list_enabled()
    asking.list_enabled("srv-6")
    asking.disable(SOURCE)
    asking.keepalive()
    assert said.messages == [
        {"cmd": "list-available"},
        {"cmd": "list-available", "server": "srv-6"},
        {"cmd": "enable", "type": "php-error", "server": "srv-6"},
        {"cmd": "list-enabled"},
        {"cmd": "list-enabled", "server": "srv-6"},
        {"cmd": "disable", "type": "php-error", "server": "srv-6"},
        {"cmd": "keepalive"},
    ]


def test_a_server_is_remembered(asking: Asking[Line]) -> None:
    event = asking.receive(b'{"cmd":"connected","server":"srv-6"}')
    assert event == ServerConnected("srv-6")
    assert asking.servers == {"srv-6"}


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ({"display_type": "PHP error"}, "PHP error"),
        ({"display": "PHP error"}, "PHP error"),
        ({"display_type": "Errors", "display": "PHP error"}, "Errors"),
        ({}, "PHP error"),
    ],
)
def test_a_source_is_offered_under_the_name_that_there_is(
    asking: Asking[Line], keys: dict[str, str], name: str
) -> None:
    message = {"cmd": "available", "type": "php-error", "server": "srv-6", **keys}
    assert asking.receive(json.dumps(message).encode()) == SourceOffered(SOURCE, name)
    assert asking.offered == {SOURCE: name}


def test_success_of_enable_makes_a_source_flow(asking: Asking[Line]) -> None:
    asking.enable(SOURCE)
    assert asking.flowing == set()
    assert asking.receive(codec.success(ENABLE, server="srv-6")) == SourceFlows(SOURCE)
    assert asking.flowing == {SOURCE}


def test_success_of_an_enable_that_was_never_sent_makes_nothing_flow(asking: Asking[Line]) -> None:
    """Else one who answers on and on what nobody asked would fill the memory."""
    succeeded = asking.receive(codec.success(ENABLE, server="srv-6"))
    assert succeeded == Succeeded("enable", "srv-6")
    assert asking.flowing == set()


def test_a_disabled_source_flows_no_more(asking: Asking[Line]) -> None:
    asking.enable(SOURCE)
    asking.receive(codec.success(ENABLE, server="srv-6"))
    asking.disable(SOURCE)
    assert asking.flowing == set()
    succeeded = asking.receive(codec.success(DISABLE, server="srv-6"))
    assert succeeded == Succeeded("disable", "srv-6")


def test_an_answer_to_an_earlier_enable_is_not_taken_for_the_later_ones(
    asking: Asking[Line],
) -> None:
    asking.enable(SOURCE)
    asking.disable(SOURCE)
    asking.enable(SOURCE)
    assert asking.receive(codec.success(ENABLE, server="srv-6")) is None
    assert asking.flowing == set()
    asking.receive(codec.success(DISABLE, server="srv-6"))
    assert asking.receive(codec.success(ENABLE, server="srv-6")) == SourceFlows(SOURCE)
    assert asking.flowing == {SOURCE}


def test_only_the_last_of_several_disables_ends_what_was_before(asking: Asking[Line]) -> None:
    for _ in range(2):
        asking.enable(SOURCE)
        asking.disable(SOURCE)
    asking.enable(SOURCE)
    for _ in range(2):
        assert asking.receive(codec.success(ENABLE, server="srv-6")) is None
        asking.receive(codec.success(DISABLE, server="srv-6"))
    assert asking.receive(codec.success(ENABLE, server="srv-6")) == SourceFlows(SOURCE)


def test_a_refused_disable_is_answered_too(asking: Asking[Line]) -> None:
    asking.disable(SOURCE)
    asking.enable(SOURCE)
    asking.receive(codec.error(404, "no such source", during=DISABLE.decode(), server="srv-6"))
    assert asking.receive(codec.success(ENABLE, server="srv-6")) == SourceFlows(SOURCE)


def test_an_answer_to_a_disable_that_was_never_sent_changes_nothing(asking: Asking[Line]) -> None:
    asking.receive(codec.success(DISABLE, server="srv-6"))
    asking.enable(SOURCE)
    assert asking.receive(codec.success(ENABLE, server="srv-6")) == SourceFlows(SOURCE)


def test_a_line_comes_as_the_type_that_was_asked_for(asking: Asking[Line], said: Said) -> None:
    assert asking.receive(LINE) == Line(log_type="php-error", server="srv-6", text="x")
    of_a_hub = Asking(send=said.append, line=LineHeader)
    assert of_a_hub.receive(LINE) == LineHeader(log_type="php-error", server="srv-6")


@pytest.mark.parametrize(
    ("during", "cmd", "source"),
    [
        (ENABLE.decode(), "enable", SOURCE),
        (DISABLE.decode(), "disable", SOURCE),
        ('{"cmd":"list-enabled"}', "list-enabled", None),
        ('{"cmd":"enable","type":"php-error"}', "enable", None),
        ('{"cmd":"enable","type":"php-err', None, None),
        ("", None, None),
        ("[1]", None, None),
        ('{"cmd":7}', None, None),
    ],
)
def test_an_error_names_the_command_that_it_answers_where_it_can_be_read(
    asking: Asking[Line], during: str, cmd: str | None, source: Source | None
) -> None:
    event = asking.receive(codec.error(404, "no such source", during=during, server="hub"))
    assert event == Refused(404, "no such source", "hub", cmd, source)


def test_success_of_any_other_command_says_which(asking: Asking[Line]) -> None:
    keepalive = codec.success(b'{"cmd":"keepalive"}', server="hub")
    assert asking.receive(keepalive) == Succeeded("keepalive", "hub")
    nameless = b'{"cmd":"success","server":"hub"}'
    assert asking.receive(nameless) == Succeeded("", "hub")


def test_the_enabled_types_of_a_server_are_listed(asking: Asking[Line]) -> None:
    event = asking.receive(b'{"cmd":"enabled","server":"srv-6","enabled":["php-error","x"]}')
    assert event == EnabledListed("srv-6", ("php-error", "x"))


def test_what_is_unknown_is_passed_over(asking: Asking[Line]) -> None:
    assert asking.receive(b'{"cmd":"weather","server":"srv-6"}') is None


def test_what_breaks_the_protocol_is_told(asking: Asking[Line]) -> None:
    with pytest.raises(BadMessage):
        asking.receive(b'{"cmd":"available"}')
