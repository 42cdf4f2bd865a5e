import json
from typing import Any

import pytest

from doubles.clocks import SettableClock
from doubles.connections import RecordedConnection
from doubles.router_sides import RecordedDownstream, acknowledge, frame_of, write
from logstream.model.limits import HISTORIES_MAX, PAUSED_MAX_S, STREAMS_PER_SOURCE_MAX
from logstream.model.source import Environment, Source
from logstream.node.base import PageEnd
from logstream.node.batch import LinesFrame
from logstream.node.forms import Forms
from logstream.node.ring import RingBudget
from logstream.node.router import Router
from logstream.node.session import Session
from logstream.protocol.frame import PLAIN, ZSTD, Packed, decode_body, divide, unpack
from logstream.telemetry.events import NodeEvents

HUB = "logstream-hub-1"
PHP = Source("srv-6", "php-error")
ENABLE = {"cmd": "enable", "type": "php-error", "server": "srv-6"}
DISABLE = {**ENABLE, "cmd": "disable"}


class World:
    """A session at a node whose router has one downstream."""

    def __init__(
        self, *, server_side: bool, ring_bytes: int = 1000, subprotocol: str | None = None
    ) -> None:
        self.clock = SettableClock()
        self.events = NodeEvents()
        budget = RingBudget(ring_bytes=ring_bytes)
        self.router = Router(Environment("s", "dev"), budget, linger_s=10.0, unix_time=lambda: 1.0)
        self.link = RecordedDownstream()
        self.router.server_connected("srv-6", self.link)
        self.router.available(PHP, "PHP error", self.link)
        self.connection = RecordedConnection(subprotocol=subprotocol)
        self.session = Session(
            name=HUB,
            connection=self.connection,
            sources=self.router,
            events=self.events,
            clock=self.clock,
            forms=Forms(lambda: 1.0) if server_side else None,
        )
        self.session.begin()

    def say(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        self.session.received(json.dumps(message).encode())
        return self.connection.take()

    def flow(self) -> None:
        self.say(ENABLE)
        acknowledge(self.router, PHP, self.link)
        self.connection.take()

    def write(self, *texts: str) -> None:
        write(self.router, PHP, self.link, *texts)

    def texts(self) -> list[str]:
        return [message["text"].split(" ")[2] for message in self.connection.take()]


@pytest.fixture
def world() -> World:
    """A session of a person with the base protocol."""
    return World(server_side=True)


def test_it_begins_with_what_there_is(world: World) -> None:
    connected, available = world.connection.take()
    assert connected == {"cmd": "connected", "server": "srv-6"}
    assert (available["cmd"], available["type"]) == ("available", "php-error")


def test_success_precedes_the_first_line(world: World) -> None:
    world.connection.take()
    assert world.say(ENABLE) == []
    assert world.link.take() == [("enable", PHP)]
    acknowledge(world.router, PHP, world.link)
    world.write("a", "b")
    success, *lines = world.connection.take()
    assert success == {"cmd": "success", "server": "srv-6", "msg": ENABLE}
    assert [line["text"] for line in lines] == ["srv-6 php-error a", "srv-6 php-error b"]
    assert {line["cmd"] for line in lines} == {"line"}


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
    world = World(server_side=False, subprotocol=PLAIN)
    world.connection.has_room = False
    world.session.received(b'{"cmd":"keepalive"}')
    assert world.connection.reading


# --- extended sessions --------------------------------------------------------------------------


@pytest.fixture(params=[True, False], ids=["of a person", "of a hub above"])
def extended(request: pytest.FixtureRequest) -> World:
    world = World(server_side=request.param, subprotocol=PLAIN)
    world.connection.take()
    return world


def frames(world: World) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Give what was sent, each as a header and a body."""
    sent = [message.partition(b"\n") for message in world.connection.sent]
    world.connection.sent.clear()
    return [(json.loads(head), json.loads(body) if body else None) for head, _, body in sent]


def test_a_stream_begins_with_where_it_begins_and_goes_on_in_frames(extended: World) -> None:
    """S3, S5, S7."""
    assert extended.say({**ENABLE, "id": 7}) == []
    acknowledge(extended.router, PHP, extended.link)
    extended.write("a", "b")
    (success, _), (header, body) = frames(extended)
    assert (success["id"], success["stream"], success["after"]) == (7, "", "A:0")
    assert success["now"] == 1.5
    assert header == {
        "cmd": "lines",
        "server": "srv-6",
        "type": "php-error",
        "stream": "",
        "n": 2,
        "after": "A:0",
        "next": "A:20",
        "gen": 0,
    }
    assert body is not None
    assert body["text"] == ["srv-6 php-error a", "srv-6 php-error b"]
    assert body["at"] == [0, 10]


def test_the_same_stream_again_is_success_and_nothing_else(extended: World) -> None:
    """S5."""
    extended.say({**ENABLE, "id": 7})
    acknowledge(extended.router, PHP, extended.link)
    extended.write("a")
    frames(extended)
    (again,) = extended.say({**ENABLE, "id": 8})
    assert (again["id"], again["after"]) == (8, "A:10")
    extended.write("b")
    ((header, _),) = frames(extended)
    assert header["after"] == "A:10"


def test_a_server_that_goes_and_returns_is_told(extended: World) -> None:
    """S12: ``disconnected`` to extended sessions."""
    extended.router.downstream_left(extended.link)
    assert extended.connection.take() == [{"cmd": "disconnected", "server": "srv-6"}]
    extended.router.available(PHP, "PHP error", RecordedDownstream())
    assert [told["cmd"] for told in extended.connection.take()] == ["connected", "available"]


def test_who_fell_off_is_told_first_thing_of_the_gap() -> None:
    """S7."""
    world = World(server_side=True, ring_bytes=1, subprotocol=PLAIN)
    world.flow()
    world.connection.has_room = False
    world.write("a")
    world.write("b")
    world.write("c")
    world.connection.has_room = True
    world.session.drained()
    world.write("d")
    (gap, _), (header, _) = frames(world)
    assert (gap["cmd"], gap["reason"], gap["after"], gap["next"]) == ("gap", "slow", "A:0", "A:30")
    assert header["after"] == "A:30"


def test_long_bodies_are_compressed_where_that_was_chosen() -> None:
    """S2."""
    world = World(server_side=True, ring_bytes=10**6, subprotocol=ZSTD)
    world.flow()
    world.write(*("x" * 100 for _ in range(100)))
    (message,) = world.connection.sent
    head, body = divide(message, binary=True)
    assert body is not None
    assert len(decode_body(unpack(body)).text) == 100
    assert json.loads(head)["n"] == 100


def test_pages_are_asked_for_one_by_one_and_no_more_than_may_wait() -> None:
    """S9: 4 histories outstanding a session: beyond, ``error`` 429."""
    world = World(server_side=True, subprotocol=PLAIN)
    world.connection.take()
    for number in range(HISTORIES_MAX):
        assert world.say({**ENABLE, "cmd": "history", "id": number}) == []
    (error,) = world.say({**ENABLE, "cmd": "history", "id": HISTORIES_MAX})
    assert (error["code"], error["id"]) == (429, HISTORIES_MAX)
    for number in range(HISTORIES_MAX):
        wish, sink = world.link.pages[-1]
        assert len(world.link.pages) == number + 1
        sink.page_frame(frame_of(PHP, "a"))
        sink.page_ended(PageEnd("A:0", "A:10", more=False, scanned_bytes=10, reached=None))
        (header, _), (success, _) = frames(world)
        assert (header["id"], success["id"]) == (wish.id, wish.id) == (number, number)
        assert (success["first"], success["last"], success["more"]) == ("A:0", "A:10", False)
        assert "stream" not in header


def test_a_page_of_a_server_that_is_away_is_refused(extended: World) -> None:
    extended.router.downstream_left(extended.link)
    extended.connection.take()
    (error,) = extended.say({**ENABLE, "cmd": "history", "id": 3})
    assert (error["code"], error["id"]) == (404, 3)


@pytest.mark.parametrize(
    "keys",
    [
        {"after": "no cursor"},
        {"within": -1},
        {"show": {"colour": ["x"]}},
        {"hide": {"text": ["x" * 2000]}},
        {"cmd": "history", "before": "A:x"},
        {"cmd": "history", "limit": 0},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_here(extended: World, keys: dict[str, Any]) -> None:
    (error,) = extended.say({**ENABLE, "id": 7, **keys})
    assert (error["code"], error["id"]) == (400, 7)
    assert extended.link.take() == []


def test_a_session_has_only_so_many_streams_of_a_source() -> None:
    world = World(server_side=True, subprotocol=PLAIN)
    world.connection.take()
    for number in range(STREAMS_PER_SOURCE_MAX):
        assert world.say({**ENABLE, "id": number, "show": {"text": [str(number)]}}) == []
    (error,) = world.say({**ENABLE, "id": 99})
    assert (error["code"], error["id"]) == (429, 99)


@pytest.mark.parametrize("subprotocol", [None, PLAIN], ids=["base", "extended"])
def test_a_body_that_nobody_can_read_harms_nobody(subprotocol: str | None) -> None:
    world = World(server_side=True, subprotocol=subprotocol)
    world.flow()
    bad = Packed(b"x" * 9, compressed=True)
    world.router.frame(LinesFrame(PHP, "", bad, after="A:0", next="A:9", gen=0, n=1), world.link)
    told = world.connection.take()
    assert [each["cmd"] for each in told] == ([] if subprotocol is None else ["gap"])
    assert world.events.counters["frames_unreadable"] == 1


def test_only_who_is_extended_and_reads_nothing_is_stuck() -> None:
    base, extended = World(server_side=True), World(server_side=True, subprotocol=PLAIN)
    for world in (base, extended):
        world.connection.has_room = False
        assert not world.session.is_stuck(0)
        assert world.session.is_stuck(PAUSED_MAX_S) is (world is extended)
        world.connection.has_room = True
        assert not world.session.is_stuck(PAUSED_MAX_S)
