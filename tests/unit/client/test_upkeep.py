"""`client/upkeep.py`, with limits made short."""

import asyncio
from collections.abc import Iterator

import pytest

from logstream.client.cloud_api_types import ConnectionDetails
from logstream.client.upkeep import Upkeep
from logstream.errors import ApiError

DETAILS = ConnectionDetails(url="wss://hub.example/", site="s", env="e", t=1, hmac="fresh")
WAIT_S = 30.0


class Kept:
    """Notes what an upkeep does."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.failures: list[ApiError] = []
        self._changed = asyncio.Event()
        self.upkeep = Upkeep(
            keep_alive=lambda: self.note("alive"),
            silent=lambda: self.note("silent"),
            renew=self.renew,
            show=lambda details: self.note(f"show {details.hmac}"),
        )

    def note(self, what: str) -> None:
        self.done.append(what)
        self._changed.set()

    async def renew(self) -> ConnectionDetails:
        if self.failures:
            raise self.failures.pop()
        return DETAILS

    async def until(self, what: str, times: int = 1) -> None:
        async with asyncio.timeout(WAIT_S):
            while self.done.count(what) < times:
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KEEPALIVE_INTERVAL_S", "LINK_SILENCE_MAX_S", "LINK_LIFE_MIN_S"):
        monkeypatch.setattr(f"logstream.client.upkeep.{name}", 0.02)


@pytest.fixture
async def kept() -> Iterator[Kept]:  # type: ignore[misc] # an async generator is no Iterator
    made = Kept()
    yield made
    made.upkeep.stop()


async def test_the_hub_is_told_that_this_side_is_there(kept: Kept) -> None:
    await kept.until("alive", times=3)


async def test_silence_is_noticed(kept: Kept) -> None:
    await kept.until("silent")


async def test_who_told_the_hub_to_wait_hears_no_silence(kept: Kept) -> None:
    kept.upkeep.paused = True
    await kept.until("alive", times=5)
    assert "silent" not in kept.done


async def test_a_fresh_ticket_is_shown_before_the_life_ends(kept: Kept) -> None:
    kept.upkeep.lives(0.0)
    await kept.until("show fresh")


async def test_a_cloud_api_that_is_away_is_asked_again(kept: Kept) -> None:
    kept.failures.append(ApiError("busy"))
    kept.upkeep.lives(0.0)
    await kept.until("show fresh")
    assert not kept.failures


async def test_nothing_is_done_after_the_stop(kept: Kept) -> None:
    kept.upkeep.lives(0.0)
    kept.upkeep.stop()
    await asyncio.sleep(0.05)  # there is nothing to wait for
    assert kept.done == []
