import json
from typing import Any

import pytest

from doubles.clocks import SettableClock
from doubles.connections import RecordedConnection
from doubles.router_sides import RecordedUpstream, enable, frame_of
from logstream.model.filter import NO_FILTER
from logstream.model.limits import (
    KEEPALIVE_INTERVAL_S,
    LINK_HISTORIES_MAX,
    LINK_SILENCE_MAX_S,
    NAME_MAX_CHARS,
    RING_MAX_BYTES,
    SOURCES_PER_LINK_MAX,
)
from logstream.model.source import Environment, Source
from logstream.node.base import HistoryWanted, PageEnd
from logstream.node.batch import GapFrame, LinesFrame
from logstream.node.link import Link
from logstream.node.ring import RingBudget
from logstream.node.router import Router
from logstream.protocol.closing import GOING_AWAY, POLICY_VIOLATION, REPLACED
from logstream.protocol.frame import PLAIN, Packed
from logstream.telemetry.events import NodeEvents

PHP = Source("srv-6", "php-error")
CONNECTED = {"cmd": "connected", "server": "srv-6"}
AVAILABLE = {"cmd": "available", "type": "php-error", "server": "srv-6", "display": "PHP error"}
ENABLE = {"cmd": "enable", "type": "php-error", "server": "srv-6"}
DISABLE = {**ENABLE, "cmd": "disable"}
KEEPALIVE = {"cmd": "keepalive"}
HISTORY = HistoryWanted(PHP, NO_FILTER, 3, None, None, None, None, limit=7, back=True)


class World:
    """A hub's end of a link, and someone who watches."""

    def __init__(self, server: str = "srv-6") -> None:
        self.clock = SettableClock()
        self.events = NodeEvents()
        self.router = Router(
            Environment("s", "dev"), RingBudget(), linger_s=0.0, unix_time=lambda: 1.0
        )
        self.anna = RecordedUpstream(extended=True)
        self.router.join(self.anna)
        self.connection = RecordedConnection(subprotocol=PLAIN)
        self.link = Link(
            server=server,
            connection=self.connection,
            router=self.router,
            events=self.events,
            clock=self.clock,
        )

    def say(self, *messages: dict[str, Any] | bytes) -> None:
        """The logtailor sends what one read gives."""
        for message in messages:
            raw = message if isinstance(message, bytes) else json.dumps(message).encode()
            self.link.received(raw)
        self.link.received_all()

    def flow(self) -> None:
        self.say(CONNECTED, AVAILABLE)
        enable(self.router, self.anna, PHP)
        self.say(began(1))
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


def began(answers: int, *, after: str = "A:0", server: str = "srv-6") -> dict[str, Any]:
    keys = {"id": answers, "stream": "", "after": after, "now": 1.5}
    return {**success(ENABLE, server), **keys}


def line(text: str, source: Source = PHP, *, begin: int = 0, page: int | None = None) -> bytes:
    """A frame of one line, ten bytes long."""
    frame = frame_of(source, text, begin=begin)
    return frame.message(frame.body, page=page)[0]


def gap(begin: int, end: int, *, reason: str = "slow", page: int | None = None) -> bytes:
    after, next_ = f"A:{begin}", f"A:{end}"
    return GapFrame(PHP, "", after=after, next=next_, reason=reason).message(page=page)


def texts(world: "World") -> list[str]:
    return [line.decode().split(" ", 2)[2] for line in world.anna.lines]


# --- what it passes on --------------------------------------------------------------------------


def test_what_is_offered_goes_to_who_watches(world: World) -> None:
    world.say(CONNECTED, AVAILABLE)
    assert world.anna.take() == [("connected", "srv-6"), ("available", PHP, "PHP error")]


def test_what_is_wanted_goes_down(world: World) -> None:
    world.say(CONNECTED, AVAILABLE)
    enable(world.router, world.anna, PHP)
    assert world.connection.take() == [{**ENABLE, "id": 1}]
    world.router.disable(world.anna, PHP, None, now_s=0)
    assert world.connection.take() == [{**DISABLE, "id": 2, "stream": ""}]


def test_the_logtailors_answer_goes_to_who_waits(world: World) -> None:
    world.say(CONNECTED, AVAILABLE)
    enable(world.router, world.anna, PHP)
    world.anna.take()
    world.say(began(1, after="A:70"))
    assert world.anna.take() == [("acknowledged", PHP)]
    assert world.anna.began == ["A:70"]


def test_a_body_is_passed_on_as_it_came_and_never_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S2: a hub reads headers, never bodies."""
    world.flow()
    monkeypatch.setattr(world.anna, "deliver", world.anna.frames.append)
    world.say(line("a").partition(b"\n")[0] + b"\nnobody reads this")
    (frame,) = world.anna.frames
    assert isinstance(frame, LinesFrame)
    assert frame.body == Packed(b"nobody reads this", compressed=False)


def test_a_binary_frame_is_passed_on_compressed(world: World) -> None:
    world.flow()
    columns = frame_of(PHP, *("x" * 100 for _ in range(100)))
    message, binary = columns.message(columns.small_body())
    assert binary
    world.link.received(message, binary=True)
    assert len(world.anna.lines) == 100


def test_frames_on_their_way_when_the_stream_was_disabled_reach_nobody(world: World) -> None:
    world.flow()
    world.router.disable(world.anna, PHP, None, now_s=0)
    enable(world.router, world.anna, PHP)
    world.say(line("old"), success(DISABLE), line("of nobody", begin=10))
    world.say(began(3, after="A:40"), line("new", begin=40))
    assert texts(world) == ["new"]
    assert world.connection.is_open


def test_the_answer_to_an_earlier_enable_is_not_taken_for_the_later_one(world: World) -> None:
    world.say(CONNECTED, AVAILABLE)
    enable(world.router, world.anna, PHP)
    world.router.disable(world.anna, PHP, None, now_s=0)
    enable(world.router, world.anna, PHP)
    world.anna.take()
    world.say(began(1), line("old"))
    assert world.anna.take() == []
    world.say(began(3), line("new"))
    assert world.anna.take() == [("acknowledged", PHP)]
    assert texts(world) == ["new"]


# --- chain, gaps, pages -------------------------------------------------------------------------


def test_where_frames_are_missing_they_are_asked_for_again(world: World) -> None:
    """S7: and nothing later goes on before."""
    world.flow()
    world.say(line("a"), line("c", begin=20), line("d", begin=30))
    (again,) = world.connection.take()
    assert (again["cmd"], again["after"], again["replace"]) == ("enable", "A:10", "")
    assert again["within"] == RING_MAX_BYTES
    world.say(began(2, after="A:10"), line("b", begin=10), line("c", begin=20))
    assert texts(world) == ["a", "b", "c"]
    assert world.events.counters["chains_broke"] == 1


def test_what_a_slow_hub_below_left_out_is_fetched(world: World) -> None:
    """S7: a hub always answers with ``replace``, and forwards nothing later before."""
    world.flow()
    world.say(line("a"), gap(10, 500), line("z", begin=500))
    (again,) = world.connection.take()
    assert (again["cmd"], again["after"], again["replace"]) == ("enable", "A:10", "")
    assert texts(world) == ["a"]
    world.say(began(2, after="A:10"), line("b", begin=10))
    assert texts(world) == ["a", "b"]


def test_what_is_too_far_to_be_fetched_is_a_gap_for_those_above(world: World) -> None:
    """S7: where the answer begins elsewhere, it puts a slow gap into its ring."""
    world.flow()
    world.say(line("a"), gap(10, 500), began(2, after="A:500"), line("z", begin=500))
    assert texts(world) == ["a", "z"]
    told = world.anna.frames[1]
    assert isinstance(told, GapFrame)
    assert (told.after, told.next, told.reason) == ("A:10", "A:500", "slow")


def test_what_is_lost_is_passed_on(world: World) -> None:
    world.flow()
    world.say(gap(0, 500, reason="lost"), line("z", begin=500))
    told, _ = world.anna.frames
    assert isinstance(told, GapFrame)
    assert told.reason == "lost"


def test_a_page_goes_to_who_asked_for_it(world: World) -> None:
    """S9: each hop gives its own id and rewrites only the header."""
    world.flow()
    world.router.history(world.anna, HISTORY)
    (asked,) = world.connection.take()
    assert (asked["cmd"], asked["limit"], asked["back"]) == ("history", 7, True)
    page = asked["id"]
    end = {"first": "A:0", "last": "A:30", "more": True, "scanned_bytes": 5, "reached": 1.5}
    lost = gap(10, 20, reason="lost", page=page)
    world.say(line("a", page=page), lost, line("c", begin=20, page=page))
    world.say({**success(ENABLE), "id": page, **end})
    first, missing, last, ended = world.anna.page
    assert isinstance(first, LinesFrame)
    assert isinstance(missing, GapFrame)
    assert isinstance(last, LinesFrame)
    assert ended == PageEnd("A:0", "A:30", more=True, scanned_bytes=5, reached=1.5)
    assert texts(world) == [], "it is no stream's"


def test_a_page_with_another_sources_lines_closes_the_link(world: World) -> None:
    world.say({**AVAILABLE, "type": "mysql-slow"})
    world.flow()
    world.router.history(world.anna, HISTORY)
    world.say(line("x", Source("srv-6", "mysql-slow"), page=2))
    assert world.is_broken_off()
    assert world.anna.page == []


def test_a_page_with_a_hole_is_refused(world: World) -> None:
    world.flow()
    world.router.history(world.anna, HISTORY)
    world.anna.take()
    world.say(line("a", page=2), line("c", begin=20, page=2))
    assert world.anna.take() == [("refused", PHP, 500)]


def test_more_pages_than_a_link_may_wait_for_wait_their_turn(world: World) -> None:
    world.flow()
    for _ in range(LINK_HISTORIES_MAX + 1):
        world.router.history(world.anna, HISTORY)
    asked = world.connection.take()
    assert len(asked) == LINK_HISTORIES_MAX
    world.say({**success(ENABLE), "id": asked[0]["id"], "first": "", "last": ""})
    assert len(world.connection.take()) == 1


def test_pages_that_are_waited_for_end_with_the_link(world: World) -> None:
    world.flow()
    for _ in range(LINK_HISTORIES_MAX + 1):
        world.router.history(world.anna, HISTORY)
    world.anna.take()
    world.link.end()
    refused = [told for told in world.anna.take() if told[0] == "refused"]
    assert refused == [("refused", PHP, 404)] * (LINK_HISTORIES_MAX + 1)


@pytest.mark.parametrize(
    "header",
    [
        {"gen": 7},
        {"gen": -1},
        {"n": 0},
        {"n": -1},
        {"next": "no cursor"},
        {"stream": None},
        {"id": 9},
        {"gen": None},
    ],
    ids=str,
)
def test_a_frame_that_makes_no_sense_closes_the_link(world: World, header: dict[str, Any]) -> None:
    world.flow()
    head, _, body = line("x").partition(b"\n")
    world.say(json.dumps({**json.loads(head), **header}).encode() + b"\n" + body)
    assert world.is_broken_off()
    assert world.anna.lines == []


# --- what it takes ------------------------------------------------------------------------------


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
    assert texts(world) == ["a"]


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
        began(1, server="srv-7"),
        {"cmd": "disconnected", "server": "srv-7"},
        line("x", Source("srv-7", "php-error"), page=5),
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


@pytest.mark.parametrize(
    "message", [b"nonsense", b"{}", b'{"cmd":"connected"}', b'{"cmd":"lines"}']
)
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
    assert world.anna.lines == []


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
    assert world.anna.lines == []
    assert world.connection.sent == []
