"""The logtailor with real files and no sockets: `connect` is a hub's end in memory."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from doubles.connections import RecordedConnection
from logstream.formats.catalogue import Catalogue
from logstream.formats.configured import ConfiguredType, read_pattern
from logstream.logtailor import service
from logstream.logtailor.config import SourceConfig
from logstream.logtailor.service import Logtailor
from logstream.model.source import Environment
from logstream.node.uplink import OfferTicket, Uplink
from logstream.protocol.closing import NORMAL
from logstream.protocol.frame import PLAIN, decode_body, divide
from logstream.tail.watch import Watcher

DEV = Environment("s", "dev")
PROD = Environment("s", "prod")
ENABLE = {"cmd": "enable", "id": 1, "type": "php-error", "server": "srv-6"}


def ticket(environment: Environment) -> OfferTicket:
    return OfferTicket(environment, "srv-6", 1, "d", ("ws://hub",))


class HubEnd(RecordedConnection):
    """Accepts the offer, and notes what is said to it."""

    def __init__(self, uplink: Uplink) -> None:
        super().__init__()
        self.uplink = uplink
        self.loop = asyncio.get_running_loop()
        self.heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def say(self, message: dict[str, Any]) -> None:
        self.uplink.received(json.dumps(message).encode())
        self.uplink.received_all()

    def send(self, message: bytes) -> None:
        header, body = divide(message, binary=False)
        heard = json.loads(header)
        if body is not None:
            heard["body"] = decode_body(body.data)
        self.heard.put_nowait(heard)

    def close(self, code: int, reason: str = "") -> None:
        super().close(code, reason)
        self.loop.call_soon(self.uplink.closed, code, reason)


class World:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
        self.granted = [DEV]
        self.dialled: asyncio.Queue[HubEnd] = asyncio.Queue()
        monkeypatch.setattr(service, "connect", self.connect)
        self.path = path
        self.logtailor = Logtailor(
            [
                SourceConfig(site="s", environment="dev", type="php-error", paths=[str(path)]),
                SourceConfig(site="s", environment="prod", type="php-error", paths=["/none"]),
            ],
            offers=self.offers,
        )

    async def offers(self) -> Sequence[OfferTicket]:
        return [ticket(environment) for environment in self.granted]

    async def connect(
        self, url: str, uplink: Uplink, *, tls: object, subprotocols: tuple[str, ...]
    ) -> HubEnd:
        assert tls is None
        assert PLAIN in subprotocols
        end = HubEnd(uplink)
        end.subprotocol = PLAIN
        uplink.opened(end)
        end.say({"cmd": "connected", "server": "logstream-hub"})
        end.say({"cmd": "success", "server": "logstream-hub"})
        self.dialled.put_nowait(end)
        return end


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    return World(monkeypatch, tmp_path / "php.log")


async def test_it_dials_the_hub_and_answers_for_its_files(world: World) -> None:
    world.path.write_text("from before\n")
    await world.logtailor.start()
    async with asyncio.timeout(30):
        hub = await world.dialled.get()
        heard = [await hub.heard.get() for _ in range(3)]
        hub.say(ENABLE)
        heard.append(await hub.heard.get())
        with world.path.open("a") as file:
            file.write("a\n")
        heard.append(await hub.heard.get())
    offer, connected, available, success, line = heard
    assert (offer["cmd"], offer["env"], offer["server"]) == ("offer", "dev", "srv-6")
    assert "via" not in offer
    assert len(offer["instance"]) >= 16
    assert connected == {"cmd": "connected", "server": "srv-6"}
    assert available["display_type"] == "PHP error"
    assert success["msg"] == ENABLE
    assert (line["cmd"], line["after"], line["body"].text) == ("lines", success["after"], ["a"])
    await world.logtailor.stop()
    assert hub.close_code == NORMAL


async def test_a_configured_type_has_its_name_and_is_read_by_its_pattern(world: World) -> None:
    pattern = read_pattern("pattern", "^(?P<status>[0-9]+) (?P<request_id>.+)")
    formats = Catalogue([ConfiguredType("php-error", "Ours", pattern=pattern)])
    world.logtailor._around = world.logtailor._around._replace(formats=formats)
    world.path.write_text("")
    await world.logtailor.start()
    async with asyncio.timeout(30):
        hub = await world.dialled.get()
        _, _, available = [await hub.heard.get() for _ in range(3)]
        hub.say(ENABLE)
        await hub.heard.get()
        with world.path.open("a") as file:
            file.write("404 v-1\n")
        line = await hub.heard.get()
    assert available["display_type"] == "Ours"
    assert (line["body"].http_status, line["body"].request_id) == ([404], ["v-1"])
    await world.logtailor.stop()


async def test_what_the_key_does_not_grant_is_said_once_and_not_offered(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    assert await world.logtailor._offers() == [ticket(DEV)]
    assert await world.logtailor._offers() == [ticket(DEV)]
    assert caplog.text.count("this key grants no s prod: nothing is offered there") == 1


async def test_what_is_granted_later_is_offered_then(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.logtailor._offers()
    world.granted = [DEV, PROD]
    assert await world.logtailor._offers() == [ticket(DEV), ticket(PROD)]
    world.granted = [DEV]
    await world.logtailor._offers()
    assert caplog.text.count("this key grants no s prod") == 2


async def test_what_is_granted_but_has_no_files_here_is_not_offered(world: World) -> None:
    world.granted = [Environment("s", "test"), DEV]
    assert await world.logtailor._offers() == [ticket(DEV)]


async def test_it_says_once_that_files_are_only_looked_at_now_and_then(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Watcher, "polling_only", True)
    for _ in range(2):
        await world.logtailor._offers()
    (said,) = [record.message for record in caplog.records if "inotify" in record.message]
    assert said.endswith("files are looked at every 0.25 s instead")


async def test_a_logtailor_that_never_started_can_be_stopped(world: World) -> None:
    await world.logtailor.stop()
