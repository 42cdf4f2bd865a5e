"""What nobody should send: answered by an ``error``, and nobody else notices."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from doubles.raw_websocket import TEXT, RawWebSocket
from logstream.model.limits import DURING_MAX_BYTES
from logstream.model.ticket import Role
from logstream.node import door

from .conftest import ENV, SERVER, Served, began, hear, lines, ticket

TYPE = "php-error"
ENABLE = {"cmd": "enable", "type": TYPE, "server": SERVER}


class Streaming:
    """A logtailor and someone who watches it: undisturbed as long as ``flows`` returns."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self._count = 0

    async def begin(self) -> None:
        self.logtailor = await self.served.logtailor()
        for cmd in ("connected", "available"):
            await say(self.logtailor, {"cmd": cmd, "server": SERVER, "type": TYPE})
        self.person = await self.served.watcher()
        assert [(await hear(self.person))["cmd"] for _ in range(2)] == ["connected", "available"]
        await say(self.person, ENABLE)
        enabled = await hear(self.logtailor)
        assert ENABLE.items() <= enabled.items()
        await say(self.logtailor, began(enabled))
        assert (await hear(self.person))["cmd"] == "success"

    async def flows(self) -> None:
        text = str(self._count)
        await say(self.logtailor, lines(SERVER, TYPE, text, begin=10 * self._count))
        self._count += 1
        line = await hear(self.person)
        assert (line["cmd"], line["text"]) == ("line", text)


@pytest.fixture
async def streaming(served: Served) -> AsyncIterator[Streaming]:
    streaming = Streaming(served)
    await streaming.begin()
    async with streaming.logtailor, streaming.person:
        await streaming.flows()
        yield streaming
        await streaming.flows()


async def say(socket: RawWebSocket, message: dict[str, Any] | bytes) -> None:
    raw = message if isinstance(message, bytes) else json.dumps(message).encode()
    await socket.send_frame(TEXT, raw)


async def let_in(streaming: Streaming) -> RawWebSocket:
    """Come as someone else who watches, and hear what there is."""
    socket = await streaming.served.watcher()
    assert [(await hear(socket))["cmd"] for _ in range(2)] == ["connected", "available"]
    return socket


UNREADABLE: list[tuple[bytes, str]] = [
    (b'{"server":"srv-6"}', "message missing cmd parameter"),
    (b"{}", "message missing cmd parameter"),
    (b'{"cmd":"reboot"}', "unknown cmd: reboot"),
    (b'{"cmd":"Enable","type":"a","server":"b"}', "unknown cmd: Enable"),
    (b'{"cmd":""}', "unknown cmd: "),
    (b'{"cmd":null}', "cmd must be a string"),
    (b'{"cmd":["enable"]}', "cmd must be a string"),
    (b"", "message is not JSON"),
    (b"hello", "message is not JSON"),
    (b'{"cmd":"keepalive"', "message is not JSON"),
    (b'{"cmd":"keepalive"} x', "message is not JSON"),
    (b'{"cmd":"\\ud800"}', "message is not JSON"),
    (b"[" * 60_000, "message is not JSON"),
    (b"[]", "message is not a JSON object"),
    (b'"enable"', "message is not a JSON object"),
    (b"null", "message is not a JSON object"),
    (b"12", "message is not a JSON object"),
    (b'{"cmd":"enable"}', "enable: "),
    (b'{"cmd":"enable","type":1,"server":"srv-6"}', "enable: "),
    (b'{"cmd":"enable","type":"php-error","server":null}', "enable: "),
    (b'{"cmd":"enable","type":["php-error"],"server":"srv-6"}', "enable: "),
    (b'{"cmd":"disable","type":"php-error"}', "disable: "),
    (b'{"cmd":"list-available","server":6}', "list-available: "),
    (b'{"cmd":"list-enabled","server":{}}', "list-enabled: "),
    (b'{"cmd":"stream-environment","site":"devcloud:mysite","env":"dev"}', "stream-environment: "),
    (b'{"cmd":"stream-environment","site":1,"env":"dev","t":1,"d":"x"}', "stream-environment: "),
    (b'{"cmd":"connected","server":"srv-6"}', "unknown cmd: connected"),
    (b'{"cmd":"line","log_type":"php-error","server":"srv-6","text":"x"}', "unknown cmd: line"),
]


@pytest.mark.parametrize(("message", "description"), UNREADABLE)
async def test_an_unreadable_message_is_answered_and_the_connection_goes_on(
    streaming: Streaming, message: bytes, description: str
) -> None:
    async with await let_in(streaming) as socket:
        await say(socket, message)
        error = await hear(socket)
        assert error.pop("description").startswith(description)
        assert error == {
            "cmd": "error",
            "code": 400,
            "during": message[:DURING_MAX_BYTES].decode(),
            "server": streaming.served.hub.name,
        }
        await say(socket, b'{"cmd":"keepalive"}')
        assert (await hear(socket))["cmd"] == "success"


@pytest.mark.parametrize(("message", "description"), UNREADABLE)
async def test_a_stranger_who_says_so_is_sent_away(
    streaming: Streaming, message: bytes, description: str
) -> None:
    async with await streaming.served.stranger() as socket:
        await say(socket, message[:8000])
        error = await hear(socket)
        assert (error["cmd"], error["code"]) == ("error", 400)
        assert error["description"].startswith(description)
        assert error["during"] == message[:DURING_MAX_BYTES].decode()
        assert await socket.read_close() == 1008


@pytest.mark.parametrize(
    "message",
    [
        b'{"cmd":"keepalive"}',
        b'{"cmd":"list-available"}',
        b'{"cmd":"list-enabled"}',
        b'{"cmd":"enable","type":"php-error","server":"srv-6"}',
        b'{"cmd":"disable","type":"php-error","server":"srv-6"}',
    ],
)
async def test_a_command_before_the_opening_is_refused(
    streaming: Streaming, message: bytes
) -> None:
    async with await streaming.served.stranger() as socket:
        await say(socket, message)
        error = await hear(socket)
        assert error["description"].startswith("send stream-environment first")
        assert (error["code"], error["during"]) == (401, message.decode())
        assert await socket.read_close() == 1008


@pytest.mark.parametrize("role", [Role.STREAM, Role.OFFER])
async def test_a_second_opening_is_refused_and_the_connection_goes_on(
    streaming: Streaming, role: Role
) -> None:
    async with await let_in(streaming) as socket:
        await say(socket, ENABLE)
        assert (await hear(socket))["cmd"] == "success"
        again = json.dumps(ticket(role, server=SERVER)).encode()
        await say(socket, again)
        error = await hear(socket)
        assert (error["code"], error["during"]) == (400, again.decode())
        await streaming.flows()
        assert (await hear(socket))["cmd"] == "line"


@pytest.mark.parametrize("cmd", ["enable", "disable"])
@pytest.mark.parametrize(
    ("log_type", "server"),
    [("mysql-slow", SERVER), (TYPE, "srv-7"), (TYPE, "logstream-"), ("", ""), ("\0", "\x1b[2J")],
)
async def test_a_source_that_was_never_offered_is_not_found(
    streaming: Streaming, cmd: str, log_type: str, server: str
) -> None:
    async with await let_in(streaming) as socket:
        await say(socket, {"cmd": cmd, "type": log_type, "server": server})
        error = await hear(socket)
        assert (error["cmd"], error["code"]) == ("error", 404)
        assert json.loads(error["during"])["type"] == log_type
        await say(socket, ENABLE)
        assert (await hear(socket))["cmd"] == "success"


@pytest.mark.parametrize("cmd", ["list-available", "list-enabled"])
async def test_a_server_that_nobody_knows_is_not_found(streaming: Streaming, cmd: str) -> None:
    async with await let_in(streaming) as socket:
        await say(socket, {"cmd": cmd, "server": "srv-9"})
        assert (await hear(socket))["code"] == 404


def changed(message: dict[str, Any], **keys: object) -> dict[str, Any]:
    return {**message, **keys}


def tickets_that_do_not_hold() -> list[tuple[str, dict[str, Any], int]]:
    person, logtailor = ticket(Role.STREAM), ticket(Role.OFFER, server=SERVER)
    signature, _, subject = person["d"].partition(".")
    wrong = signature[:-1] + ("0" if signature[-1] != "0" else "1")
    now = int(time.time())
    return [
        ("a wrong signature", changed(person, d=f"{wrong}.{subject}"), 403),
        ("no signature", changed(person, d=""), 403),
        ("half a signature", changed(person, d=signature), 403),
        ("a signature in no alphabet", changed(person, d="ü\0" * 40), 403),
        ("another's name on it", changed(person, d=f"{signature}.key-2"), 403),
        ("another site", changed(person, site="devcloud:other"), 403),
        ("another environment", changed(person, env="prod"), 403),
        ("a time of its own", changed(person, t=now + 30), 403),
        ("a time far off", changed(person, t=10**18), 403),
        ("of another service", ticket(Role.STREAM, secret="another secret, as long"), 403),
        ("old", ticket(Role.STREAM, age_s=400), 401),
        ("of the future", ticket(Role.STREAM, age_s=-400), 401),
        ("a person's, to offer", changed(logtailor, d=person["d"], t=person["t"]), 403),
        ("a logtailor's, to watch", changed(person, d=logtailor["d"], t=logtailor["t"]), 403),
        ("of another server", changed(logtailor, server="srv-7"), 403),
        ("for any server", changed(logtailor, server="*"), 403),
        ("an old one to offer", ticket(Role.OFFER, server=SERVER, age_s=400), 401),
        ("no time", changed(person, t="soon"), 400),
        ("an empty time", changed(person, t=""), 400),
        ("a negative time", changed(person, t=-5), 400),
        ("half a second", changed(person, t=person["t"] + 0.5), 400),
        ("a time without end", changed(person, t="9" * 5000), 400),
        ("an exotic time", changed(person, t="١٢٣"), 400),
    ]


@pytest.mark.parametrize(
    ("name", "message", "code"),
    tickets_that_do_not_hold(),
    ids=[case[0] for case in tickets_that_do_not_hold()],
)
async def test_a_ticket_that_does_not_hold_lets_nobody_in(
    streaming: Streaming, name: str, message: dict[str, Any], code: int
) -> None:
    async with await streaming.served.stranger() as socket:
        await say(socket, message)
        error = await hear(socket)
        assert (error["cmd"], error["code"]) == ("error", code), error
        assert json.dumps(message).startswith(error["during"])
        assert await socket.read_close() == 1008


@pytest.mark.parametrize("t", [str, float])
async def test_a_time_in_another_form_is_understood(
    streaming: Streaming, t: type[str] | type[float]
) -> None:
    """Clients send a number or a string of digits; a JSON writer may make it 1.7e9."""
    message = ticket(Role.STREAM)
    async with await streaming.served.stranger() as socket:
        await say(socket, changed(message, t=t(message["t"]), more="ignored"))
        assert await hear(socket) == {"cmd": "connected", "server": SERVER}


async def test_a_silent_connection_is_told_and_closed(
    streaming: Streaming, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "AUTHENTICATION_TIMEOUT_S", 0.0)
    async with await streaming.served.stranger() as socket:
        error = await hear(socket)
        assert (error["code"], error["during"]) == (401, "")
        assert await socket.read_close() == 1008


async def test_what_a_stranger_says_after_it_was_sent_away_is_not_heard(
    streaming: Streaming,
) -> None:
    async with await streaming.served.stranger() as socket:
        good = json.dumps(ticket(Role.STREAM)).encode()
        await say(socket, b'{"cmd":"keepalive"}')
        await say(socket, good)
        assert (await hear(socket))["code"] == 401
        assert await socket.read_close() == 1008


async def test_one_environment_knows_nothing_of_another(streaming: Streaming) -> None:
    other = ticket(Role.STREAM, site="devcloud:other")
    async with await streaming.served.stranger() as socket:
        await say(socket, other)
        await say(socket, b'{"cmd":"list-available"}')
        await say(socket, ENABLE)
        await say(socket, b'{"cmd":"list-enabled"}')
        assert (await hear(socket))["code"] == 404
        assert (await hear(socket))["cmd"] == "enabled"
    assert other["env"] == ENV
