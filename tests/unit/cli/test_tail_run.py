import asyncio
import io
import os
import re
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doubles.memory_hub import HubSide, MemoryHub, line
from logstream.cli import tail_run
from logstream.cli.tail_config import Colour, Ending, LineFilter, Output, TailConfig
from logstream.cli.tail_news import News
from logstream.client.cloud_api_types import ConnectionDetails
from logstream.errors import AuthenticationError, ConnectionFailed, LogstreamError
from logstream.model.source import Source

PHP = Source("srv-6", "php-error")
REQUESTS = Source("srv-7", "apache-request")
CONFIG = TailConfig(
    application="app",
    environment="dev",
    endpoint="",
    credentials_file=None,
    types=frozenset(("php-error", "apache-request")),
    servers=(),
    columns=None,
    line_filter=LineFilter(),
    output=Output.TEXT,
    colour=Colour.NEVER,
    ending=Ending(),
    reconnect=True,
    debug=False,
)
DETAILS = ConnectionDetails(url="wss://hub.test/x", site="c:s", env="dev", t=5, hmac="sig-nature")

Script = Callable[[HubSide], None]


class Run:
    """One `logstream tail` against a hub in memory, which speaks as soon as a source flows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hub = MemoryHub(PHP, REQUESTS)
        self.script: Script = lambda _side: None
        self.err = io.StringIO()
        self.details: Callable[[], ConnectionDetails] = lambda: DETAILS
        self.out_fd: int | None = None
        monkeypatch.setattr("logstream.transport.picows_client.connect", self._connect)

    async def _connect(self, url: str, receiver: Any, **bounds: Any) -> Any:
        side = await self.hub.connect(url, receiver, **bounds)
        asyncio.get_running_loop().call_later(0.01, lambda: self.script(self.hub.last))
        return side

    async def run(self, **changes: Any) -> tuple[int, bytes]:
        """Give the exit code, and what was written."""
        config = CONFIG._replace(**changes)
        news = News(self.err, config.types)
        with tempfile.TemporaryFile() as file:
            fd = file.fileno() if self.out_fd is None else self.out_fd
            async with asyncio.timeout(30):
                code = await tail_run.tail(config, self.details, out_fd=fd, news=news)
            file.seek(0)
            return code, file.read()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    return Run(monkeypatch)


def say(*texts: str, **keys: Any) -> Script:
    return lambda side: side.say(*(line(PHP, text, **keys) for text in texts))


def ending(**limits: Any) -> dict[str, Ending]:
    return {"ending": Ending(**limits)}


async def test_lines_are_written_until_there_are_enough(run: Run) -> None:
    run.script = say("one", "two", "three", "four")
    assert await run.run(**ending(max_lines=3)) == (0, b"one\ntwo\nthree\n")
    assert run.err.getvalue() == ""


async def test_only_lines_that_are_shown_count(run: Run) -> None:
    run.script = say("one", "no", "two", "no", "three")
    shown = LineFilter(exclude=[re.compile("no")])
    assert await run.run(line_filter=shown, **ending(max_lines=3)) == (0, b"one\ntwo\nthree\n")


async def test_lines_of_several_reads_are_counted_together(run: Run) -> None:
    def script(side: HubSide) -> None:
        for text in ("one", "two", "three"):
            side.say(line(PHP, text))
            side.deliver()

    run.script = script
    assert await run.run(**ending(max_lines=2)) == (0, b"one\ntwo\n")


@pytest.mark.parametrize(("limit", "code"), [("until_match", 0), ("fail_on", 1)])
async def test_a_match_ends_the_run_after_its_line(run: Run, limit: str, code: int) -> None:
    run.script = say("one", "the end", "after")
    outcome = await run.run(columns=["server"], **ending(**{limit: re.compile("end$")}))
    assert outcome == (code, b"srv-6   \nsrv-6   \n")


async def test_a_time_limit_ends_the_run_with_its_code(run: Run) -> None:
    assert await run.run(**ending(timeout_s=0.02)) == (124, b"")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_is_how_a_stream_ends(run: Run, number: signal.Signals) -> None:
    def script(side: HubSide) -> None:
        side.say(line(PHP, "one"))
        side.deliver()
        os.kill(os.getpid(), number)

    run.script = script
    assert await run.run() == (0, b"one\n")
    assert run.hub.last.closed_with == 1000


async def test_what_is_final_ends_the_run_with_its_error(run: Run) -> None:
    def refuse() -> ConnectionDetails:
        raise AuthenticationError("bad key")

    run.details = refuse
    with pytest.raises(AuthenticationError, match="bad key"):
        await run.run()


async def test_without_reconnect_a_lost_connection_is_an_error(run: Run) -> None:
    run.script = lambda side: side.lose(1001)
    with pytest.raises(ConnectionFailed):
        await run.run(reconnect=False)


async def test_a_lost_connection_is_told_and_made_again(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda _low, _high: 0.0)

    def script(side: HubSide) -> None:
        if len(run.hub.connections) == 1:
            side.say(line(PHP, "before"))
            side.lose()
        else:
            side.say(line(PHP, "after"))

    run.script = script
    assert await run.run(**ending(max_lines=2)) == (0, b"before\nafter\n")
    assert "the connection broke: connecting again in 0.0 s" in run.err.getvalue()
    assert "connected again" in run.err.getvalue()


async def test_a_reader_that_leaves_ends_the_run_quietly(run: Run) -> None:
    reader, run.out_fd = os.pipe()

    def script(side: HubSide) -> None:
        side.say(line(PHP, "one"))
        side.deliver()
        assert os.read(reader, 100) == b"one\n"
        os.close(reader)

    run.script = script
    assert await run.run() == (0, b"")
    os.close(run.out_fd)
    assert run.err.getvalue() == ""


async def test_a_disk_that_is_full_ends_the_run_with_an_error(run: Run) -> None:
    run.out_fd = os.open("/dev/full", os.O_WRONLY)
    run.script = say("one")
    with pytest.raises(LogstreamError, match="No space left"):
        await run.run()
    os.close(run.out_fd)


async def test_a_reader_that_waits_makes_the_hub_wait(run: Run) -> None:
    reader, run.out_fd = os.pipe()
    long = "x" * 1_000_000

    def go_on() -> None:
        assert run.hub.last.is_paused()
        asyncio.get_running_loop().run_in_executor(None, _read_until, reader, b"last\n")
        late()

    def script(side: HubSide) -> None:
        run.hub.happened = go_on
        side.say(line(PHP, long), line(PHP, "last"))

    run.script = script
    shown = ending(until_match=re.compile("late"))

    def late() -> None:
        if run.hub.last.is_paused():
            asyncio.get_running_loop().call_later(0.01, late)
        else:
            run.hub.last.say(line(PHP, "late"))

    code, _ = await run.run(**shown)
    assert code == 0
    os.close(run.out_fd)
    os.close(reader)


async def test_types_and_servers_are_chosen_before_anything_is_sent(run: Run) -> None:
    run.script = lambda side: side.say(line(REQUESTS, "one", http_status=200))
    changes = {"servers": ["srv-[7]"], "colour": Colour.ORIGINAL, **ending(max_lines=1)}
    assert await run.run(**changes) == (0, b"\x1b[32;1mone\x1b[0m\n")
    assert run.hub.last.enabled() == [REQUESTS]


async def test_debugging_shows_messages_without_the_signature(run: Run) -> None:
    run.script = say("one")
    assert await run.run(debug=True, **ending(max_lines=1)) == (0, b"one\n")
    shown = run.err.getvalue().splitlines()
    assert shown[0] == "-> connect to wss://hub.test/x"
    assert '"d":"***"' in shown[1]
    assert shown[2].startswith('<- {"cmd":"connected"')
    assert "sig-nature" not in run.err.getvalue()


async def test_it_is_told_when_nothing_that_was_asked_for_comes(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail_run, "_NOTHING_FLOWS_S", 0.0)
    types = frozenset(("mysql-slow",))
    assert await run.run(types=types, **ending(timeout_s=0.05)) == (124, b"")
    assert "no server offers mysql-slow; on offer: apache-request, php-error" in run.err.getvalue()


def test_a_run_begins_with_the_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    with pytest.raises(AuthenticationError, match="no credentials file"):
        tail_run.run_tail(CONFIG._replace(credentials_file=key), out_fd=1, err=io.StringIO())

    async def end(*_: Any, **__: Any) -> int:
        return 7

    monkeypatch.setattr(tail_run, "tail", end)
    key.write_text('{"api_key": "k", "api_secret": "s"}')
    key.chmod(0o644)
    err = io.StringIO()
    config = CONFIG._replace(credentials_file=key, endpoint="http://logs.test/api")
    assert tail_run.run_tail(config, out_fd=1, err=err) == 7
    assert err.getvalue() == (
        f"logstream: warning: other users can read {key}: protect it with chmod 600 {key}\n"
        "logstream: warning: logs.test is asked without TLS: others on the way can read your key\n"
    )


def _read_until(fd: int, end: bytes) -> None:
    content = b""
    while not content.endswith(end):
        content += os.read(fd, 1 << 20)
