import json
from typing import Any

import pytest

from doubles.clocks import SettableClock
from doubles.connections import RecordedConnection
from doubles.router_sides import RecordedDownstream
from logstream.model.source import Environment, Source
from logstream.node.batch import LineBatch
from logstream.node.ring import RingBudget
from logstream.node.router import Router
from logstream.node.session import Session
from logstream.telemetry.events import NodeEvents

HUB = "logstream-hub-1"
PHP = Source("srv-6", "php-error")
ENABLE = {"cmd": "enable", "type": "php-error", "server": "srv-6"}
DISABLE = {**ENABLE, "cmd": "disable"}
LINE = {"cmd": "line", "log_type": "php-error", "server": "srv-6", "text": "x"}


class World:
    """A session at a node whose router has one downstream."""

    def __init__(self, *, server_side: bool, ring_bytes: int = 1000) -> None:
        self.clock = SettableClock()
        self.events = NodeEvents()
        budget = RingBudget(ring_bytes=ring_bytes)
        self.router = Router(Environment("s", "dev"), budget, linger_s=10.0)
        self.link = RecordedDownstream()
        self.router.server_connected("srv-6", self.link)
        self.router.available(PHP, "PHP error", self.link)
        self.connection = RecordedConnection()
        self.session = Session(
            name=HUB,
            connection=self.connection,
            router=self.router,
            events=self.events,
            clock=self.clock,
            server_side=server_side,
        )
        self.session.begin()

    def say(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        self.session.received(json.dumps(message).encode())
        return self.connection.take()

    def flow(self) -> None:
        self.say(ENABLE)
        self.router.acknowledged(PHP, self.link)
        self.connection.take()

    def write(self, *texts: str) -> None:
        messages = [json.dumps({**LINE, "text": text}).encode() for text in texts]
        self.router.lines(PHP, LineBatch(messages), self.link)

    def texts(self) -> list[str]:
        return [message["text"] for message in self.connection.take()]


@pytest.fixture(params=[True, False], ids=["of a person", "of a hub above"])
def world(request: pytest.FixtureRequest) -> World:
    return World(server_side=request.param)


def test_it_begins_with_what_there_is(world: World) -> None:
    connected, available = world.connection.take()
    assert connected == {"cmd": "connected", "server": "srv-6"}
    assert (available["cmd"], available["type"]) == ("available", "php-error")


def test_success_precedes_the_first_line(world: World) -> None:
    world.connection.take()
    assert world.say(ENABLE) == []
    assert world.link.take() == [("enable", PHP)]
    world.router.acknowledged(PHP, world.link)
    world.write("a", "b")
    success, *lines = world.connection.take()
    assert success == {"cmd": "success", "server": "srv-6", "msg": ENABLE}
    assert lines == [{**LINE, "text": "a"}, {**LINE, "text": "b"}]


def test_success_precedes_the_first_line_of_a_source_that_flows_already(world: World) -> None:
    world.flow()
    world.say(DISABLE)
    assert world.say(ENABLE) == [{"cmd": "success", "server": "srv-6", "msg": ENABLE}]
    world.write("a")
    assert world.texts() == ["a"]


def test_no_line_follows_the_success_of_disable(world: World) -> None:
    world.flow()
    world.write("a")
    world.say(DISABLE)
    world.write("b")
    assert world.connection.take() == []


def test_a_command_that_fails_asks_the_router_nothing(world: World) -> None:
    world.connection.take()
    (error,) = world.say({**ENABLE, "server": "srv-7"})
    assert error["code"] == 404
    assert world.link.take() == []


def test_its_end_disables_what_it_had_enabled(world: World) -> None:
    world.flow()
    world.session.end()
    world.router.tick(world.clock.now_s + 10)
    assert world.link.take() == [("enable", PHP), ("disable", PHP)]


def test_lines_wait_while_the_connection_has_no_room(world: World) -> None:
    world.flow()
    world.connection.has_room = False
    world.write("a")
    assert world.texts() == []
    world.connection.has_room = True
    world.session.drained()
    assert world.texts() == ["a"]


def test_lines_are_counted_as_they_go_out(world: World) -> None:
    world.flow()
    world.write("a", "b")
    assert world.events.counters["lines_delivered"] == 2


def test_missed_lines_are_counted_and_no_message_says_so() -> None:
    world = World(server_side=True, ring_bytes=1)
    world.flow()
    world.connection.has_room = False
    world.write("a", "b")
    world.write("c")
    world.connection.has_room = True
    world.session.drained()
    assert world.texts() == ["c"]
    assert world.events.counters["lines_missed"] == 2


def test_someone_who_asks_without_reading_is_not_listened_to() -> None:
    world = World(server_side=True)
    world.connection.has_room = False
    world.session.received(b'{"cmd":"keepalive"}')
    assert not world.connection.reading
    world.connection.has_room = True
    world.session.drained()
    assert world.connection.reading


def test_a_hub_above_is_always_listened_to() -> None:
    """Its silence would end the link, and it asks little."""
    world = World(server_side=False)
    world.connection.has_room = False
    world.session.received(b'{"cmd":"keepalive"}')
    assert world.connection.reading
