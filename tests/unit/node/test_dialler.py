"""The dialler on a loop whose sleeps take no time; ``Hubs`` are what it dials."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest

from doubles.clocks import run_without_waiting
from doubles.connections import RecordedConnection
from logstream.errors import ApiError, ConnectionFailed
from logstream.model.limits import (
    KEEPALIVE_INTERVAL_S,
    LINK_SILENCE_MAX_S,
    OFFERS_REFRESH_S,
    RECONNECT_FIRST_MAX_S,
    RECONNECT_WAIT_MAX_S,
    REPLACED_WAIT_S,
)
from logstream.model.source import Environment
from logstream.node.dialler import FRESH_S, TICK_S, Dialler, Ended
from logstream.node.ring import RingBudget
from logstream.node.router import Router
from logstream.node.uplink import OfferTicket, Uplink
from logstream.protocol.closing import NORMAL, REPLACED
from logstream.protocol.frame import PLAIN
from logstream.telemetry.events import NodeEvents

DEV = Environment("s", "dev")
PROD = Environment("s", "prod")
LIFE_S = 1000.0


class HubEnd(RecordedConnection):
    """A hub's answer to one dial: it accepts, keeps the link alive, and closes when asked to."""

    def __init__(self, uplink: Uplink, *, life_s: float) -> None:
        super().__init__(subprotocol=PLAIN)
        self.uplink = uplink
        self.life_s = life_s
        self.loop = asyncio.get_running_loop()
        self.keeps_alive = True
        self.is_over = False

    def begin(self) -> None:
        self.uplink.opened(self)
        self.say({"cmd": "connected", "server": "logstream-hub"})
        self.say({"cmd": "success", "server": "logstream-hub", "life_s": self.life_s})
        self.keep_alive()

    def keep_alive(self) -> None:
        if not self.is_over:
            if self.keeps_alive:
                self.say({"cmd": "keepalive"})
            self.loop.call_later(KEEPALIVE_INTERVAL_S, self.keep_alive)

    def say(self, message: dict[str, Any]) -> None:
        self.uplink.received(json.dumps(message).encode())
        self.uplink.received_all()

    def send(self, message: bytes) -> None:
        super().send(message)
        if json.loads(message)["cmd"] == "offer" and self.uplink.accepted:
            self.say({"cmd": "success", "server": "logstream-hub", "life_s": self.life_s})

    def close(self, code: int, reason: str = "") -> None:
        super().close(code, reason)
        self.end(code, reason)

    def abort(self) -> None:
        super().abort()
        self.end(1006, "")

    def end(self, code: int, reason: str = "") -> None:
        if not self.is_over:
            self.is_over = True
            self.loop.call_soon(self.uplink.closed, code, reason)

    @property
    def offers(self) -> list[dict[str, Any]]:
        said = [json.loads(message) for message in self.sent]
        return [message for message in said if message["cmd"] == "offer"]


class World:
    """A dialler, a Cloud API and hubs."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.events = NodeEvents()
        self.granted: dict[Environment, tuple[str, ...]] = {DEV: ("ws://hub-1",)}
        self.api_error: str | None = None
        self.asked_at_s: list[float] = []
        self.dials: list[tuple[float, str]] = []
        self.dialled = asyncio.Event()
        self.down: set[str] = set()
        self.mistakes: list[Exception] = []
        self.ask_mistakes: list[Exception] = []
        self.ends: list[HubEnd] = []
        self.dialler = Dialler(
            offers=self.offers,
            make_uplink=self.make_uplink,
            connect=self.connect,
            events=self.events,
            clock=self.loop.time,
        )

    async def offers(self) -> Sequence[OfferTicket]:
        self.asked_at_s.append(self.loop.time())
        if self.ask_mistakes:
            raise self.ask_mistakes.pop()
        if self.api_error is not None:
            raise ApiError(self.api_error)
        t = int(self.loop.time())
        return [
            OfferTicket(environment, "srv-6", t, "d", hubs)
            for environment, hubs in self.granted.items()
        ]

    def make_uplink(self, ticket: OfferTicket, ended: Ended) -> Uplink:
        return Uplink(
            name="srv-6",
            ticket=ticket,
            instance="i",
            via=[],
            sources=lambda environment: Router(
                environment, RingBudget(), linger_s=0.0, unix_time=lambda: 1.0
            ),
            events=self.events,
            clock=self.loop.time,
            ended=ended,
        )

    async def connect(self, url: str, uplink: Uplink) -> object:
        self.dials.append((self.loop.time(), url))
        self.dialled.set()
        await asyncio.sleep(0)
        if self.mistakes:
            raise self.mistakes.pop()
        if url in self.down:
            raise ConnectionFailed(f"cannot connect to {url}: connection refused")
        end = HubEnd(uplink, life_s=LIFE_S)
        self.ends.append(end)
        end.begin()
        return end

    @property
    def open_ends(self) -> list[HubEnd]:
        return [end for end in self.ends if not end.is_over]

    @property
    def offered(self) -> list[tuple[str, int]]:
        """Environment and time of each offer of the links that are open."""
        return [(end.offers[-1]["env"], end.offers[-1]["t"]) for end in self.open_ends]

    def waits_s(self) -> list[float]:
        times = [time_s for time_s, _ in self.dials]
        return [later - earlier for earlier, later in pairwise(times)]


def play(scene: Callable[[World], Awaitable[None]]) -> World:
    """Run the dialler through a scene, then stop it."""

    async def main() -> World:
        world = World()
        running = asyncio.create_task(world.dialler.run())
        await scene(world)
        running.cancel()
        await asyncio.wait([running])
        await asyncio.sleep(0)
        assert world.open_ends == [], "stopping closes the links"
        return world

    return run_without_waiting(main())


def test_it_keeps_a_link_to_each_hub_for_each_environment() -> None:
    async def scene(world: World) -> None:
        world.granted = {DEV: ("ws://hub-1", "ws://hub-2"), PROD: ("ws://hub-1",)}
        await asyncio.sleep(100)
        assert sorted(url for _, url in world.dials) == ["ws://hub-1"] * 2 + ["ws://hub-2"]
        assert sorted(env for env, _ in world.offered) == ["dev", "dev", "prod"]

    play(scene)


def test_links_that_begin_together_share_their_details() -> None:
    async def scene(world: World) -> None:
        world.granted = {DEV: ("ws://hub-1", "ws://hub-2"), PROD: ("ws://hub-1",)}
        await asyncio.sleep(1)
        assert len(world.open_ends) == 3
        assert len(world.asked_at_s) == 1

    play(scene)


def test_a_lost_link_is_dialled_again_with_fresh_details() -> None:
    async def scene(world: World) -> None:
        await asyncio.sleep(50)
        world.ends[0].end(1006)
        await asyncio.sleep(RECONNECT_FIRST_MAX_S + TICK_S)
        ((env, t),) = world.offered
        assert env == "dev"
        assert t >= 50
        assert world.events.counters["uplinks_lost"] == 1

    play(scene)


def test_a_hub_that_is_down_is_dialled_at_growing_jittered_waits() -> None:
    async def scene(world: World) -> None:
        world.down = {"ws://hub-1"}
        await asyncio.sleep(400)

    waits_s = play(scene).waits_s()
    assert len(waits_s) > 8
    assert waits_s[0] <= RECONNECT_FIRST_MAX_S
    assert all(RECONNECT_WAIT_MAX_S / 2 <= wait_s <= RECONNECT_WAIT_MAX_S for wait_s in waits_s[5:])
    assert len({round(wait_s, 3) for wait_s in waits_s[5:]}) > 1


def test_one_hub_that_is_down_does_not_hold_the_others() -> None:
    async def scene(world: World) -> None:
        world.granted = {DEV: ("ws://hub-1", "ws://hub-2")}
        world.down = {"ws://hub-1"}
        await asyncio.sleep(300)
        assert len(world.open_ends) == 1
        assert [url for _, url in world.dials].count("ws://hub-2") == 1

    play(scene)


def test_waits_begin_anew_after_a_link_that_worked() -> None:
    async def scene(world: World) -> None:
        world.down = {"ws://hub-1"}
        await asyncio.sleep(200)
        world.down = set()
        await asyncio.sleep(RECONNECT_WAIT_MAX_S)
        before = len(world.dials)
        lost_at_s = world.loop.time()
        world.open_ends[0].end(1006)
        await asyncio.sleep(RECONNECT_WAIT_MAX_S)
        assert world.dials[before][0] - lost_at_s <= RECONNECT_FIRST_MAX_S + TICK_S

    play(scene)


def test_waits_grow_where_each_offer_is_refused() -> None:
    class Refusing(World):
        async def connect(self, url: str, uplink: Uplink) -> object:
            self.dials.append((self.loop.time(), url))
            end = HubEnd(uplink, life_s=LIFE_S)
            uplink.opened(end)
            end.say({"cmd": "connected", "server": "logstream-hub"})
            end.say({"cmd": "error", "code": 403, "description": "no"})
            end.end(1008)
            return end

    async def main() -> Refusing:
        world = Refusing()
        running = asyncio.create_task(world.dialler.run())
        await asyncio.sleep(300)
        running.cancel()
        await asyncio.wait([running])
        return world

    waits_s = run_without_waiting(main()).waits_s()
    assert min(waits_s[5:]) >= RECONNECT_WAIT_MAX_S / 2


def test_a_process_that_was_replaced_waits_a_minute_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """S3: a process so closed waits 60 s and says so loudly."""

    async def scene(world: World) -> None:
        await asyncio.sleep(10)
        world.ends[0].end(REPLACED, "a newer process offers this server")
        replaced_at_s = world.loop.time()
        await asyncio.sleep(REPLACED_WAIT_S - 1)
        assert len(world.dials) == 1
        await asyncio.sleep(2 + TICK_S)
        assert world.dials[1][0] - replaced_at_s >= REPLACED_WAIT_S

    world = play(scene)
    assert world.events.counters["uplinks_replaced"] == 1
    assert [record.levelname for record in caplog.records if "second" in record.message] == [
        "ERROR"
    ]


def test_a_link_on_which_the_hub_is_silent_is_dropped_and_dialled_again() -> None:
    async def scene(world: World) -> None:
        await asyncio.sleep(5)
        world.ends[0].keeps_alive = False
        await asyncio.sleep(KEEPALIVE_INTERVAL_S + LINK_SILENCE_MAX_S + 2 * TICK_S)
        assert world.ends[0].aborts == 1
        await asyncio.sleep(RECONNECT_FIRST_MAX_S)
        assert len(world.open_ends) == 1

    play(scene)


# --- what may be offered ------------------------------------------------------------------------


def test_new_environments_begin_within_a_minute() -> None:
    async def scene(world: World) -> None:
        await asyncio.sleep(10)
        world.granted = {DEV: ("ws://hub-1",), PROD: ("ws://hub-2",)}
        await asyncio.sleep(OFFERS_REFRESH_S)
        assert sorted(env for env, _ in world.offered) == ["dev", "prod"]
        assert len(world.dials) == 2, "what was there goes on"

    play(scene)


def test_revoked_environments_end_within_a_minute() -> None:
    async def scene(world: World) -> None:
        world.granted = {DEV: ("ws://hub-1",), PROD: ("ws://hub-1",)}
        await asyncio.sleep(10)
        world.granted = {DEV: ("ws://hub-1",)}
        await asyncio.sleep(OFFERS_REFRESH_S)
        assert [env for env, _ in world.offered] == ["dev"]
        assert world.ends[0].closes or world.ends[1].closes

    play(scene)


def test_a_link_that_is_lost_just_after_it_was_revoked_is_not_dialled_again() -> None:
    async def scene(world: World) -> None:
        await asyncio.sleep(10)
        world.granted = {}
        world.ends[0].end(1006)
        await asyncio.sleep(OFFERS_REFRESH_S * 2)
        assert len(world.dials) == 1

    play(scene)


def test_a_cloud_api_that_is_away_ends_no_link() -> None:
    async def scene(world: World) -> None:
        await asyncio.sleep(10)
        world.api_error = "the Cloud API is away"
        await asyncio.sleep(400)
        assert len(world.open_ends) == 1
        assert len(world.dials) == 1
        waits_s = [later - earlier for earlier, later in pairwise(world.asked_at_s[1:])]
        assert max(waits_s) <= OFFERS_REFRESH_S
        assert world.events.counters["offers_unavailable"] > 5

    play(scene)


def test_a_link_cannot_be_made_while_the_cloud_api_is_away() -> None:
    async def scene(world: World) -> None:
        await asyncio.sleep(10)
        world.api_error = "the Cloud API is away"
        world.ends[0].end(1006)
        await asyncio.sleep(100)
        assert len(world.dials) == 1
        world.api_error = None
        await asyncio.sleep(RECONNECT_WAIT_MAX_S + TICK_S)
        assert len(world.open_ends) == 1

    play(scene)


# --- renewal ------------------------------------------------------------------------------------


def test_a_link_is_renewed_at_half_of_its_life_with_fresh_details() -> None:
    """S12."""

    async def scene(world: World) -> None:
        await asyncio.sleep(LIFE_S / 2 - 10)
        assert len(world.ends[0].offers) == 1
        await asyncio.sleep(10 + 2 * TICK_S)
        first, second = world.ends[0].offers
        assert second["t"] - first["t"] >= LIFE_S / 2 - FRESH_S
        await asyncio.sleep(LIFE_S * 3)
        assert 7 <= len(world.ends[0].offers) <= 8
        assert len(world.dials) == 1

    play(scene)


def test_a_renewal_that_finds_the_cloud_api_away_is_tried_again_soon() -> None:
    async def scene(world: World) -> None:
        await asyncio.sleep(LIFE_S / 2 - 10)
        world.api_error = "the Cloud API is away"
        await asyncio.sleep(30)
        assert len(world.ends[0].offers) == 1
        world.api_error = None
        await asyncio.sleep(OFFERS_REFRESH_S + TICK_S)
        assert len(world.ends[0].offers) == 2

    play(scene)


def test_a_renewal_that_the_hub_does_not_accept_is_tried_again_soon() -> None:
    async def scene(world: World) -> None:
        await asyncio.sleep(10)
        end = world.ends[0]
        end.send = lambda message: RecordedConnection.send(end, message)  # type: ignore[method-assign]
        await asyncio.sleep(LIFE_S / 2 + OFFERS_REFRESH_S * 2)
        assert len(end.offers) >= 3

    play(scene)


def test_a_link_whose_environment_was_revoked_is_not_renewed() -> None:
    async def scene(world: World) -> None:
        await asyncio.sleep(10)
        (uplink,) = world.dialler._uplinks
        world.granted = {}
        await world.dialler._renew(uplink, DEV)
        assert len(world.ends[0].offers) == 1

    play(scene)


# --- the end ------------------------------------------------------------------------------------


def test_an_environments_links_can_be_offered_anew() -> None:
    async def scene(world: World) -> None:
        world.granted = {DEV: ("ws://hub-1",), PROD: ("ws://hub-1",)}
        await asyncio.sleep(10)
        world.dialler.reconnect(PROD)
        await asyncio.sleep(RECONNECT_FIRST_MAX_S + TICK_S)
        assert sorted(env for env, _ in world.offered) == ["dev", "prod"]
        assert len(world.dials) == 3
        closed = [end for end in world.ends if end.closes]
        assert [end.offers[0]["env"] for end in closed] == ["prod"]

    play(scene)


def test_stopping_closes_the_links() -> None:
    async def scene(world: World) -> None:
        await asyncio.sleep(10)

    world = play(scene)
    assert world.ends[0].close_code == NORMAL


def test_stopping_in_the_middle_of_a_dial_leaves_nothing() -> None:
    async def scene(world: World) -> None:
        await world.dialled.wait()

    play(scene)


def test_a_link_that_a_mistake_of_ours_has_ended_is_told_and_made_again() -> None:
    async def scene(world: World) -> None:
        world.mistakes = [RuntimeError("a mistake")]
        await asyncio.sleep(RECONNECT_FIRST_MAX_S + TICK_S)
        assert len(world.open_ends) == 1
        assert world.events.counters["mistakes"] == 1

    play(scene)


def test_a_mistake_while_asking_for_details_is_told_and_ends_nothing() -> None:
    async def scene(world: World) -> None:
        await asyncio.sleep(10)
        world.ask_mistakes = [ValueError("a mistake")]
        world.granted[PROD] = ("ws://hub-1",)
        await asyncio.sleep(OFFERS_REFRESH_S + RECONNECT_FIRST_MAX_S)
        assert world.events.counters["mistakes"] == 1
        assert sorted(env for env, _ in world.offered) == ["dev", "prod"]
        assert len(world.ends) == 2

    play(scene)
