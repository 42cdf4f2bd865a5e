"""The answering side alone; both sides together are in tests/properties/test_dialogue.py."""

import json
from typing import Any

import pytest

from logstream.model.limits import PENDING_ENABLES_MAX
from logstream.model.source import Source
from logstream.protocol import answering
from logstream.protocol.answering import Answering
from logstream.protocol.wishes import DisableWanted, EnableWanted, Request

HUB = "logstream-hub-1"
PHP = Source("srv-6", "php-error")
APACHE = Source("srv-6", "apache-request")
BALANCER = Source("bal-4", "bal-request")
ENABLE = {"cmd": "enable", "type": "php-error", "server": "srv-6"}
DISABLE = {"cmd": "disable", "type": "php-error", "server": "srv-6"}


class Upstream:
    """Who talks to an answering side that has two servers."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.wishes: dict[Source, EnableWanted] = {}
        self.answering = Answering(name=HUB, send=lambda m: self.heard.append(json.loads(m)))
        self.answering.server_connected("srv-6")
        self.answering.available(PHP, "PHP error")
        self.answering.available(APACHE, "Apache request")
        self.answering.server_connected("bal-4")
        self.answering.available(BALANCER, "Balancer request")
        self.introduced = self.take()

    def say(self, message: dict[str, Any] | bytes) -> Request | None:
        raw = message if isinstance(message, bytes) else json.dumps(message).encode()
        request = self.answering.receive(raw)
        if isinstance(request, EnableWanted):
            self.wishes[request.source] = request
            return request._replace(message=b"{}")
        return request

    def acknowledge(self, source: Source) -> None:
        """The node tells that what was wanted flows."""
        wish = self.wishes.get(source, EnableWanted(source))
        self.answering.enabled(wish, after="A:0", now_s=1.5)

    def take(self) -> list[dict[str, Any]]:
        heard, self.heard[:] = list(self.heard), []
        return heard

    def answer(self, message: dict[str, Any] | bytes) -> list[dict[str, Any]]:
        assert self.say(message) is None
        return self.take()


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


def success(message: dict[str, Any], server: str = "srv-6") -> dict[str, Any]:
    return {"cmd": "success", "server": server, "msg": message}


def available(source: Source, name: str) -> dict[str, Any]:
    return {
        "cmd": "available",
        "type": source.log_type,
        "server": source.server,
        "display_type": name,
        "display": name,
    }


def enabled(server: str, *log_types: str) -> dict[str, Any]:
    return {"cmd": "enabled", "server": server, "enabled": list(log_types)}


# --- servers and sources ------------------------------------------------------------------------


def test_servers_and_sources_are_told_as_they_come(upstream: Upstream) -> None:
    assert upstream.introduced == [
        {"cmd": "connected", "server": "srv-6"},
        available(PHP, "PHP error"),
        available(APACHE, "Apache request"),
        {"cmd": "connected", "server": "bal-4"},
        available(BALANCER, "Balancer request"),
    ]


def test_neither_is_told_again_when_a_server_returns(upstream: Upstream) -> None:
    upstream.answering.server_left("srv-6")
    upstream.answering.server_connected("srv-6")
    upstream.answering.available(PHP, "PHP error")
    assert upstream.take() == []


def test_a_new_type_of_a_server_that_returns_is_told(upstream: Upstream) -> None:
    upstream.answering.server_left("srv-6")
    upstream.answering.server_connected("srv-6")
    upstream.answering.available(Source("srv-6", "mysql-slow"), "MySQL slow query")
    assert upstream.take() == [available(Source("srv-6", "mysql-slow"), "MySQL slow query")]


def test_nothing_is_told_when_a_server_leaves(upstream: Upstream) -> None:
    upstream.answering.server_left("srv-6")
    upstream.answering.server_left("never-seen")
    assert upstream.take() == []


# --- enable and disable -------------------------------------------------------------------------


def test_success_of_enable_follows_when_the_source_flows(upstream: Upstream) -> None:
    assert upstream.say(ENABLE) == EnableWanted(PHP)
    assert upstream.take() == []
    upstream.acknowledge(PHP)
    assert upstream.take() == [success(ENABLE)]


def test_success_repeats_keys_that_are_unknown_here(upstream: Upstream) -> None:
    message = {**ENABLE, "mine": {"n": [1.5, None]}}
    upstream.say(message)
    upstream.acknowledge(PHP)
    assert upstream.take() == [success(message)]


def test_enabling_twice_is_success_again_and_restarts_nothing(upstream: Upstream) -> None:
    upstream.say(ENABLE)
    upstream.acknowledge(PHP)
    upstream.take()
    assert upstream.answer(ENABLE) == [success(ENABLE)]
    upstream.acknowledge(PHP)
    assert upstream.take() == []


def test_each_enable_that_waits_gets_its_own_success_in_order(upstream: Upstream) -> None:
    first, second = {**ENABLE, "n": 1}, {**ENABLE, "n": 2}
    assert upstream.say(first) == EnableWanted(PHP)
    assert upstream.say(second) is None
    upstream.acknowledge(PHP)
    assert upstream.take() == [success(first), success(second)]


def test_an_enable_waits_while_its_server_is_away(upstream: Upstream) -> None:
    upstream.answering.server_left("srv-6")
    assert upstream.say(ENABLE) == EnableWanted(PHP)
    assert upstream.take() == []
    upstream.answering.server_connected("srv-6")
    upstream.acknowledge(PHP)
    assert upstream.take() == [success(ENABLE)]


def test_an_enable_again_waits_too_once_its_server_is_away(upstream: Upstream) -> None:
    upstream.say(ENABLE)
    upstream.acknowledge(PHP)
    upstream.take()
    upstream.answering.server_left("srv-6")
    assert upstream.say(ENABLE) == EnableWanted(PHP)
    assert upstream.take() == []
    upstream.acknowledge(PHP)
    assert upstream.take() == [success(ENABLE)]


def test_the_servers_return_is_not_told_to_who_had_success_already(upstream: Upstream) -> None:
    upstream.say(ENABLE)
    upstream.acknowledge(PHP)
    upstream.take()
    upstream.answering.server_left("srv-6")
    upstream.answering.server_connected("srv-6")
    upstream.acknowledge(PHP)
    assert upstream.take() == []


def test_another_servers_leaving_changes_nothing(upstream: Upstream) -> None:
    upstream.say(ENABLE)
    upstream.acknowledge(PHP)
    upstream.take()
    upstream.answering.server_left("bal-4")
    assert upstream.answer(ENABLE) == [success(ENABLE)]


def test_enables_without_end_for_a_server_that_is_away_cost_little_and_are_no_error(
    upstream: Upstream,
) -> None:
    upstream.answering.server_left("srv-6")
    for n in range(PENDING_ENABLES_MAX * 3):
        upstream.say({**ENABLE, "n": n})
    assert upstream.take() == []
    upstream.acknowledge(PHP)
    answered = [said["msg"]["n"] for said in upstream.take()]
    assert answered == list(range(PENDING_ENABLES_MAX * 2, PENDING_ENABLES_MAX * 3))


def test_enables_that_wait_take_bounded_memory(upstream: Upstream) -> None:
    """Else a guest could make a hub hold gigabytes, as 64 KiB each for servers that are away."""
    upstream.answering.server_left("srv-6")
    long = {**ENABLE, "note": "x" * 65_000}
    for number in range(PENDING_ENABLES_MAX):
        upstream.say({**long, "number": number})
    assert upstream.take() == []
    (error,) = upstream.answer({**long, "type": "apache-request"})
    assert (error["cmd"], error["code"]) == ("error", 400)
    assert "wait for their servers" in error["description"]
    upstream.say(DISABLE)
    upstream.take()
    assert upstream.say({**long, "type": "apache-request"}) == EnableWanted(APACHE)
    assert upstream.take() == []


def test_what_was_answered_waits_no_longer(upstream: Upstream) -> None:
    long = {**ENABLE, "note": "x" * 65_000}
    for _ in range(3 * PENDING_ENABLES_MAX):
        upstream.answering.server_left("srv-6")
        upstream.say(long)
        upstream.acknowledge(PHP)
    assert {message["cmd"] for message in upstream.take()} == {"success"}


def test_names_that_come_and_go_fill_no_memory(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "SOURCES_REMEMBERED_MAX", 10)
    upstream.say(ENABLE)
    upstream.answering.server_left("srv-6")
    for number in range(100):
        server = f"srv-{1000 + number}"
        upstream.answering.server_connected(server)
        upstream.answering.available(Source(server, "php-error"), "PHP error")
        upstream.answering.server_left(server)
    assert len(upstream.answering._offered) <= 10
    assert len(upstream.answering._connected) <= 10
    assert {PHP, BALANCER} <= set(upstream.answering._offered), "what is wanted, and what is there"
    upstream.take()
    upstream.acknowledge(PHP)
    assert upstream.take() == [success(ENABLE)]


def test_disable_succeeds_at_once(upstream: Upstream) -> None:
    upstream.say(ENABLE)
    upstream.acknowledge(PHP)
    upstream.take()
    assert upstream.say(DISABLE) == DisableWanted(PHP)
    assert upstream.take() == [success(DISABLE)]


def test_disabling_what_is_not_enabled_succeeds_and_asks_nothing(upstream: Upstream) -> None:
    assert upstream.answer(DISABLE) == [success(DISABLE)]


def test_an_enable_that_waited_when_it_was_disabled_is_not_answered_later(
    upstream: Upstream,
) -> None:
    upstream.say(ENABLE)
    assert upstream.say(DISABLE) == DisableWanted(PHP)
    assert upstream.take() == [success(DISABLE)]
    upstream.acknowledge(PHP)
    assert upstream.take() == []


def test_a_second_enable_after_a_disable_waits_for_its_own_answer(upstream: Upstream) -> None:
    upstream.say(ENABLE)
    upstream.acknowledge(PHP)
    upstream.say(DISABLE)
    upstream.take()
    assert upstream.say(ENABLE) == EnableWanted(PHP)
    assert upstream.take() == []
    upstream.acknowledge(PHP)
    assert upstream.take() == [success(ENABLE)]


def test_what_nobody_enabled_cannot_be_acknowledged(upstream: Upstream) -> None:
    upstream.acknowledge(PHP)
    assert upstream.take() == []
    assert upstream.say(ENABLE) == EnableWanted(PHP)


@pytest.mark.parametrize("cmd", ["enable", "disable"])
@pytest.mark.parametrize(
    ("log_type", "server"),
    [("bal-request", "srv-6"), ("php-error", "srv-7"), ("", ""), ("x" * 9000, "srv-6")],
)
def test_a_source_that_was_never_offered_is_404(
    upstream: Upstream, cmd: str, log_type: str, server: str
) -> None:
    message = {"cmd": cmd, "type": log_type, "server": server}
    (error,) = upstream.answer(message)
    assert error["code"] == 404
    assert error["server"] == HUB
    assert json.dumps(message).startswith(error["during"])
    assert log_type[:64] in error["description"]
    assert len(error["description"]) < 250


# --- lists --------------------------------------------------------------------------------------


def test_list_available_lists_all_sources(upstream: Upstream) -> None:
    assert upstream.answer({"cmd": "list-available"}) == [
        available(PHP, "PHP error"),
        available(APACHE, "Apache request"),
        available(BALANCER, "Balancer request"),
    ]


def test_list_available_of_one_server_lists_its_sources(upstream: Upstream) -> None:
    answer = upstream.answer({"cmd": "list-available", "server": "bal-4"})
    assert answer == [available(BALANCER, "Balancer request")]


def test_list_available_leaves_out_what_is_away(upstream: Upstream) -> None:
    upstream.answering.server_left("srv-6")
    assert upstream.answer({"cmd": "list-available"}) == [available(BALANCER, "Balancer request")]
    assert upstream.answer({"cmd": "list-available", "server": "srv-6"}) == []


def test_list_available_has_the_latest_display_name(upstream: Upstream) -> None:
    upstream.answering.available(BALANCER, "Load balancer")
    answer = upstream.answer({"cmd": "list-available", "server": "bal-4"})
    assert answer == [available(BALANCER, "Load balancer")]


def test_list_enabled_is_answered_for_each_server_that_is_there(upstream: Upstream) -> None:
    upstream.say(ENABLE)
    assert upstream.answer({"cmd": "list-enabled"}) == [
        enabled(HUB),
        enabled("srv-6", "php-error"),
        enabled("bal-4"),
    ]


def test_list_enabled_of_one_server_is_answered_for_it(upstream: Upstream) -> None:
    upstream.say(ENABLE)
    answer = upstream.answer({"cmd": "list-enabled", "server": "srv-6"})
    assert answer == [enabled("srv-6", "php-error")]


def test_list_enabled_of_a_server_that_is_away_shows_what_waits_for_it(upstream: Upstream) -> None:
    upstream.say(ENABLE)
    upstream.answering.server_left("srv-6")
    assert upstream.answer({"cmd": "list-enabled"}) == [enabled(HUB), enabled("bal-4")]
    answer = upstream.answer({"cmd": "list-enabled", "server": "srv-6"})
    assert answer == [enabled("srv-6", "php-error")]


def test_list_enabled_is_answered_even_where_there_is_no_server() -> None:
    heard: list[bytes] = []
    Answering(name=HUB, send=heard.append).receive(b'{"cmd":"list-enabled"}')
    assert [json.loads(message) for message in heard] == [enabled(HUB)]


def test_a_logtailor_that_answers_for_itself_is_listed_once() -> None:
    heard: list[bytes] = []
    answering = Answering(name="srv-6", send=heard.append)
    answering.server_connected("srv-6")
    answering.available(PHP, "PHP error")
    answering.receive(json.dumps(ENABLE).encode())
    heard.clear()
    answering.receive(b'{"cmd":"list-enabled"}')
    assert [json.loads(message) for message in heard] == [enabled("srv-6", "php-error")]


@pytest.mark.parametrize("cmd", ["list-available", "list-enabled"])
def test_a_list_of_a_server_that_was_never_there_is_404(upstream: Upstream, cmd: str) -> None:
    (error,) = upstream.answer({"cmd": cmd, "server": "srv-7"})
    assert (error["code"], error["during"]) == (404, json.dumps({"cmd": cmd, "server": "srv-7"}))


@pytest.mark.parametrize("cmd", ["list-available", "list-enabled"])
def test_the_hub_itself_may_be_asked(upstream: Upstream, cmd: str) -> None:
    answer = upstream.answer({"cmd": cmd, "server": HUB})
    assert answer == ([] if cmd == "list-available" else [enabled(HUB)])


# --- the rest -----------------------------------------------------------------------------------


def test_keepalive_is_answered_by_success(upstream: Upstream) -> None:
    message = {"cmd": "keepalive", "n": 1}
    assert upstream.answer(message) == [success(message, HUB)]


@pytest.mark.parametrize(
    "message",
    [
        {"cmd": "stream-environment", "site": "s", "env": "e", "t": 1, "d": "x"},
        {"cmd": "offer", "site": "s", "env": "e", "server": "v", "t": 1, "d": "x"},
    ],
)
def test_a_second_opening_is_an_error(upstream: Upstream, message: dict[str, Any]) -> None:
    (error,) = upstream.answer(message)
    assert error["cmd"] == "error"
    assert error["code"] == 400
    assert error["server"] == HUB
    assert error["during"] == json.dumps(message)
    assert "already" in error["description"]


@pytest.mark.parametrize(
    ("message", "description"),
    [
        (b"{}", "message missing cmd parameter"),
        (b'{"cmd":"explode"}', "unknown cmd: explode"),
        (b"enable php-error", "message is not JSON"),
        (b"[1]", "message is not a JSON object"),
        (b'{"cmd":"enable","type":1,"server":"srv-6"}', "enable: Expected `str`"),
    ],
)
def test_bad_input_is_an_error_with_all_of_its_keys(
    upstream: Upstream, message: bytes, description: str
) -> None:
    (error,) = upstream.answer(message)
    assert error["description"].startswith(description)
    assert {key: error[key] for key in ("cmd", "code", "during", "server")} == {
        "cmd": "error",
        "code": 400,
        "during": message.decode(),
        "server": HUB,
    }


def test_bad_input_changes_nothing(upstream: Upstream) -> None:
    upstream.say(ENABLE)
    upstream.acknowledge(PHP)
    upstream.take()
    for message in (b"{}", b"nonsense", b'{"cmd":"disable"}'):
        upstream.answer(message)
    assert upstream.answer(ENABLE) == [success(ENABLE)]
