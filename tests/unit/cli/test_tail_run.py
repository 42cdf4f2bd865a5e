import asyncio
import io
import json
import os
import re
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from doubles.extended_hub import ExtendedHub, Record, at
from doubles.memory_hub import HubSide, MemoryHub, line
from logstream.cli import tail_run
from logstream.cli.cursor_file import read_position
from logstream.cli.position import parse_position
from logstream.cli.tail_config import Colour, Ending, LineFilter, Output, Resuming, TailConfig
from logstream.cli.tail_news import News
from logstream.client.cloud_api_types import ConnectionDetails
from logstream.client.start import Start
from logstream.errors import (
    AuthenticationError,
    ConnectionFailed,
    LogstreamError,
    StreamRefused,
    Unsupported,
    UsageError,
)
from logstream.model.source import Source
from logstream.protocol.frame import PROTOCOLS
from logstream.protocol.messages import Gap

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


class ExtendedRun:
    """One `logstream tail` after the other against a model of an extended hub."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hub = ExtendedHub(PHP, REQUESTS)
        self.err = io.StringIO()
        self.while_live: Callable[[], None] = lambda: None
        monkeypatch.setattr("logstream.transport.picows_client.connect", self._connect)

    async def _connect(self, url: str, receiver: Any, **bounds: Any) -> Any:
        side = await self.hub.connect(url, receiver, **bounds)
        asyncio.get_running_loop().call_later(0.02, lambda: self.while_live())  # noqa: PLW0108 - set later
        return side

    async def run(self, **changes: Any) -> tuple[int, list[str]]:
        """Give the exit code, and the lines that were written."""
        config = CONFIG._replace(**changes)
        news = News(self.err, config.types)
        details = msgspec.structs.replace(DETAILS, protocols=PROTOCOLS)
        with tempfile.TemporaryFile() as file:
            async with asyncio.timeout(30):
                code = await tail_run.tail(config, lambda: details, out_fd=file.fileno(), news=news)
            file.seek(0)
            return code, file.read().decode().splitlines()

    async def resume(self, cursor: str, **changes: Any) -> tuple[int, list[str]]:
        """Run on from a cursor to the end of what is written."""
        start = Start(after=parse_position(cursor, origin="test"), follow=False)
        return await self.run(start=start, **changes)


@pytest.fixture
def extended(monkeypatch: pytest.MonkeyPatch) -> ExtendedRun:
    return ExtendedRun(monkeypatch)


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


async def test_the_last_lines_come_first_and_live_lines_go_on(extended: ExtendedRun) -> None:
    extended.hub.write(PHP, [Record("1", 1), Record("4", 4)])
    extended.hub.write(REQUESTS, [Record("2", 2), Record("3", 3)])
    extended.while_live = lambda: extended.hub.write(PHP, [Record("5", 5)])
    outcome = await extended.run(start=Start(lines=3), **ending(max_lines=4))
    assert outcome == (0, ["2", "3", "4", "5"])
    assert extended.err.getvalue() == ""


async def test_without_following_the_run_ends_with_what_is_written(extended: ExtendedRun) -> None:
    extended.hub.write(PHP, [Record(str(second), second) for second in range(10)])
    start = Start(since=3, until=6, follow=False)
    assert await extended.run(start=start) == (0, ["3", "4", "5"])


async def test_what_can_be_had_is_shown_before_a_source_without_history_is_an_error(
    extended: ExtendedRun, tmp_path: Path
) -> None:
    extended.hub.refuses = lambda said: said["cmd"] == "history" and said["type"] == "php-error"
    extended.hub.write(REQUESTS, ["1"])
    resuming = Resuming(tmp_path / "cursor")
    with pytest.raises(StreamRefused, match="no history of php-error on srv-6"):
        await extended.run(start=Start(lines=3, follow=False), resuming=resuming)
    assert (tmp_path / "cursor").read_text() == f"1+srv-7/apache-request={at(1)}\n"


async def test_filters_go_to_the_servers(extended: ExtendedRun) -> None:
    extended.hub.write(PHP, ["no", "yes"])
    shown = LineFilter(exclude=[re.compile("no")])
    outcome = await extended.run(start=Start(lines=5, follow=False), line_filter=shown)
    assert outcome == (0, ["yes"])
    assert extended.hub.last.asked("history")[0]["hide"] == {"text": ["no"]}


async def test_what_the_servers_cannot_filter_is_filtered_here(extended: ExtendedRun) -> None:
    extended.hub.refuses = lambda said: "hide" in said
    extended.hub.write(PHP, ["no", "yes"])
    shown = LineFilter(exclude=[re.compile("no")])
    outcome = await extended.run(start=Start(lines=5, follow=False), line_filter=shown)
    assert outcome == (0, ["yes"])
    assert (
        "srv-6 cannot filter php-error so; its lines are filtered here" in extended.err.getvalue()
    )


async def test_each_json_line_is_enough_to_go_on_over_all_sources(extended: ExtendedRun) -> None:
    extended.hub.write(PHP, [Record(f"p{n}", 2 * n) for n in range(5)])
    extended.hub.write(REQUESTS, [Record(f"r{n}", 2 * n + 1) for n in range(5)])
    _, lines = await extended.run(
        start=Start(lines=10, follow=False), output=Output.JSON, **ending(max_lines=10)
    )
    texts = [json.loads(shown)["text"] for shown in lines]
    assert texts == [f"{kind}{n}" for n in range(5) for kind in "pr"]
    for index, shown in enumerate(lines):
        _, rest = await extended.resume(json.loads(shown)["cursor"])
        assert sorted(rest) == sorted(texts[index + 1 :])


async def test_a_run_goes_on_where_the_one_before_ended(
    extended: ExtendedRun, tmp_path: Path
) -> None:
    path = tmp_path / "cursor"
    resuming = Resuming(path, show_cursor=True)
    extended.while_live = lambda: extended.hub.write(PHP, ["1", "2", "3"])
    assert await extended.run(resuming=resuming, **ending(max_lines=2)) == (0, ["1", "2"])
    kept = path.read_text()
    assert f"+srv-6/php-error={at(2)}" in kept
    assert extended.err.getvalue() == f"logstream: cursor: {kept}"
    extended.while_live = lambda: extended.hub.write(REQUESTS, ["4"])
    after = read_position(path)
    assert after is not None
    outcome = await extended.run(start=Start(after=after), **ending(max_lines=2))
    assert (outcome[0], sorted(outcome[1])) == (0, ["3", "4"])


async def test_the_cursor_file_follows_the_output(
    extended: ExtendedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail_run, "_CURSOR_FILE_INTERVAL_S", 0.01)
    path = tmp_path / "cursor"
    extended.while_live = lambda: extended.hub.write(PHP, ["1"])
    running = asyncio.create_task(
        extended.run(resuming=Resuming(path), **ending(until_match=re.compile("end")))
    )
    async with asyncio.timeout(30):
        while not (path.exists() and f"php-error={at(1)}" in path.read_text()):  # noqa: ASYNC110 - a file
            await asyncio.sleep(0.01)
    extended.hub.write(PHP, ["end"])
    assert await running == (0, ["1", "end"])


async def test_a_cursor_file_that_cannot_be_written_any_more_ends_the_run(
    extended: ExtendedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail_run, "_CURSOR_FILE_INTERVAL_S", 0.01)
    resuming = Resuming(tmp_path / "nowhere" / "cursor")
    extended.while_live = lambda: extended.hub.write(PHP, ["1"])
    with pytest.raises(LogstreamError, match="cannot be written: No such file"):
        await extended.run(resuming=resuming)


async def test_what_is_lost_is_told(extended: ExtendedRun) -> None:
    def lose() -> None:
        extended.hub.last.say(
            Gap(
                server="srv-6",
                type="php-error",
                stream="",
                after=at(0),
                next=at(7),
                reason="lost",
                why="truncated",
            )
        )

    extended.while_live = lose
    assert await extended.run(**ending(timeout_s=0.1)) == (124, [])
    assert "srv-6 php-error: lines, nobody knows how many, are lost" in extended.err.getvalue()
    _, [record] = await extended.run(output=Output.JSON, **ending(timeout_s=0.1))
    assert json.loads(record)["gap"] == "lost"
    assert f"+srv-6/php-error={at(7)}" in json.loads(record)["cursor"]


async def test_a_foreign_cursor_ends_the_run_as_a_wrong_option(extended: ExtendedRun) -> None:
    extended.hub.refuses = lambda said: said.get("after") == "x:5"
    resuming = Resuming(origin="--after-cursor")
    with pytest.raises(UsageError, match=r"--after-cursor: srv-6 php-error does not know its"):
        await extended.run(start=Start(after={PHP: "x:5"}), resuming=resuming)
    with pytest.raises(StreamRefused, match="no history of php-error on srv-6"):
        await extended.run(start=Start(after={PHP: "x:5"}, follow=False))


async def test_lines_out_of_the_order_of_time_are_flagged(extended: ExtendedRun) -> None:
    def write() -> None:
        extended.hub.write(PHP, [Record("9", 9)])
        asyncio.get_running_loop().call_later(
            0.05, lambda: extended.hub.write(REQUESTS, [Record("8", 8)])
        )

    extended.while_live = write
    assert (await extended.run(reorder_s=0.01, **ending(max_lines=2)))[1] == ["9", "8"]
    assert "srv-7 apache-request: a line came too late for its place" in extended.err.getvalue()


@pytest.mark.parametrize(
    "changes",
    [{"resuming": Resuming(show_cursor=True)}, {"reorder_s": 0.5}],
    ids=["cursor", "order"],
)
async def test_a_service_without_cursors_is_told_to_be_one(
    run: Run, changes: dict[str, Any]
) -> None:
    run.script = say("one")
    with pytest.raises(Unsupported, match="this service has no cursors: leave out"):
        await run.run(**changes)


async def test_a_service_without_history_is_told_to_be_one(run: Run) -> None:
    with pytest.raises(Unsupported, match="has no history and no cursors"):
        await run.run(start=Start(lines=10))


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
    err.truncate(0)
    asked = LineFilter(mine="logstream-1a-", include=[re.compile("x" * 2000)])
    start = Start(since=0, until=60, follow=False)
    tail_run.run_tail(config._replace(line_filter=asked, start=start), out_fd=1, err=err)
    said = err.getvalue()
    assert "logstream: since 1970-01-01 " in said
    assert "logstream: until 1970-01-01 " in said
    assert "lines are shown of requests with the header: X-Request-ID: logstream-1a-1" in said
    assert "the servers cannot filter so, lines are filtered here: an expression has" in said


def _read_until(fd: int, end: bytes) -> None:
    content = b""
    while not content.endswith(end):
        content += os.read(fd, 1 << 20)
