import json
from typing import Any

import pytest

from doubles.clocks import SettableClock
from doubles.connections import RecordedConnection
from doubles.router_sides import RecordedUpstream
from logstream.model.limits import (
    KEEPALIVE_INTERVAL_S,
    LINK_SILENCE_MAX_S,
    NAME_MAX_CHARS,
    SOURCES_PER_LINK_MAX,
)
from logstream.model.source import Environment, Source
from logstream.node.link import Link
from logstream.node.ring import RingBudget
from logstream.node.router import Router
from logstream.protocol.closing import GOING_AWAY, POLICY_VIOLATION, REPLACED
from logstream.telemetry.events import NodeEvents

PHP = Source("srv-6", "php-error")
CONNECTED = {"cmd": "connected", "server": "srv-6"}
AVAILABLE = {"cmd": "available", "type": "php-error", "server": "srv-6", "display": "PHP error"}
ENABLE = {"cmd": "enable", "type": "php-error", "server": "srv-6"}
DISABLE = {**ENABLE, "cmd": "disable"}
KEEPALIVE = {"cmd": "keepalive"}


class Raw(RecordedUpstream):
    """Keeps messages as they came."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[bytes]] = []

    def deliver(self, batch: Any) -> None:
        self.batches.append(list(batch.messages))


class World:
    """A hub's end of a link, and someone who watches."""

    def __init__(self, server: str = "srv-6") -> None:
        self.clock = SettableClock()
        self.events = NodeEvents()
        self.router = Router(Environment("s", "dev"), RingBudget(), linger_s=0.0)
        self.anna = Raw()
        self.router.join(self.anna)
        self.connection = RecordedConnection()
        self.link = Link(
            server=server,
            connection=self.connection,
            router=self.router,
            events=self.events,
            clock=self.clock,
        )

    def say(self, *messages: dict[str, Any] | bytes) -> None:
        """The logtailor sends what one read gives."""
        self.link.receive([m if isinstance(m, bytes) else json.dumps(m).encode() for m in messages])
        self.link.received_all()

    def flow(self) -> None:
        self.say(CONNECTED, AVAILABLE)
        self.router.enable(self.anna, PHP)
        self.say(success(ENABLE))
        self.connection.take()
        self.anna.take()

    def is_broken_off(self) -> bool:
        return (
            self.connection.close_code == POLICY_VIOLATION
            and self.events.counters["links_broke_protocol"] == 1
        )


@pytest.fixture
def world() -> World:
    return World()


def success(message: dict[str, Any], server: str = "srv-6") -> dict[str, Any]:
    return {"cmd": "success", "server": server, "msg": message}


def line(text: str, source: Source = PHP) -> bytes:
    message = {"cmd": "line", "log_type": source.log_type, "server": source.server, "text": text}
    return json.dumps(message).encode()


# --- what it passes on --------------------------------------------------------------------------


def test_what_is_offered_goes_to_who_watches(world: World) -> None:
    world.say(CONNECTED, AVAILABLE)
    assert world.anna.take() == [("connected", "srv-6"), ("available", PHP, "PHP error")]


def test_what_is_wanted_goes_down(world: World) -> None:
    world.say(CONNECTED, AVAILABLE)
    world.router.enable(world.anna, PHP)
    assert world.connection.take() == [ENABLE]
    world.router.disable(world.anna, PHP, now_s=0)
    assert world.connection.take() == [DISABLE]


def test_the_logtailors_answer_goes_to_who_waits(world: World) -> None:
    world.say(CONNECTED, AVAILABLE)
    world.router.enable(world.anna, PHP)
    world.anna.take()
    world.say(success(ENABLE))
    assert world.anna.take() == [("acknowledged", PHP)]


def test_a_line_is_passed_on_as_it_came(world: World) -> None:
    world.flow()
    odd = b'{"server" : "srv-6","new":[1.50],"cmd":"line", "log_type":"php-error","text":7}'
    world.say(odd)
    assert world.anna.batches == [[odd]]


def test_the_lines_of_one_read_go_together(world: World) -> None:
    world.flow()
    world.say(line("a"), line("b"))
    world.say(line("c"))
    assert world.anna.batches == [[line("a"), line("b")], [line("c")]]


def test_the_lines_of_one_read_go_in_a_batch_for_each_source(world: World) -> None:
    mysql = Source("srv-6", "mysql-slow")
    world.flow()
    world.say({**AVAILABLE, "type": "mysql-slow"})
    world.router.enable(world.anna, mysql)
    world.say(success({**ENABLE, "type": "mysql-slow"}))
    world.say(line("a"), line("b", mysql), line("c"))
    assert world.anna.batches == [[line("a"), line("c")], [line("b", mysql)]]


def test_lines_of_one_read_up_to_one_that_was_never_offered_are_passed_on(world: World) -> None:
    world.flow()
    world.say(line("a"), line("x", Source("srv-6", "mysql-slow")), line("b"))
    assert world.is_broken_off()
    assert world.anna.batches == [[line("a")]]


def test_two_halves_do_not_make_a_line(world: World) -> None:
    """Were they read as one text, they would go on to people as two broken messages."""
    world.flow()
    whole = line("a")
    world.say(whole[:-1] + b',"x":[1', b"2]}")
    assert world.is_broken_off()
    assert world.anna.batches == []


def test_what_is_no_report_is_given_back(world: World) -> None:
    world.flow()
    offer = b'{"cmd":"offer"}'
    assert world.link.receive([line("a"), offer, line("b")]) == [offer]
    world.link.received_all()
    assert world.anna.batches == [[line("a")], [line("b")]]


def test_lines_that_came_before_a_report_go_before_it(world: World) -> None:
    world.flow()
    world.link.received(line("a"))
    world.link.received(json.dumps({**CONNECTED, "cmd": "connected"}).encode())
    assert world.anna.batches == [[line("a")]]


def test_lines_on_their_way_when_the_source_was_disabled_reach_nobody(world: World) -> None:
    world.flow()
    world.router.disable(world.anna, PHP, now_s=0)
    world.router.enable(world.anna, PHP)
    assert world.connection.take() == [DISABLE, ENABLE]
    world.say(line("old"), success(DISABLE), line("of nobody"), success(ENABLE), line("new"))
    assert world.anna.batches == [[line("new")]]
    assert world.connection.is_open


def test_the_answer_to_an_earlier_enable_is_not_taken_for_the_later_one(world: World) -> None:
    world.say(CONNECTED, AVAILABLE)
    world.router.enable(world.anna, PHP)
    world.router.disable(world.anna, PHP, now_s=0)
    world.router.enable(world.anna, PHP)
    world.anna.take()
    world.say(success(ENABLE), line("old"), success(DISABLE))
    assert world.anna.take() == []
    world.say(success(ENABLE), line("new"))
    assert world.anna.take() == [("acknowledged", PHP)]
    assert world.anna.batches == [[line("new")]]


def test_what_is_unknown_is_passed_over(world: World) -> None:
    assert world.link.received(b'{"cmd":"offer"}') is False
    assert world.link.received(b'{"cmd":"weather"}') is False
    assert world.connection.is_open


def test_a_display_name_that_cannot_be_shown_is_made_from_the_type(world: World) -> None:
    world.say(CONNECTED, {**AVAILABLE, "display": "x" * 100_000})
    assert world.anna.take()[-1] == ("available", PHP, "PHP error")


def test_an_error_of_the_logtailor_changes_nothing(world: World) -> None:
    world.flow()
    world.say({"cmd": "error", "code": 500, "server": "srv-6", "description": "out of luck"})
    world.say(line("a"))
    assert world.anna.batches == [[line("a")]]


def test_its_end_takes_its_servers_away(world: World) -> None:
    world.flow()
    world.link.end()
    assert world.anna.take() == [("left", "srv-6")]
    assert world.router.sources == []


# --- what it may say ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        {**CONNECTED, "server": "srv-7"},
        {**AVAILABLE, "server": "srv-7"},
        {**AVAILABLE, "server": ""},
        success({**ENABLE, "server": "srv-7"}),
        success(KEEPALIVE, server="srv-7"),
        {"cmd": "enabled", "enabled": [], "server": "srv-7"},
        {"cmd": "error", "code": 500, "server": "srv-7"},
        line("x", Source("srv-7", "php-error")),
    ],
)
def test_a_frame_that_names_another_server_closes_the_link(
    message: dict[str, Any] | bytes,
) -> None:
    """S3."""
    world = World()
    world.flow()
    world.say(message)
    assert world.is_broken_off()
    assert world.anna.take() == []


def test_a_hub_may_name_any_server() -> None:
    """S3: ``*`` for a hub."""
    world = World(server="*")
    for server in ("srv-6", "srv-7", "logstream-hub-2"):
        world.say({**CONNECTED, "server": server}, {**AVAILABLE, "server": server})
    assert [told for told in world.anna.take() if told[0] == "connected"] == [
        ("connected", "srv-6"),
        ("connected", "srv-7"),
        ("connected", "logstream-hub-2"),
    ]
    assert world.connection.is_open


def test_a_line_of_a_source_that_was_never_offered_closes_the_link(world: World) -> None:
    world.flow()
    world.say(line("x", Source("srv-6", "mysql-slow")))
    assert world.is_broken_off()


@pytest.mark.parametrize("message", [b"nonsense", b"{}", b'{"cmd":"connected"}', b'{"cmd":"line"}'])
def test_what_cannot_be_read_closes_the_link(world: World, message: bytes) -> None:
    world.say(message)
    assert world.is_broken_off()


@pytest.mark.parametrize("name", ["", "x" * (NAME_MAX_CHARS + 1), "line\nfeed", "\x1b[31m"])
def test_what_is_no_name_closes_the_link(name: str) -> None:
    hub = World(server="*")
    hub.say({**CONNECTED, "server": name})
    assert hub.is_broken_off()
    logtailor = World()
    logtailor.say(CONNECTED, {**AVAILABLE, "type": name})
    assert logtailor.is_broken_off()


def test_a_link_offers_no_more_sources_than_there_is_room_for(world: World) -> None:
    world.say(*({**AVAILABLE, "type": str(n)} for n in range(SOURCES_PER_LINK_MAX)))
    assert world.connection.is_open
    world.say({**AVAILABLE, "type": "one more"})
    assert world.is_broken_off()
    assert len(world.router.sources) == SOURCES_PER_LINK_MAX


def test_a_hubs_link_has_no_more_servers_than_there_is_room_for() -> None:
    world = World(server="*")
    world.say(*({**CONNECTED, "server": str(n)} for n in range(SOURCES_PER_LINK_MAX + 1)))
    assert world.is_broken_off()


def test_nothing_that_follows_a_break_is_heeded(world: World) -> None:
    world.flow()
    world.say(b"nonsense", line("x"), b"nonsense again", {**CONNECTED, "server": "srv-7"})
    assert world.is_broken_off()
    assert world.anna.batches == []


# --- life ---------------------------------------------------------------------------------------


def test_it_sends_keepalive_each_ten_seconds(world: World) -> None:
    """S12: upstream sends ``keepalive`` each 10 s; on links the hub is upstream."""
    for _ in range(3):
        world.clock.advance(KEEPALIVE_INTERVAL_S - 1)
        world.link.tick(world.clock.now_s)
        assert world.connection.take() == []
        world.clock.advance(1)
        world.link.tick(world.clock.now_s)
        assert world.connection.take() == [KEEPALIVE]
        world.say(success(KEEPALIVE))


def test_it_closes_a_link_on_which_nothing_is_heard(world: World) -> None:
    """S12: either side closes after 25 s without a byte."""
    world.clock.advance(LINK_SILENCE_MAX_S)
    world.link.tick(world.clock.now_s)
    assert world.connection.is_open
    world.clock.advance(1)
    world.link.tick(world.clock.now_s)
    world.link.tick(world.clock.now_s + 1)
    assert world.connection.close_code == GOING_AWAY
    assert world.connection.aborts == 0, "the transport sees to it that the peer's end comes"


def test_a_link_that_is_not_read_from_is_not_silent(world: World) -> None:
    world.flow()
    world.anna.room = 0
    world.say(line("x"))
    assert not world.connection.reading
    for _ in range(10):
        world.clock.advance(LINK_SILENCE_MAX_S)
        world.link.tick(world.clock.now_s)
    assert world.connection.is_open


def test_silence_counts_again_from_the_end_of_a_pause(world: World) -> None:
    world.flow()
    world.anna.room = 0
    world.say(line("x"))
    world.clock.advance(LINK_SILENCE_MAX_S * 2)
    world.link.tick(world.clock.now_s)
    world.anna.room = None
    world.router.drained(world.anna)
    assert world.connection.reading
    world.clock.advance(LINK_SILENCE_MAX_S - 1)
    world.link.tick(world.clock.now_s)
    assert world.connection.is_open
    world.clock.advance(2)
    world.link.tick(world.clock.now_s)
    assert world.connection.close_code == GOING_AWAY


def test_a_link_that_is_replaced_closes_with_4009_and_says_nothing_more(world: World) -> None:
    """S3."""
    world.flow()
    world.link.replace(REPLACED)
    assert world.connection.closes == [(REPLACED, "a newer process offers this server")]
    world.say(line("x"))
    world.clock.advance(1000)
    world.link.tick(world.clock.now_s)
    assert world.anna.batches == []
    assert world.connection.sent == []
