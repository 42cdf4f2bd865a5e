import json
from typing import Any

import pytest

from doubles.clocks import SettableClock
from doubles.connections import RecordedConnection
from logstream.model.limits import (
    AUTHENTICATION_TIMEOUT_S,
    BASE_SESSION_LIFE_S,
    FRAME_MAX_BYTES,
    KEEPALIVE_INTERVAL_S,
    LINK_LIFE_S,
    LINK_SILENCE_MAX_S,
    PAUSED_MAX_S,
    SESSION_LIFE_S,
    UNAUTHENTICATED_MESSAGE_MAX_BYTES,
    UPSTREAM_MESSAGE_MAX_BYTES,
)
from logstream.model.source import Environment, Source
from logstream.model.ticket import Role, Ticket, sign
from logstream.node.door import Door
from logstream.node.forms import Forms
from logstream.node.link import Link
from logstream.node.ring import RingBudget
from logstream.node.router import Router
from logstream.protocol.closing import GOING_AWAY, LIFE_OVER, POLICY_VIOLATION, STUCK
from logstream.protocol.frame import PLAIN, ZSTD
from logstream.protocol.messages import Offer
from logstream.telemetry.events import NodeEvents
from logstream.transport.base import Refusal

HUB = "logstream-hub-1"
SECRET = b"a secret of at least sixteen bytes"
SITE = "devcloud:mysite"
NOW_S = 1_700_000_000
PHP = Source("srv-6", "php-error")
LINES = (
    b'{"cmd":"lines","server":"srv-6","type":"php-error","stream":"","n":1,"after":"A:0",'
    b'"next":"A:2","gen":0}\n{"at":[0],"unix_time":[1],"text":["x"]}'
)
CONNECTED = {"cmd": "connected", "server": "srv-6"}
AVAILABLE = {"cmd": "available", "type": "php-error", "server": "srv-6"}


class House:
    """A hub with nothing around it."""

    def __init__(self) -> None:
        self.name = HUB
        self.secret = SECRET
        self.events = NodeEvents()
        self.clock = SettableClock()
        self.unix_time = SettableClock(float(NOW_S))
        self.forms = Forms(self.unix_time)
        self.routers: dict[Environment, Router] = {}
        self.here: list[Door] = []
        self.links: list[tuple[Link, Environment, Offer, str]] = []
        self.left: list[tuple[Door, Link | None]] = []

    def router(self, environment: Environment) -> Router:
        if environment not in self.routers:
            self.routers[environment] = Router(
                environment, RingBudget(), linger_s=0.0, unix_time=self.unix_time
            )
        return self.routers[environment]

    def came(self, door: Door) -> None:
        self.here.append(door)

    def link_opened(self, link: Link, environment: Environment, offer: Offer, peer: str) -> None:
        self.links.append((link, environment, offer, peer))

    def gone(self, door: Door, link: Link | None) -> None:
        self.left.append((door, link))


class Visitor:
    """A connection to the house."""

    def __init__(self, house: House, *, subprotocol: str | None = None) -> None:
        self.house = house
        self.connection = RecordedConnection(subprotocol=subprotocol)
        self.door = Door(house)
        self.door.opened(self.connection)
        self.greeting = self.connection.take()

    def say(self, message: dict[str, Any] | bytes) -> list[dict[str, Any]]:
        raw = message if isinstance(message, bytes) else json.dumps(message).encode()
        if not isinstance(message, bytes) and message["cmd"] == "offer":
            self.connection.subprotocol = PLAIN  # as every logtailor's is
        self.door.received(raw)
        self.door.received_all()
        return self.connection.take()

    def wait(self, by_s: float) -> list[dict[str, Any]]:
        self.house.clock.advance(by_s)
        self.house.unix_time.advance(by_s)
        self.door.tick(self.house.clock.now_s)
        return self.connection.take()

    def is_sent_away(self) -> bool:
        return (
            self.connection.close_code == POLICY_VIOLATION
            and self.house.events.counters["connections_refused"] == 1
        )


def ticket(
    role: Role, *, server: str = "", env: str = "dev", subject: str = "key-1", t: int = NOW_S
) -> dict[str, Any]:
    """Give the opening message that a ticket of the Cloud API makes."""
    signed = Ticket(role=role, site=SITE, env=env, server=server, subject=subject, t=t)
    message: dict[str, Any] = {"site": SITE, "env": env, "t": t, "d": sign(signed, secret=SECRET)}
    if role is Role.STREAM:
        return {"cmd": "stream-environment", **message}
    return {"cmd": "offer", "server": server, "instance": "i-1", **message}


def person(**options: Any) -> dict[str, Any]:
    return ticket(Role.STREAM, **options)


def logtailor(server: str = "srv-6", **options: Any) -> dict[str, Any]:
    return ticket(Role.OFFER, server=server, **options)


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def visitor(house: House) -> Visitor:
    return Visitor(house)


# --- before the ticket --------------------------------------------------------------------------


def test_the_hub_says_its_name_first_of_all(visitor: Visitor) -> None:
    """One client waits for the first ``connected`` before it says anything."""
    assert visitor.greeting == [{"cmd": "connected", "server": HUB}]


def test_a_stranger_may_say_little(visitor: Visitor) -> None:
    assert visitor.connection.limit_bytes == UNAUTHENTICATED_MESSAGE_MAX_BYTES


def test_the_house_knows_who_is_here_only_once_the_connection_is_open(house: House) -> None:
    """A handshake that fails after the receiver was made never opens, and never closes."""
    Door(house)
    assert house.here == []
    visitor = Visitor(house)
    assert house.here == [visitor.door]


@pytest.mark.parametrize(
    ("message", "code", "description"),
    [
        (b"", 400, "message is not JSON"),
        (b"hello", 400, "message is not JSON"),
        (b"[]", 400, "message is not a JSON object"),
        (b"{}", 400, "message missing cmd parameter"),
        (b'{"cmd":"explode"}', 400, "unknown cmd: explode"),
        (b'{"cmd":"stream-environment"}', 400, "stream-environment: Object missing"),
        (b'{"cmd":"enable","type":"t","server":"s"}', 401, "send stream-environment first"),
        (b'{"cmd":"disable","type":"t","server":"s"}', 401, "send stream-environment first"),
        (b'{"cmd":"list-available"}', 401, "send stream-environment first"),
        (b'{"cmd":"list-enabled"}', 401, "send stream-environment first"),
        (b'{"cmd":"keepalive"}', 401, "send stream-environment first"),
    ],
)
def test_bad_input_of_a_stranger_is_an_error_and_the_end(
    visitor: Visitor, message: bytes, code: int, description: str
) -> None:
    (error,) = visitor.say(message)
    assert error["cmd"] == "error"
    assert error["code"] == code
    assert error["description"].startswith(description)
    assert error["during"] == message.decode()
    assert error["server"] == HUB
    assert visitor.is_sent_away()


REFUSED_TICKETS = [
    pytest.param({**person(), "d": "0" * 64 + ".key-1"}, 403, id="wrong signature"),
    pytest.param({**person(), "d": ""}, 403, id="no signature"),
    pytest.param({**person(), "d": person()["d"].split(".")[0]}, 403, id="no subject"),
    pytest.param({**person(), "d": person()["d"] + "x"}, 403, id="another subject"),
    pytest.param({**person(), "d": "\u00e9\n\u2028." * 9}, 403, id="odd signature"),
    pytest.param({**person(), "env": "prod"}, 403, id="another environment"),
    pytest.param({**person(), "site": "devcloud:other"}, 403, id="another site"),
    pytest.param({**person(), "t": NOW_S + 1}, 403, id="another time"),
    pytest.param(person(t=NOW_S - 301), 401, id="too old"),
    pytest.param(person(t=NOW_S + 61), 401, id="from the future"),
    pytest.param(
        {**logtailor(), "cmd": "stream-environment"}, 403, id="a logtailor's, used to watch"
    ),
    pytest.param({**person(), "cmd": "offer", "server": ""}, 403, id="a person's, used to offer"),
    pytest.param(
        {**person(), "cmd": "offer", "server": "srv-6"}, 403, id="a person's, for a server"
    ),
    pytest.param({**logtailor(), "server": "srv-7"}, 403, id="another server's"),
    pytest.param({**logtailor(), "server": "*"}, 403, id="a server's, used for a hub"),
    pytest.param({**logtailor("*"), "server": "srv-6"}, 403, id="a hub's, used for a server"),
    pytest.param(logtailor(t=NOW_S - 301), 401, id="offer too old"),
]


@pytest.mark.parametrize(("message", "code"), REFUSED_TICKETS)
def test_a_ticket_that_does_not_hold_is_refused(
    visitor: Visitor, message: dict[str, Any], code: int
) -> None:
    """S3: environment, role and server are the ticket's."""
    (error,) = visitor.say(message)
    assert error["cmd"] == "error"
    assert error["code"] == code
    assert error["during"] == json.dumps(message)
    assert error["server"] == HUB
    assert visitor.is_sent_away()
    assert visitor.house.routers == {}


def test_a_refusal_tells_nothing_of_the_secret_or_the_right_signature(visitor: Visitor) -> None:
    (error,) = visitor.say({**person(), "d": "0" * 64 + ".key-1"})
    assert person()["d"][:10] not in json.dumps(error)
    assert SECRET.decode() not in json.dumps(error)


@pytest.mark.parametrize("age_s", [-60, 0, 300])
def test_a_ticket_holds_within_its_time(visitor: Visitor, age_s: int) -> None:
    assert visitor.say(person(t=NOW_S - age_s)) == []
    assert visitor.connection.is_open


def test_a_silent_connection_is_told_and_sent_away(visitor: Visitor) -> None:
    assert visitor.wait(AUTHENTICATION_TIMEOUT_S - 0.1) == []
    (error,) = visitor.wait(0.2)
    assert (error["cmd"], error["code"], error["during"]) == ("error", 401, "")
    assert error["server"] == HUB
    assert visitor.is_sent_away()


def test_nothing_is_answered_after_being_sent_away(visitor: Visitor) -> None:
    visitor.say(b"nonsense")
    assert visitor.say(person()) == []
    assert visitor.wait(AUTHENTICATION_TIMEOUT_S) == []
    assert visitor.is_sent_away()


@pytest.mark.parametrize(
    ("refusal", "description"),
    [(Refusal.BINARY, "binary frame"), (Refusal.TOO_BIG, "message too big")],
)
@pytest.mark.parametrize("opening", [None, person(), logtailor()])
def test_an_unusable_frame_is_told_before_the_transport_closes(
    visitor: Visitor, refusal: Refusal, description: str, opening: dict[str, Any] | None
) -> None:
    if opening is not None:
        visitor.say(opening)
    visitor.door.refused(refusal, b'{"cmd": "\xff')
    (error,) = visitor.connection.take()
    assert (error["code"], error["during"], error["server"]) == (400, '{"cmd": "', HUB)
    assert error["description"].startswith(description)
    assert visitor.say(b'{"cmd":"keepalive"}') == []
    assert visitor.wait(BASE_SESSION_LIFE_S) == []


def test_a_stranger_that_goes_is_gone_once(visitor: Visitor) -> None:
    visitor.door.drained()
    visitor.door.closed(1006, "")
    assert visitor.house.left == [(visitor.door, None)]


# --- someone who watches ------------------------------------------------------------------------


def test_no_success_answers_a_base_stream_environment(visitor: Visitor) -> None:
    assert visitor.say(person()) == []
    assert visitor.connection.is_open


def test_someone_who_was_let_in_is_told_what_there_is(house: House) -> None:
    source = Visitor(house)
    source.say(logtailor())
    source.say(CONNECTED)
    source.say(AVAILABLE)
    connected, available = Visitor(house).say(person())
    assert connected == CONNECTED
    assert available["server"] == "srv-6"


def test_each_watches_the_tickets_environment_only(house: House) -> None:
    source = Visitor(house)
    source.say(logtailor(env="prod"))
    source.say(CONNECTED)
    assert Visitor(house).say(person(env="dev")) == []
    assert Visitor(house).say(person(env="prod")) == [CONNECTED]


def test_someone_who_watches_may_say_more_than_a_stranger(visitor: Visitor) -> None:
    visitor.say(person())
    assert visitor.connection.limit_bytes == UPSTREAM_MESSAGE_MAX_BYTES


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"nonsense", 400),
        (b"{}", 400),
        (b'{"cmd":"explode"}', 400),
        (b'{"cmd":"enable","type":"php-error","server":"srv-6"}', 404),
        (json.dumps(person()).encode(), 400),
        (json.dumps(logtailor()).encode(), 400),
    ],
)
def test_bad_input_of_someone_who_was_let_in_leaves_the_connection_open(
    visitor: Visitor, message: bytes, code: int
) -> None:
    visitor.say(person())
    (error,) = visitor.say(message)
    assert (error["cmd"], error["code"], error["server"]) == ("error", code, HUB)
    assert error["during"] == message.decode()
    assert visitor.connection.is_open
    (success,) = visitor.say(b'{"cmd":"keepalive"}')
    assert success["cmd"] == "success"


def test_a_session_lives_for_a_day_and_is_never_closed_for_silence(visitor: Visitor) -> None:
    """S12: base sessions are never closed for silence; life over: close 4000."""
    visitor.say(person())
    visitor.wait(BASE_SESSION_LIFE_S - 1)
    assert visitor.connection.is_open
    visitor.wait(1)
    assert visitor.connection.close_code == LIFE_OVER
    assert visitor.say(b'{"cmd":"keepalive"}') == []


def test_a_session_that_goes_disables_what_it_had_enabled(house: House) -> None:
    source, watcher = Visitor(house), Visitor(house)
    source.say(logtailor())
    source.say(CONNECTED)
    source.say(AVAILABLE)
    watcher.say(person())
    watcher.say({"cmd": "enable", "type": "php-error", "server": "srv-6"})
    watcher.door.closed(1000, "")
    assert [message["cmd"] for message in source.connection.take()] == ["enable", "disable"]
    assert house.left == [(watcher.door, None)]
    assert house.events.counters["sessions_closed"] == 1


def test_what_waited_goes_on_when_there_is_room_again(visitor: Visitor) -> None:
    visitor.say(person())
    visitor.connection.has_room = False
    visitor.say(b'{"cmd":"keepalive"}')
    assert not visitor.connection.reading
    visitor.connection.has_room = True
    visitor.door.drained()
    assert visitor.connection.reading


# --- a logtailor --------------------------------------------------------------------------------


def test_an_offer_is_answered_by_success_with_how_long_it_lives(visitor: Visitor) -> None:
    """S3."""
    message = logtailor()
    assert visitor.say(message) == [
        {"cmd": "success", "server": HUB, "msg": message, "life_s": LINK_LIFE_S}
    ]
    assert visitor.connection.limit_bytes == FRAME_MAX_BYTES


def test_the_house_is_told_who_offers_what(house: House) -> None:
    visitor = Visitor(house)
    visitor.say({**logtailor("*"), "via": ["logstream-hub-2"]})
    ((link, environment, offer, peer),) = house.links
    assert (environment, link.server) == (Environment(SITE, "dev"), "*")
    assert (offer.via, offer.instance) == (["logstream-hub-2"], "i-1")
    assert peer == visitor.connection.peer


def test_what_has_passed_this_hub_already_is_refused_as_a_loop(visitor: Visitor) -> None:
    """S3: one's own name in ``via``: refused, a loop."""
    message = {**logtailor("*"), "via": ["logstream-hub-2", HUB]}
    (error,) = visitor.say(message)
    assert (error["code"], error["during"]) == (403, json.dumps(message))
    assert "loop" in error["description"]
    assert visitor.is_sent_away()


@pytest.mark.parametrize(
    "message",
    [
        pytest.param({**logtailor("srv-6"), "via": ["logstream-hub-2"]}, id="a logtailor as a hub"),
        pytest.param({**logtailor("srv-6"), "via": ["srv-7"]}, id="a logtailor as another"),
        pytest.param({**logtailor("*"), "via": ["srv-7"]}, id="a hub as a logtailor"),
        pytest.param({**logtailor("*"), "via": ["logstream-\x1b[2J"]}, id="no name"),
        pytest.param({**logtailor("*"), "via": ["logstream-2", ""]}, id="no name further on"),
    ],
)
def test_nobody_speaks_under_a_name_that_its_ticket_does_not_give(
    visitor: Visitor, message: dict[str, Any]
) -> None:
    """Else it would take the place of the link that bears the name."""
    (error,) = visitor.say(message)
    assert (error["code"], error["during"]) == (403, json.dumps(message))
    assert visitor.is_sent_away()
    assert visitor.house.links == []


def test_lines_pass_from_a_link_to_a_session(house: House) -> None:
    source, watcher = Visitor(house), Visitor(house)
    source.say(logtailor())
    source.say(CONNECTED)
    source.say(AVAILABLE)
    watcher.say(person())
    enable = {"cmd": "enable", "type": "php-error", "server": "srv-6"}
    assert watcher.say(enable) == []
    (asked,) = source.connection.take()
    assert asked == {**enable, "id": 1}
    began = {"id": 1, "stream": "", "after": "A:0", "now": 1}
    source.say({"cmd": "success", "msg": enable, "server": "srv-6", **began})
    source.say(LINES)
    success, line = watcher.connection.take()
    assert success == {"cmd": "success", "msg": enable, "server": "srv-6"}
    assert (line["cmd"], line["text"]) == ("line", "x")


def test_who_speaks_neither_subprotocol_can_offer_nothing(house: House) -> None:
    """S1: links speak the extended protocol alone."""
    connection = RecordedConnection()
    door = Door(house)
    door.opened(connection)
    connection.take()
    door.received(json.dumps(logtailor()).encode())
    (error,) = connection.take()
    assert error["code"] == 400
    assert ZSTD in error["description"]
    assert PLAIN in error["description"]
    assert connection.close_code == POLICY_VIOLATION


# --- extended sessions --------------------------------------------------------------------------


@pytest.fixture
def watcher(house: House) -> Visitor:
    """Someone who watches with the extended protocol."""
    watcher = Visitor(house, subprotocol=PLAIN)
    success, *_ = watcher.say(person())
    assert success["cmd"] == "success"
    assert success["life_s"] == SESSION_LIFE_S
    return watcher


def test_an_extended_session_is_renewed_by_its_key_alone(house: House, watcher: Visitor) -> None:
    """S12."""
    for _ in range(3):
        house.clock.advance(SESSION_LIFE_S - 1)
        house.unix_time.advance(SESSION_LIFE_S - 1)
        fresh = person(t=int(house.unix_time()))
        assert watcher.say(fresh)[0]["life_s"] == SESSION_LIFE_S
    (error,) = watcher.say(person(subject="other", t=int(house.unix_time())))
    assert error["code"] == 403
    (error,) = watcher.say(person(env="prod", t=int(house.unix_time())))
    assert error["code"] == 403
    watcher.wait(SESSION_LIFE_S)
    assert watcher.connection.close_code == LIFE_OVER


def test_an_extended_session_is_closed_for_silence(watcher: Visitor) -> None:
    """S12: either side closes after 25 s without a byte."""
    watcher.wait(LINK_SILENCE_MAX_S)
    watcher.say({"cmd": "keepalive"})
    watcher.wait(LINK_SILENCE_MAX_S)
    assert watcher.connection.is_open
    watcher.wait(1)
    assert watcher.connection.close_code == GOING_AWAY


def test_an_extended_session_that_reads_nothing_is_closed(watcher: Visitor) -> None:
    """S12: paused for 60 s: close 4008. Nothing can be heard of it meanwhile."""
    watcher.connection.has_room = False
    watcher.wait(1)
    watcher.wait(PAUSED_MAX_S - 1)
    assert watcher.connection.is_open
    watcher.wait(1)
    assert watcher.connection.close_code == STUCK


def test_who_reads_now_and_then_is_not_stuck(watcher: Visitor) -> None:
    for _ in range(3):
        watcher.connection.has_room = False
        watcher.wait(PAUSED_MAX_S - 1)
        watcher.connection.has_room = True
        watcher.door.drained()
        watcher.say({"cmd": "keepalive"})
    assert watcher.connection.is_open


def test_binary_messages_are_for_links(house: House) -> None:
    watcher = Visitor(house, subprotocol=ZSTD)
    watcher.say(person())
    watcher.door.received_binary(b"x")
    assert watcher.connection.take()[-1]["code"] == 400
    assert not watcher.connection.is_open


def test_a_link_that_goes_is_told_with_its_link(house: House) -> None:
    visitor = Visitor(house)
    visitor.say(logtailor())
    visitor.say(CONNECTED)
    visitor.door.closed(1006, "")
    assert house.left == [(visitor.door, house.links[0][0])]
    assert house.router(Environment(SITE, "dev")).idle
    assert house.events.counters["links_closed"] == 1


def test_a_link_is_kept_alive_from_here(visitor: Visitor) -> None:
    visitor.say(logtailor())
    assert visitor.wait(KEEPALIVE_INTERVAL_S) == [{"cmd": "keepalive"}]


def kept_alive(visitor: Visitor, for_s: float) -> None:
    """Let time pass on a link whose logtailor answers."""
    for _ in range(int(for_s // KEEPALIVE_INTERVAL_S)):
        visitor.wait(KEEPALIVE_INTERVAL_S)
        visitor.say(b'{"cmd":"success","server":"srv-6","msg":{"cmd":"keepalive"}}')


def test_a_link_that_is_not_renewed_ends_with_4000(visitor: Visitor) -> None:
    """S12: unrenewed: close 4000."""
    visitor.say(logtailor())
    kept_alive(visitor, LINK_LIFE_S - KEEPALIVE_INTERVAL_S)
    assert visitor.connection.is_open
    kept_alive(visitor, KEEPALIVE_INTERVAL_S)
    assert visitor.connection.close_code == LIFE_OVER


def test_an_offer_again_with_a_fresh_ticket_renews_the_link(visitor: Visitor) -> None:
    """S12: ``offer`` again, same subject, fresh ``t``, ``d``, renews ``life_s``."""
    visitor.say(logtailor())
    kept_alive(visitor, LINK_LIFE_S / 2)
    again = logtailor(t=int(visitor.house.unix_time.now_s))
    assert visitor.say(again) == [
        {"cmd": "success", "server": HUB, "msg": again, "life_s": LINK_LIFE_S}
    ]
    kept_alive(visitor, LINK_LIFE_S - KEEPALIVE_INTERVAL_S)
    assert visitor.connection.is_open
    assert len(visitor.house.links) == 1, "it is the same link"


@pytest.mark.parametrize(
    ("again", "code"),
    [
        (logtailor(subject="key-2"), 403),
        (logtailor(env="prod"), 403),
        (logtailor("srv-7"), 403),
        (logtailor("*"), 403),
        (logtailor(t=NOW_S - 301), 401),
        ({**logtailor(), "d": "0.key-1"}, 403),
        ({"cmd": "offer", "server": "srv-6"}, 400),
        ({**logtailor(), "t": "soon"}, 400),
    ],
)
def test_an_offer_again_that_does_not_hold_renews_nothing(
    visitor: Visitor, again: dict[str, Any], code: int
) -> None:
    visitor.say(logtailor())
    (error,) = visitor.say(again)
    assert (error["cmd"], error["code"], error["server"]) == ("error", code, HUB)
    assert error["during"] == json.dumps(again)
    assert visitor.connection.is_open
    kept_alive(visitor, LINK_LIFE_S)
    assert visitor.connection.close_code == LIFE_OVER


def test_commands_on_a_link_are_passed_over(visitor: Visitor) -> None:
    """Here the hub asks; and what is new is for those who know it."""
    visitor.say(logtailor())
    assert visitor.say(person()) == []
    assert visitor.say(b'{"cmd":"list-available"}') == []
    assert visitor.connection.is_open


def test_a_link_needs_no_drained(visitor: Visitor) -> None:
    visitor.say(logtailor())
    visitor.door.drained()
    assert visitor.connection.is_open
