import json
from typing import Any

import pytest

from doubles.clocks import SettableClock
from doubles.connections import RecordedConnection
from doubles.router_sides import RecordedDownstream, acknowledge, write
from logstream.model.limits import LINK_LIFE_S, LINK_SILENCE_MAX_S
from logstream.model.source import Environment, Source
from logstream.node.ring import RingBudget
from logstream.node.router import Router
from logstream.node.uplink import OfferTicket, Uplink
from logstream.protocol.closing import NORMAL, POLICY_VIOLATION, REPLACED
from logstream.protocol.frame import PLAIN
from logstream.telemetry.events import NodeEvents
from logstream.transport.base import Refusal

HUB = "logstream-hub-1"
ENVIRONMENT = Environment("devcloud:mysite", "dev")
PHP = Source("srv-6", "php-error")
TICKET = OfferTicket(ENVIRONMENT, "srv-6", 1_700_000_000, "ab.key", ("ws://hub",))
CONNECTED = {"cmd": "connected", "server": HUB}
SUCCESS = {"cmd": "success", "server": HUB, "msg": {"cmd": "offer"}, "life_s": 1000.0}
ENABLE = {"cmd": "enable", "type": "php-error", "server": "srv-6"}


class World:
    """A logtailor's end of a link."""

    def __init__(self, *, via: list[str] | None = None) -> None:
        self.clock = SettableClock()
        self.events = NodeEvents()
        self.router = Router(ENVIRONMENT, RingBudget(), linger_s=0.0, unix_time=lambda: 1.0)
        self.files = RecordedDownstream()
        self.router.server_connected("srv-6", self.files)
        self.router.available(PHP, "PHP error", self.files)
        self.asked_for: list[Environment] = []
        self.ended: list[tuple[int, str]] = []
        self.connection = RecordedConnection(subprotocol=PLAIN)
        self.uplink = Uplink(
            name="srv-6",
            ticket=TICKET,
            instance="i-1",
            via=via or [],
            sources=self.router_of,
            events=self.events,
            clock=self.clock,
            ended=lambda code, reason: self.ended.append((code, reason)),
        )

    def router_of(self, environment: Environment) -> Router:
        self.asked_for.append(environment)
        return self.router

    def open(self) -> None:
        self.uplink.opened(self.connection)

    def say(self, *messages: dict[str, Any] | bytes) -> list[dict[str, Any]]:
        for message in messages:
            raw = message if isinstance(message, bytes) else json.dumps(message).encode()
            self.uplink.received(raw)
        self.uplink.received_all()
        return self.connection.take()

    def begin(self) -> list[dict[str, Any]]:
        self.open()
        self.say(CONNECTED)
        return self.say(SUCCESS)


@pytest.fixture
def world() -> World:
    return World()


def test_it_waits_for_connected_before_it_offers(world: World) -> None:
    """S3: waits for ``connected``, sends ``offer``."""
    world.open()
    assert world.connection.take() == []
    assert world.say(CONNECTED) == [
        {
            "cmd": "offer",
            "site": "devcloud:mysite",
            "env": "dev",
            "server": "srv-6",
            "instance": "i-1",
            "t": 1_700_000_000,
            "d": "ab.key",
        }
    ]
    assert world.uplink.hub == HUB


def test_it_offers_once_whoever_else_is_connected(world: World) -> None:
    world.open()
    world.say(CONNECTED)
    assert world.say({"cmd": "connected", "server": "srv-9"}) == []
    assert world.uplink.hub == HUB


def test_a_hub_says_which_hubs_its_lines_pass(world: World) -> None:
    world = World(via=["logstream-hub-2"])
    world.open()
    (offer,) = world.say(CONNECTED)
    assert offer["via"] == ["logstream-hub-2"]


def test_after_success_it_begins_with_its_own_connected_and_available(world: World) -> None:
    """S3."""
    connected, available = world.begin()
    assert connected == {"cmd": "connected", "server": "srv-6"}
    assert (available["cmd"], available["type"]) == ("available", "php-error")
    assert world.uplink.accepted
    assert world.asked_for == [ENVIRONMENT]


def test_a_hub_that_chose_no_subprotocol_is_offered_nothing(world: World) -> None:
    """S1: links speak the extended protocol alone."""
    world.connection.subprotocol = None
    world.open()
    assert world.say(CONNECTED) == []
    assert world.connection.close_code == POLICY_VIOLATION
    world.uplink.closed(1008, "")
    ((_, reason),) = world.ended
    assert "subprotocols" in reason


def test_nothing_is_answered_before_the_offer_was_accepted(world: World) -> None:
    world.open()
    assert world.say(SUCCESS) == []
    assert not world.uplink.accepted
    world.say(CONNECTED)
    assert world.say(ENABLE) == []
    assert world.asked_for == []


def test_then_the_hub_asks_and_it_answers(world: World) -> None:
    world.begin()
    assert world.say(ENABLE) == []
    acknowledge(world.router, PHP, world.files)
    write(world.router, PHP, world.files, "a")
    sent = [json.loads(message.partition(b"\n")[0]) for message in world.connection.sent]
    world.connection.sent.clear()
    began, lines = sent
    assert (began["cmd"], began["msg"], began["after"]) == ("success", ENABLE, "A:0")
    assert (lines["cmd"], lines["after"]) == ("lines", "A:0")
    (success,) = world.say({"cmd": "keepalive"})
    assert success["msg"] == {"cmd": "keepalive"}


def test_noise_of_a_hub_is_passed_over(world: World) -> None:
    world.open()
    assert world.say(b"nonsense", b"{}", b'{"cmd":"weather"}') == []
    world.say(CONNECTED)
    assert world.say(b'{"cmd":"connected"}') == []
    assert world.connection.is_open


def test_lines_wait_while_the_hub_does_not_read(world: World) -> None:
    world.begin()
    world.say(ENABLE)
    acknowledge(world.router, PHP, world.files)
    world.connection.take()
    world.connection.has_room = False
    write(world.router, PHP, world.files, "a")
    assert world.files.paused
    world.connection.has_room = True
    world.uplink.drained()
    assert [message[:14] for message in world.connection.sent] == [b'{"cmd":"lines"']
    assert world.files.take()[-1] == ("resume",)


def test_drained_before_it_was_accepted_means_nothing(world: World) -> None:
    world.open()
    world.uplink.drained()
    assert world.connection.take() == []


# --- renewal ------------------------------------------------------------------------------------


def test_it_is_to_be_renewed_when_half_of_its_life_is_over(world: World) -> None:
    world.begin()
    assert world.uplink.renew_at_s == world.clock.now_s + 500


def test_a_hub_that_does_not_say_grants_the_usual_life(world: World) -> None:
    world.open()
    world.say(CONNECTED, {"cmd": "success", "server": HUB})
    assert world.uplink.renew_at_s == world.clock.now_s + LINK_LIFE_S / 2


def test_it_is_renewed_by_offering_again_with_a_fresh_ticket(world: World) -> None:
    """S12."""
    world.begin()
    world.clock.advance(500)
    world.uplink.renew(TICKET._replace(t=1_700_000_500, d="cd.key"))
    (offer,) = world.connection.take()
    assert (offer["cmd"], offer["t"], offer["d"]) == ("offer", 1_700_000_500, "cd.key")
    assert offer["instance"] == "i-1"
    assert world.say(SUCCESS) == [], "it goes on as it was"
    assert world.uplink.renew_at_s == world.clock.now_s + 500
    assert len(world.asked_for) == 1


def test_a_renewal_after_the_end_goes_nowhere(world: World) -> None:
    world.begin()
    world.uplink.closed(1006, "")
    world.uplink.renew(TICKET)
    assert world.connection.take() == []


# --- the end ------------------------------------------------------------------------------------


def test_silence_of_the_hub_ends_the_link_at_once(world: World) -> None:
    """S12: either side closes after 25 s without a byte."""
    world.begin()
    world.clock.advance(LINK_SILENCE_MAX_S)
    world.uplink.tick(world.clock.now_s)
    assert world.connection.aborts == 0
    world.clock.advance(1)
    world.uplink.tick(world.clock.now_s)
    assert world.connection.aborts == 1


def test_silence_counts_from_the_opening(world: World) -> None:
    world.clock.advance(LINK_SILENCE_MAX_S)
    world.open()
    world.clock.advance(LINK_SILENCE_MAX_S)
    world.uplink.tick(world.clock.now_s)
    assert world.connection.is_open


def test_the_hubs_keepalive_is_enough(world: World) -> None:
    world.begin()
    for _ in range(10):
        world.clock.advance(LINK_SILENCE_MAX_S - 1)
        world.say({"cmd": "keepalive"})
        world.uplink.tick(world.clock.now_s)
    assert world.connection.is_open


def test_its_end_is_told_once_with_code_and_reason(world: World) -> None:
    world.begin()
    world.say(ENABLE)
    world.uplink.closed(REPLACED, "a newer process offers this server")
    assert world.ended == [(REPLACED, "a newer process offers this server")]
    assert world.files.take() == [("enable", PHP), ("disable", PHP)]
    assert world.uplink.accepted, "it was"


def test_what_the_hub_said_of_a_refusal_is_the_reason(world: World) -> None:
    world.open()
    world.say(CONNECTED)
    world.say({"cmd": "error", "code": 403, "description": "the signature does not match"})
    world.uplink.closed(1008, "policy")
    assert world.ended == [(1008, "the signature does not match (403)")]


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [(Refusal.BINARY, "the hub sent a binary frame"), (Refusal.TOO_BIG, "the hub sent a too big")],
)
def test_an_unusable_frame_of_the_hub_is_the_reason(
    world: World, refusal: Refusal, reason: str
) -> None:
    world.begin()
    world.uplink.refused(refusal, b"")
    world.uplink.closed(1003, "")
    assert world.ended[0][1].startswith(reason)


def test_an_end_without_any_word_has_its_code_for_a_reason(world: World) -> None:
    world.open()
    world.uplink.closed(1006, "")
    assert world.ended == [(1006, "closed with code 1006")]


def test_it_can_be_closed_from_here(world: World) -> None:
    world.uplink.close()
    world.open()
    world.uplink.close()
    assert world.connection.close_code == NORMAL
    world.uplink.closed(NORMAL, "shutting down")
    world.uplink.close()
    world.uplink.tick(world.clock.now_s + 1000)
    assert world.connection.aborts == 0


def test_an_answer_that_comes_after_the_end_begins_nothing(world: World) -> None:
    world.open()
    world.say(CONNECTED)
    world.uplink.closed(1006, "")
    world.say(SUCCESS)
    assert not world.uplink.accepted
