"""`client/following.py` (and the session under it) against a model of an extended hub."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from doubles.extended_hub import ExtendedHub, Record, at
from doubles.extended_watcher import ExtendedWatcher
from logstream.client import status
from logstream.client.session import Wanted
from logstream.client.start import Start
from logstream.errors import NotFound, StreamRefused
from logstream.model.filter import make_filter
from logstream.model.source import Source

PHP = Source("srv-1", "php-error")
WEB = Source("srv-2", "apache-request")
Watch = Callable[..., ExtendedWatcher]


@pytest.fixture
def hub() -> ExtendedHub:
    return ExtendedHub(PHP, WEB)


@pytest.fixture
async def watch(hub: ExtendedHub) -> AsyncIterator[Watch]:
    watchers: list[ExtendedWatcher] = []

    def start(**options: Any) -> ExtendedWatcher:
        watchers.append(ExtendedWatcher(hub, **options))
        return watchers[-1]

    yield start
    for watcher in watchers:
        await watcher.stop()


def numbered(first: int, last: int, *, every_s: float = 2.0, start_s: float = 0.0) -> list[Record]:
    return [Record(f"{i}", start_s + i * every_s) for i in range(first, last)]


async def test_live_lines_come_with_their_cursors(hub: ExtendedHub, watch: Watch) -> None:
    hub.write(PHP, ["old"])
    watcher = watch()
    await watcher.until_flowing(2)
    hub.write(PHP, [Record("new", 1404764933.5), "newer"])
    await watcher.until(lambda: len(watcher.lines) == 2)
    assert [(line.text, line.cursor) for line in watcher.lines] == [
        ("new", at(2)),
        ("newer", at(3)),
    ]
    assert watcher.lines[0].unix_time == 1404764933
    assert watcher.lines[0].disp_time == "2014-07-07 20:28:53"
    assert watcher.stream.position == {PHP: at(3), WEB: at(0)}


async def test_long_frames_come_compressed(hub: ExtendedHub, watch: Watch) -> None:
    watcher = watch()
    await watcher.until_flowing(2)
    hub.write(PHP, ["x" * 1000] * 100)
    await watcher.until(lambda: len(watcher.lines) == 100)


async def test_after_a_lost_connection_each_source_goes_on_where_it_was(
    hub: ExtendedHub, watch: Watch
) -> None:
    watcher = watch()
    await watcher.until_flowing(2)
    hub.write(PHP, ["1", "2"])
    await watcher.until(lambda: len(watcher.lines) == 2)
    hub.last.lose()
    hub.write(PHP, ["3"])
    hub.write(WEB, ["a"])
    await watcher.until(lambda: len(watcher.lines) == 4)
    assert sorted(watcher.texts) == ["1", "2", "3", "a"]


async def test_what_a_slow_client_missed_is_fetched_in_order(
    hub: ExtendedHub, watch: Watch
) -> None:
    watcher = watch(wanted=Wanted({"php-error"}))
    await watcher.until_flowing()
    side = hub.last
    hub.records[PHP] += [Record("1"), Record("2")]
    side.skip(PHP)
    hub.write(PHP, ["3"])
    await watcher.until(lambda: len(watcher.lines) == 3)
    assert watcher.texts == ["1", "2", "3"]
    assert side.asked("enable")[1]["replace"] == ""
    assert side.asked("enable")[1]["after"] == at(0)
    assert not watcher.told(status.Gap)


async def test_a_broken_chain_is_asked_for_again(hub: ExtendedHub, watch: Watch) -> None:
    watcher = watch(wanted=Wanted({"php-error"}))
    await watcher.until_flowing()
    hub.records[PHP] += [Record("1"), Record("2")]
    hub.last.live[PHP] = make_filter(None, None), 1  # leaves the first out
    hub.last.pump()
    await watcher.until(lambda: len(watcher.lines) == 2)
    assert watcher.texts == ["1", "2"]


async def test_what_is_lost_is_told_in_its_place(hub: ExtendedHub, watch: Watch) -> None:
    watcher = watch(wanted=Wanted({"php-error"}))
    await watcher.until_flowing()
    hub.write(PHP, ["1"])
    gap = status.Gap(PHP, at(1), at(2), "truncated", None)
    hub.records[PHP] += [Record("lost")]
    hub.last.live[PHP] = make_filter(None, None), 2
    hub.last.say(
        b'{"cmd":"gap","server":"srv-1","type":"php-error","stream":"","after":"g:10",'
        b'"next":"g:20","reason":"lost","why":"truncated","bytes":null}'
    )
    hub.write(PHP, ["3"])
    await watcher.until(lambda: len(watcher.lines) == 2)
    assert watcher.texts == ["1", "3"]
    assert watcher.told(status.Gap) == [gap]


async def test_the_source_filters(hub: ExtendedHub, watch: Watch) -> None:
    watcher = watch(lines_filter=make_filter({"text": ["b"]}, None))
    await watcher.until_flowing(2)
    hub.write(PHP, ["abc", "x", "b"])
    await watcher.until(lambda: len(watcher.lines) == 2)
    assert watcher.texts == ["abc", "b"]
    assert all(columns.filtered for columns in watcher.columns)
    assert watcher.stream.position[PHP] == at(3)


async def test_what_a_source_cannot_filter_comes_whole_and_says_so(
    hub: ExtendedHub, watch: Watch
) -> None:
    hub.refuses = lambda said: "show" in said
    watcher = watch(lines_filter=make_filter({"text": ["(?=b)"]}, None))
    await watcher.until_flowing(2)
    hub.write(PHP, ["abc", "x"])
    await watcher.until(lambda: len(watcher.lines) == 2)
    assert not any(columns.filtered for columns in watcher.columns)
    assert {news.source for news in watcher.told(status.FilterRefused)} == {PHP, WEB}


async def test_the_last_lines_of_all_sources_and_then_live_without_a_seam(
    hub: ExtendedHub, watch: Watch
) -> None:
    hub.page_lines = 3  # several pages
    hub.write(PHP, numbered(0, 20))
    hub.write(WEB, numbered(100, 110, every_s=2.0, start_s=-180.0))  # 20, 22, …
    watcher = watch(start=Start(lines=12))
    await watcher.until(lambda: watcher.told(status.PastRead))
    every = sorted([*hub.records[PHP], *hub.records[WEB]], key=lambda each: each.unix_time or 0)
    times = [record.unix_time for record in every]
    assert [line.unix_time for line in watcher.lines] == times[-12:]
    hub.write(PHP, ["live"])
    await watcher.until_flowing(2)
    await watcher.until(lambda: len(watcher.lines) == 13)
    assert watcher.texts[-1] == "live"


async def test_what_is_written_while_history_is_read_comes_once(
    hub: ExtendedHub, watch: Watch
) -> None:
    hub.write(PHP, numbered(0, 5))
    watcher = watch(start=Start(lines=2), wanted=Wanted({"php-error"}))
    await watcher.until(lambda: hub.connections and hub.last.asked("history"))
    hub.write(PHP, ["between"])
    await watcher.until(lambda: len(watcher.lines) == 3)
    assert watcher.texts == ["3", "4", "between"]


async def test_since_and_until_and_then_the_end(hub: ExtendedHub, watch: Watch) -> None:
    hub.page_lines = 3
    hub.write(PHP, numbered(0, 50))
    hub.write(WEB, numbered(0, 50, start_s=1.0))
    watcher = watch(start=Start(since=10.0, until=60.0))
    assert await watcher.end() is None
    assert [line.unix_time for line in watcher.lines] == list(range(10, 60))


async def test_everything_that_there_is_and_no_more(hub: ExtendedHub, watch: Watch) -> None:
    hub.write(PHP, numbered(0, 5))
    watcher = watch(start=Start(follow=False))
    assert await watcher.end() is None
    assert watcher.texts == ["0", "1", "2", "3", "4"]
    again = watch(start=Start(follow=False, after=watcher.stream.position))
    hub.write(PHP, ["5"])
    assert await again.end() is None
    assert again.texts == ["5"]


async def test_a_position_goes_on_in_another_stream(hub: ExtendedHub, watch: Watch) -> None:
    watcher = watch()
    await watcher.until_flowing(2)
    hub.write(PHP, ["1"])
    await watcher.until(lambda: watcher.lines)
    await watcher.stop()
    hub.write(PHP, ["2"])
    again = watch(start=Start(after=watcher.stream.position))
    await again.until(lambda: again.lines)
    assert again.texts == ["2"]


async def test_history_goes_on_after_a_lost_connection(hub: ExtendedHub, watch: Watch) -> None:
    hub.page_lines = 4
    hub.write(PHP, numbered(0, 30))
    watcher = watch(start=Start(follow=False), wanted=Wanted({"php-error"}))
    await watcher.until(lambda: len(watcher.lines) >= 8)
    hub.last.lose()
    assert await watcher.end() is None
    assert watcher.texts == [f"{i}" for i in range(30)]


async def test_history_that_a_source_cannot_filter_comes_whole(
    hub: ExtendedHub, watch: Watch
) -> None:
    hub.refuses = lambda said: "show" in said
    hub.write(PHP, ["1"])
    watcher = watch(
        start=Start(follow=False),
        wanted=Wanted({"php-error"}),
        lines_filter=make_filter({"text": ["(?=b)"]}, None),
    )
    assert await watcher.end() is None
    assert [columns.filtered for columns in watcher.columns] == [False]


async def test_a_source_whose_history_cannot_be_had_is_told_and_goes_live(
    hub: ExtendedHub, watch: Watch
) -> None:
    hub.refuses = lambda said: said["cmd"] == "history" and said["type"] == "php-error"
    hub.write(PHP, ["old"])
    hub.write(WEB, ["a"])
    watcher = watch(start=Start(lines=5))
    await watcher.until_flowing(2)
    hub.write(PHP, ["new"])
    await watcher.until(lambda: len(watcher.lines) == 2)
    assert watcher.texts == ["a", "new"]
    assert "php-error on srv-1" in watcher.told(status.HubError)[0].description


async def test_a_source_whose_history_cannot_be_had_ends_a_stream_that_does_not_follow(
    hub: ExtendedHub, watch: Watch
) -> None:
    hub.refuses = lambda said: said["type"] == "php-error"
    hub.write(WEB, ["a"])
    watcher = watch(start=Start(follow=False))
    assert "php-error on srv-1" in str(await watcher.end())
    assert watcher.texts == ["a"]


async def test_nobody_there_ends_a_stream_that_does_not_follow(
    hub: ExtendedHub, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logstream.client.following.SOURCES_SETTLE_S", 0.01)
    watcher = watch(start=Start(follow=False), wanted=Wanted({"none"}))
    assert isinstance(await watcher.end(), NotFound)


async def test_lines_are_put_into_the_order_of_time(hub: ExtendedHub, watch: Watch) -> None:
    watcher = watch(reorder_s=0.2)
    await watcher.until_flowing(2)
    hub.write(PHP, [Record("2", 2.0), Record("4", 4.0)])
    hub.write(WEB, [Record("1", 1.0), Record("3", 3.0)])
    assert not watcher.lines
    assert watcher.stream.position == {PHP: at(0), WEB: at(0)}
    await watcher.until(lambda: len(watcher.lines) == 4)
    assert watcher.texts == ["1", "2", "3", "4"]
    assert watcher.stream.position == {PHP: at(2), WEB: at(2)}


async def test_a_server_that_leaves_and_returns_is_told(hub: ExtendedHub, watch: Watch) -> None:
    watcher = watch()
    await watcher.until_flowing(2)
    hub.last.leave("srv-1")
    hub.last.offer(PHP)
    await watcher.until(lambda: watcher.told(status.ServerLeft))
    await watcher.until(lambda: len(watcher.told(status.ServerJoined)) == 4)
    assert len(hub.last.asked("enable")) == 2


async def test_what_a_program_raises_ends_its_stream(
    hub: ExtendedHub, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StreamRefused("enough", code=0)

    monkeypatch.setattr(ExtendedWatcher, "take", fail)
    hub.write(PHP, ["1"])
    assert str(await watch(start=Start(lines=1)).end()) == "enough"
    watcher = watch()
    await watcher.until_flowing(2)
    hub.write(PHP, ["1"])
    assert str(await watcher.end()) == "enough"


async def test_what_no_cursor_names_has_no_past(hub: ExtendedHub, watch: Watch) -> None:
    hub.write(PHP, ["1", "2"])
    hub.write(WEB, ["a"])
    watcher = watch(start=Start(after={PHP: at(1)}, follow=False))
    assert await watcher.end() is None
    assert watcher.texts == ["2"]


async def test_a_hub_without_sources_is_waited_for_and_then_read(
    hub: ExtendedHub, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logstream.client.following.SOURCES_GATHER_S", 0.01)
    hub.offered = []
    hub.write(PHP, ["1"])
    hub.write(WEB, ["2"])
    watcher = watch(start=Start(follow=False))
    await watcher.until(lambda: watcher.told(status.ServerJoined))
    for source in (PHP, WEB):  # as after its start, when its servers come back
        hub.last.offer(source)
    assert await watcher.end() is None
    assert sorted(watcher.texts) == ["1", "2"]


async def test_nobody_there_lets_a_stream_that_follows_go_live(
    hub: ExtendedHub, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logstream.client.following.SOURCES_SETTLE_S", 0.01)
    hub.offered = []
    hub.write(PHP, ["old"])
    watcher = watch(start=Start(lines=5))
    await watcher.until(lambda: watcher.told(status.PastRead))
    hub.last.offer(PHP)
    await watcher.until_flowing()
    hub.write(PHP, ["new"])
    await watcher.until(lambda: watcher.lines)
    assert watcher.texts == ["new"]


async def test_pages_that_do_not_move_on_end_the_connection(hub: ExtendedHub, watch: Watch) -> None:
    hub.page_lines = 0
    hub.write(PHP, ["1"])
    watcher = watch(start=Start(follow=False), wanted=Wanted({"php-error"}))
    await watcher.until(lambda: watcher.told(status.Reconnecting))
    assert "move on" in watcher.told(status.Reconnecting)[0].reason
    hub.page_lines = 10
    assert await watcher.end() is None
    assert watcher.texts == ["1"]


async def test_a_gap_comes_after_the_lines_that_were_held_before_it(
    hub: ExtendedHub, watch: Watch
) -> None:
    watcher = watch(reorder_s=30.0, wanted=Wanted({"php-error"}))
    await watcher.until_flowing()
    hub.write(PHP, ["1"])
    hub.last.say(
        b'{"cmd":"gap","server":"srv-1","type":"php-error","stream":"","after":"g:10",'
        b'"next":"g:20","reason":"lost","why":"removed"}'
    )
    await watcher.until(lambda: watcher.told(status.Gap))
    assert watcher.texts == ["1"]
    assert watcher.stream.position == {PHP: at(2)}


async def test_progress_without_lines_moves_the_position_but_not_past_held_lines(
    hub: ExtendedHub, watch: Watch
) -> None:
    watcher = watch(
        reorder_s=30.0,
        wanted=Wanted({"php-error"}),
        lines_filter=make_filter({"text": ["a"]}, None),
    )
    await watcher.until_flowing()
    hub.write(PHP, ["x"])
    hub.last.offer(PHP)
    await watcher.until(lambda: len(watcher.told(status.SourceFound)) == 3)
    assert watcher.stream.position == {PHP: at(1)}
    hub.write(PHP, ["a"])
    hub.write(PHP, ["y"])
    hub.last.leave("srv-1")
    await watcher.until(lambda: watcher.told(status.ServerLeft))
    assert watcher.stream.position == {PHP: at(1)}
    await watcher.stop()
    assert watcher.texts == ["a"]
