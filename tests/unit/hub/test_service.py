"""The hub with everything but sockets; those are in tests/integration."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from doubles.hops import ENVIRONMENT, SECRET, Hops, offer_ticket
from doubles.tailed import Tailed
from logstream.hub import service
from logstream.hub.config import HubConfig
from logstream.hub.service import STREAM_PATH, Hub
from logstream.model.limits import LINK_LIFE_S, LINK_SILENCE_MAX_S, STREAM_LINGER_S
from logstream.model.source import Environment, Source
from logstream.node.door import Door
from logstream.node.uplink import OfferTicket
from logstream.protocol.closing import LIFE_OVER, REPLACED
from logstream.protocol.frame import PLAIN, ZSTD
from logstream.transport.handshake import Handshake, HttpAnswer

PHP = Source("srv-6", "php-error")
ENABLE = {"cmd": "enable", "type": "php-error", "server": "srv-6"}
SUCCESS = {"cmd": "success", "msg": ENABLE, "server": "srv-6"}


@pytest.fixture
def hops() -> Hops:
    return Hops()


def connected(server: str) -> dict[str, Any]:
    return {"cmd": "connected", "server": server}


# --- one hub ------------------------------------------------------------------------------------


def test_lines_reach_who_watches(hops: Hops) -> None:
    hub, tailed = hops.hub("logstream-1"), Tailed("srv-6", "php-error")
    hops.logtailor(hub, tailed)
    person = hops.person(hub)
    hops.settle()
    assert [message["cmd"] for message in person.take()] == ["connected", "connected", "available"]
    person.enable(PHP)
    hops.settle()
    tailed.write("php-error", "a", "b")
    hops.settle()
    success, *lines = person.take()
    assert success == SUCCESS
    assert [line["text"] for line in lines] == ["a", "b"]


def test_several_watch_the_same_environment_each_with_their_own_enabled_set(hops: Hops) -> None:
    hub, tailed = hops.hub("logstream-1"), Tailed("srv-6", "php-error", "mysql-slow")
    hops.logtailor(hub, tailed)
    anna, ben = hops.person(hub), hops.person(hub)
    hops.settle()
    anna.enable(PHP)
    ben.enable(Source("srv-6", "mysql-slow"))
    hops.settle()
    tailed.write("php-error", "php")
    tailed.write("mysql-slow", "mysql")
    hops.settle()
    assert (anna.texts(), ben.texts()) == (["php"], ["mysql"])
    anna.say("list-enabled", server="srv-6")
    hops.settle()
    assert anna.take() == [{"cmd": "enabled", "enabled": ["php-error"], "server": "srv-6"}]


def test_a_source_nobody_watches_any_more_is_disabled_after_a_while(hops: Hops) -> None:
    hub, tailed = hops.hub("logstream-1"), Tailed("srv-6", "php-error")
    hops.logtailor(hub, tailed)
    person = hops.person(hub)
    hops.settle()
    person.enable(PHP)
    hops.settle()
    person.disable(PHP)
    hops.wait(STREAM_LINGER_S - 1)
    assert tailed.take() == [("enable", PHP)]
    hops.wait(2)
    assert tailed.take() == [("disable", PHP)]


def test_a_newer_link_of_a_server_replaces_the_older(hops: Hops) -> None:
    """S3: (environment, server) has one link: the newest; the old is closed with 4009."""
    hub, older, newer = hops.hub("logstream-1"), *(Tailed("srv-6", "php-error") for _ in "ab")
    hops.logtailor(hub, older, instance="a")
    person = hops.person(hub)
    hops.settle()
    person.enable(PHP)
    hops.settle()
    hops.logtailor(hub, newer, instance="b")
    hops.settle()
    assert hops.ends == [(REPLACED, "a newer process offers this server")]
    assert hub.events.counters["links_replaced"] == 1
    older.write("php-error", "from the older")
    newer.write("php-error", "from the newer")
    hops.settle()
    assert person.texts() == ["from the newer"]
    assert hub._gauges()["links"] == 1


def test_a_process_that_dials_again_before_its_old_link_is_seen_to_be_dead_is_no_twin(
    hops: Hops,
) -> None:
    hub, tailed = hops.hub("logstream-1"), Tailed("srv-6", "php-error")
    hops.logtailor(hub, tailed, instance="a")
    hops.settle()
    hops.logtailor(hub, tailed, instance="a")
    hops.settle()
    assert hops.ends[0][0] == REPLACED
    assert hub.events.counters["links_replaced"] == 0


def test_a_connection_that_cannot_be_looked_after_is_dropped_and_no_other(
    hops: Hops, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = hops.hub("logstream-1")
    people = [hops.person(hub) for _ in range(3)]
    hops.settle()
    ticks: list[Door] = []
    right = Door.tick

    def fails_at_the_second(door: Door, now_s: float) -> None:
        ticks.append(door)
        if len(ticks) == 2:
            raise RuntimeError("a mistake")
        right(door, now_s)

    monkeypatch.setattr(Door, "tick", fails_at_the_second)
    hub.tick()
    hops.settle()
    assert len(ticks) == 3
    assert [len(person.closes) for person in people].count(1) == 1
    assert hub.events.counters["mistakes"] == 1
    assert ticks[1] not in hub._doors


def test_environments_do_not_mix(hops: Hops) -> None:
    hub, tailed = hops.hub("logstream-1"), Tailed("srv-6", "php-error")
    hops.logtailor(hub, tailed)
    person = hops.person(hub, env="prod")
    hops.settle()
    assert person.take() == [connected("logstream-1")]
    person.enable(PHP)
    hops.settle()
    assert [message["code"] for message in person.take()] == [404]


def test_a_server_that_returns_is_enabled_again_and_nothing_is_repeated(hops: Hops) -> None:
    """S12: on its return the hub repeats neither ``connected`` nor ``available``."""
    hub, tailed = hops.hub("logstream-1"), Tailed("srv-6", "php-error")
    wire = hops.logtailor(hub, tailed)
    person = hops.person(hub)
    hops.settle()
    person.enable(PHP)
    hops.settle()
    person.take()
    wire.cut()
    hops.settle()
    assert tailed.take() == [("enable", PHP), ("disable", PHP)]
    tailed.write("php-error", "while away")
    hops.logtailor(hub, Tailed("srv-6", "php-error"))
    hops.settle()
    assert person.take() == []


def test_an_enable_while_the_server_is_away_is_answered_when_it_returns(hops: Hops) -> None:
    hub, tailed = hops.hub("logstream-1"), Tailed("srv-6", "php-error")
    wire = hops.logtailor(hub, tailed)
    person = hops.person(hub)
    hops.settle()
    person.take()
    wire.cut()
    person.enable(PHP)
    hops.settle()
    assert person.take() == []
    hops.logtailor(hub, tailed)
    hops.settle()
    assert person.take() == [SUCCESS]
    tailed.write("php-error", "a")
    hops.settle()
    assert person.texts() == ["a"]


def test_a_link_without_servers_yet_keeps_its_environment(hops: Hops) -> None:
    """Between ``offer`` and ``connected`` nobody is in the environment, and it is not empty."""
    hub, tailed = hops.hub("logstream-1"), Tailed("srv-6", "php-error")
    wire = hops.logtailor(hub, tailed)
    while not hub._offers:
        wire.carry()
    hub.tick()
    hops.settle()
    person = hops.person(hub)
    hops.settle()
    assert connected("srv-6") in person.take()


def test_an_environment_that_everyone_has_left_is_forgotten(hops: Hops) -> None:
    hub, tailed = hops.hub("logstream-1"), Tailed("srv-6", "php-error")
    wire = hops.logtailor(hub, tailed)
    hops.settle()
    hub.tick()
    assert hub._gauges()["environments"] == 1
    wire.cut()
    hub.tick()
    gauges = hub._gauges()
    assert gauges == dict.fromkeys(gauges, 0)


def test_a_link_whose_life_is_over_is_closed_and_its_sources_come_back_with_the_next(
    hops: Hops,
) -> None:
    hub, tailed = hops.hub("logstream-1"), Tailed("srv-6", "php-error")
    hops.logtailor(hub, tailed)
    person = hops.person(hub)
    hops.settle()
    person.enable(PHP)
    hops.wait(LINK_LIFE_S + 1)
    assert hops.ends[0][0] == LIFE_OVER
    hops.logtailor(hub, tailed)
    hops.settle()
    tailed.write("php-error", "a")
    hops.settle()
    assert person.texts() == ["a"]


def test_a_slow_link_is_not_lost_for_its_silence(hops: Hops) -> None:
    hub, tailed = hops.hub("logstream-1"), Tailed("srv-6", "php-error")
    hops.logtailor(hub, tailed)
    hops.settle()
    hops.wait(LINK_SILENCE_MAX_S * 3)
    assert hops.ends == []


def test_someone_who_reads_nothing_makes_the_files_wait_and_loses_nothing(hops: Hops) -> None:
    hub, tailed = hops.hub("logstream-1"), Tailed("srv-6", "php-error")
    hops.logtailor(hub, tailed)
    person = hops.person(hub)
    wire = hops.network.wires[-1]
    hops.settle()
    person.enable(PHP)
    hops.settle()
    person.take()
    wire.dialling.pause_reading()
    sent = 0
    while not tailed.waits:
        tailed.write("php-error", *(f"{sent + n} {'x' * 1000}" for n in range(10)))
        sent += 10
        assert sent < 10_000, "memory is not bounded"
        hops.settle()
    wire.dialling.resume_reading()
    hops.settle()
    assert [int(text.split()[0]) for text in person.texts()] == list(range(sent))


# --- hubs behind hubs ---------------------------------------------------------------------------


class ThreeHops(Hops):
    """person ← hub 2 ← hub 1 ← logtailor."""

    def __init__(self) -> None:
        super().__init__()
        self.hub_1, self.hub_2 = self.hub("logstream-1"), self.hub("logstream-2")
        self.tailed = Tailed("srv-6", "php-error")
        self.link = self.logtailor(self.hub_1, self.tailed)
        self.settle()
        self.hub_link = self.dial(self.hub_1, self.hub_2)
        self.anna = self.person(self.hub_2)
        self.settle()


def test_a_hub_works_as_the_logtailor_of_another() -> None:
    hops = ThreeHops()
    assert [message["server"] for message in hops.anna.take()] == [
        "logstream-2",
        "logstream-1",
        "srv-6",
        "srv-6",
    ]
    hops.anna.enable(PHP)
    hops.settle()
    hops.tailed.write("php-error", "a", "b")
    hops.settle()
    success, *lines = hops.anna.take()
    assert success == SUCCESS
    assert [line["text"] for line in lines] == ["a", "b"]


def test_the_same_lines_reach_people_at_every_hop_once() -> None:
    hops = ThreeHops()
    below = hops.person(hops.hub_1)
    hops.settle()
    hops.anna.enable(PHP)
    below.enable(PHP)
    hops.settle()
    assert hops.tailed.take() == [("enable", PHP)]
    hops.tailed.write("php-error", "a")
    hops.settle()
    assert (hops.anna.texts(), below.texts()) == (["a"], ["a"])


def test_nothing_is_asked_through_three_hops_when_nobody_watches() -> None:
    hops = ThreeHops()
    assert hops.tailed.take() == []
    hops.anna.enable(PHP)
    hops.settle()
    hops.anna.disable(PHP)
    hops.wait(2 * STREAM_LINGER_S + 2)
    assert hops.tailed.take() == [("enable", PHP), ("disable", PHP)]


def test_a_file_that_cannot_be_read_yet_is_waited_for_through_three_hops() -> None:
    hops = ThreeHops()
    hops.tailed.answers = False
    hops.anna.take()
    hops.anna.enable(PHP)
    hops.settle()
    assert hops.anna.take() == []
    hops.tailed.answer()
    hops.settle()
    assert hops.anna.take() == [SUCCESS]


@pytest.mark.parametrize("which", ["link", "hub_link"])
def test_lines_come_again_after_either_link_was_lost(which: str) -> None:
    hops = ThreeHops()
    hops.anna.enable(PHP)
    hops.settle()
    hops.anna.take()
    if which == "link":
        hops.link.cut()
        hops.logtailor(hops.hub_1, hops.tailed)
    else:
        hops.hub_link.cut()
        hops.dial(hops.hub_1, hops.hub_2)
    hops.settle()
    hops.tailed.write("php-error", "a")
    hops.settle()
    assert [message["cmd"] for message in hops.anna.take()] == ["line"]


def test_servers_that_come_later_are_told_through_three_hops() -> None:
    hops = ThreeHops()
    hops.anna.take()
    later = Tailed("srv-7", "mysql-slow")
    hops.logtailor(hops.hub_1, later)
    hops.settle()
    assert [message["cmd"] for message in hops.anna.take()] == ["connected", "available"]
    hops.anna.enable(Source("srv-7", "mysql-slow"))
    hops.settle()
    later.write("mysql-slow", "a")
    hops.settle()
    assert hops.anna.texts() == ["a"]


def test_a_loop_of_hubs_is_refused() -> None:
    """S3."""
    hops = ThreeHops()
    hops.dial(hops.hub_2, hops.hub_1)
    hops.settle()
    assert hops.ends[0][0] == 1008
    assert "a loop" in hops.ends[0][1]


def test_a_loop_through_a_third_hub_is_refused() -> None:
    hops = ThreeHops()
    hub_3 = hops.hub("logstream-3")
    hops.dial(hops.hub_2, hub_3)
    hops.settle()
    assert hub_3.via(ENVIRONMENT) == ["logstream-3", "logstream-1", "logstream-2"]
    hops.dial(hub_3, hops.hub_1)
    hops.settle()
    assert "a loop" in hops.ends[0][1]


def test_a_server_that_comes_by_two_ways_sends_each_line_once() -> None:
    """A logtailor dials two hubs, and both are dialled into a third."""
    hops = Hops()
    left, right, top = (hops.hub(f"logstream-{name}") for name in ("left", "right", "top"))
    tailed = Tailed("srv-6", "php-error")
    hops.logtailor(left, tailed)
    hops.logtailor(right, tailed)
    hops.settle()
    hops.dial(left, top)
    hops.settle()
    person = hops.person(top)
    hops.settle()
    person.enable(PHP)
    hops.settle()
    right_link = hops.dial(right, top)
    hops.settle()
    tailed.write("php-error", "a")
    hops.settle()
    assert person.texts() == ["a"]
    assert top._gauges()["links"] == 2
    right_link.cut()
    hops.settle()
    tailed.write("php-error", "b")
    hops.settle()
    assert person.texts() == ["b"]


def test_a_hub_offers_anew_when_the_hubs_below_it_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a loop could close unseen."""

    async def no_offers() -> Sequence[OfferTicket]:
        return []

    hops = Hops()
    upper = Hub(HubConfig(secret_file="none", name="logstream-2"), secret=SECRET, offers=no_offers)
    upper.unix_time = lambda: 1_700_000_000
    assert upper._dialler is not None
    anew: list[Environment] = []
    monkeypatch.setattr(upper._dialler, "reconnect", anew.append)
    hops.logtailor(upper, Tailed("srv-6"))
    hops.settle()
    assert anew == []
    wire = hops.dial(hops.hub("logstream-1"), upper)
    hops.settle()
    assert anew == [ENVIRONMENT]
    wire.cut()
    assert anew == [ENVIRONMENT, ENVIRONMENT]


def test_what_a_hub_offers_says_which_hubs_its_lines_pass() -> None:
    hops = ThreeHops()
    assert hops.hub_1.via(ENVIRONMENT) == ["logstream-1"]
    assert hops.hub_2.via(ENVIRONMENT) == ["logstream-2", "logstream-1"]
    assert hops.hub_2.via(Environment("s", "other")) == ["logstream-2"]
    uplink = hops.hub_2._make_uplink(offer_ticket("*"), lambda code, reason: None)
    assert uplink._via == ["logstream-2", "logstream-1"]


# --- requests, start and stop -------------------------------------------------------------------


def accept(hub: Hub, path: str) -> object:
    handshake = Handshake(
        method="GET",
        path=path,
        query="",
        version="HTTP/1.1",
        headers={},
        subprotocols=(),
        peer="192.0.2.1:5",
    )
    return hub._accept(handshake)


def test_the_streams_path_leads_to_a_door(hops: Hops) -> None:
    hub = hops.hub("logstream-1")
    assert isinstance(accept(hub, STREAM_PATH), Door)
    assert hub._gauges()["connections"] == 0, "only an open connection is one"


def test_health_and_metrics_can_be_asked_for(hops: Hops) -> None:
    hub, tailed = hops.hub("logstream-1"), Tailed("srv-6", "php-error")
    hops.logtailor(hub, tailed)
    hops.settle()
    health, metrics = accept(hub, "/healthz"), accept(hub, "/metrics")
    assert isinstance(health, HttpAnswer)
    assert isinstance(metrics, HttpAnswer)
    assert (health.status, metrics.status) == (200, 200)
    assert b"logstream_links_opened_total 1\n" in metrics.body
    assert b"logstream_sources 1\n" in metrics.body


@pytest.mark.parametrize("path", ["/", "/ah_websocket", STREAM_PATH + "/", "/healthz/x"])
def test_any_other_path_is_404(hops: Hops, path: str) -> None:
    answer = accept(hops.hub("logstream-1"), path)
    assert isinstance(answer, HttpAnswer)
    assert answer.status == 404


class Listening:
    """Stands for the transport's server."""

    port = 12345

    def __init__(self, *, scheme: str = "ws") -> None:
        self.url = f"{scheme}://127.0.0.1:12345"
        self.is_closed = False

    async def close(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize("is_dialled_into_another", [True, False])
async def test_it_starts_listens_ticks_and_stops(
    monkeypatch: pytest.MonkeyPatch, is_dialled_into_another: bool
) -> None:
    asked = asyncio.Event()
    ticked = asyncio.Event()

    async def offers() -> Sequence[OfferTicket]:
        asked.set()
        return []

    async def serve(accept: object, **options: object) -> Listening:
        assert options == {
            "host": "127.0.0.1",
            "port": 0,
            "tls": None,
            "subprotocols": (ZSTD, PLAIN),
        }
        return listening

    listening = Listening()
    monkeypatch.setattr(service, "serve", serve)
    monkeypatch.setattr(service, "TICK_S", 0.0)
    hub = Hub(
        HubConfig(secret_file="none", name="logstream-1", port=0),
        secret=SECRET,
        offers=offers if is_dialled_into_another else None,
    )
    faults = [RuntimeError("a mistake")]

    def tick() -> None:
        if faults:
            raise faults.pop()
        ticked.set()

    monkeypatch.setattr(hub, "tick", tick)
    assert await hub.start() == 12345
    async with asyncio.timeout(30):
        await ticked.wait()
        if is_dialled_into_another:
            await asked.wait()
    await hub.stop()
    assert listening.is_closed
    assert hub.events.counters["mistakes"] == 1, "told, and ticked on"


async def test_it_listens_with_tls_where_there_is_a_certificate(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    contexts: list[object] = []

    async def serve(accept: object, *, tls: object, **options: object) -> Listening:
        contexts.append(tls)
        return Listening(scheme="wss" if tls else "ws")

    monkeypatch.setattr(service, "serve", serve)
    monkeypatch.setattr(service, "server_context", lambda certificate, key: (certificate, key))
    hub = Hub(
        HubConfig(
            secret_file="none", name="logstream-1", tls_certificate="/c.pem", tls_key="/k.pem"
        ),
        secret=SECRET,
    )
    with caplog.at_level("INFO", "logstream"):
        await hub.start()
    await hub.stop()
    assert [str(path) for path in contexts[0]] == ["/c.pem", "/k.pem"]  # type: ignore[attr-defined]
    assert "wss://127.0.0.1:12345" in caplog.text


async def test_a_hub_that_never_started_can_be_stopped(hops: Hops) -> None:
    await hops.hub("logstream-1").stop()
