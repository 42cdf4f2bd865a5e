"""Whatever happens to its connection, a client on the extended protocol gives each line once (S11).

Frames are cut anywhere, the client falls off the ring, connections break, the client stalls; then
all is quiet, and what came is what was written, in the order of each source. The same for pages of
history of any size, merged over sources.
"""

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from doubles.extended_hub import ExtendedHub, Record
from doubles.extended_watcher import ExtendedWatcher
from logstream.client.start import Start
from logstream.model.filter import NO_FILTER
from logstream.model.source import Source

PHP = Source("srv-1", "php-error")
WEB = Source("srv-2", "apache-request")
SOURCES = (PHP, WEB)
STEPS = ("write", "write", "write", "lose", "skip", "drop", "pause", "resume", "wait")

programs = st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from(SOURCES)), max_size=25)


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(coroutine)


class Program:
    """Carries a program of accidents out."""

    def __init__(self, hub: ExtendedHub, watcher: ExtendedWatcher) -> None:
        self.hub = hub
        self.watcher = watcher
        self.written = 0

    def write(self, source: Source) -> None:
        for side in self.hub.connections:
            if side.open and self.written % 3 == 0:
                side.pump()
        self.written += 1
        records = [Record(f"{self.written}-{i}", float(self.written)) for i in range(5)]
        self.hub.write(source, records)

    def lose(self, _: Source) -> None:
        if self.hub.connections:
            self.hub.last.lose()

    def skip(self, source: Source) -> None:
        """Fall off the ring."""
        if self.hub.connections:
            self.written += 1
            self.hub.records[source] += [Record(f"{self.written}-skipped")]
            self.hub.last.skip(source)

    def drop(self, source: Source) -> None:
        """Leave lines out, as no hub may."""
        if self.hub.connections and source in self.hub.last.live:
            self.written += 1
            self.hub.records[source] += [Record(f"{self.written}-dropped")]
            self.hub.last.live[source] = NO_FILTER, len(self.hub.records[source])

    def pause(self, _: Source) -> None:
        self.watcher.stream.pause_reading()

    def resume(self, _: Source) -> None:
        self.watcher.stream.resume_reading()

    def wait(self, _: Source) -> None:
        """Let what is under way arrive, as each step does."""


@settings(max_examples=50)
@given(programs, st.integers(0, 2**32))
def test_every_line_comes_once_whatever_happens(
    program: list[tuple[str, Source]], seed: int
) -> None:
    async def follow() -> None:
        hub = ExtendedHub(*SOURCES)
        hub.stall_randomly(random.Random(seed))
        watcher = ExtendedWatcher(hub)
        await watcher.until_flowing(2)
        accidents = Program(hub, watcher)
        for step, source in program:
            getattr(accidents, step)(source)
            for _ in range(3):
                await asyncio.sleep(0)
        watcher.stream.resume_reading()
        for source in SOURCES:  # what was left out last shows with the next line
            accidents.write(source)
        every = {source: [record.text for record in hub.records[source]] for source in SOURCES}
        await watcher.until(lambda: len(watcher.lines) >= sum(map(len, every.values())))
        came = {
            source: [line.text for line in watcher.lines if line.server == source.server]
            for source in SOURCES
        }
        assert came == every
        await watcher.stop()

    run(follow())


times = st.lists(st.integers(0, 30), max_size=30)


@settings(max_examples=50)
@given(times, times, st.integers(1, 7), st.integers(1, 40), st.integers(0, 2**32))
def test_the_past_is_whole_and_in_the_order_of_time(
    php: list[int], web: list[int], page_lines: int, last: int, seed: int
) -> None:
    async def read() -> None:
        hub = ExtendedHub(*SOURCES)
        hub.page_lines = page_lines
        hub.stall_randomly(random.Random(seed))
        for source, written in ((PHP, php), (WEB, web)):
            hub.write(
                source, [Record(f"{i}", float(time)) for i, time in enumerate(sorted(written))]
            )
        every = sorted([*php, *web])
        for start, expected in (
            (Start(follow=False), every),
            (Start(follow=False, lines=last), every[-last:]),
            (
                Start(follow=False, since=5.0, until=20.0),
                [time for time in every if 5 <= time < 20],
            ),
        ):
            watcher = ExtendedWatcher(hub, start=start)
            assert await watcher.end() is None
            assert [line.unix_time for line in watcher.lines] == expected

    run(read())


PIECES = (
    b'{"cmd":"lines","server":"srv-1","type":"php-error","stream":"","n":1,"after":"g:0",',
    b'"next":"g:10","gen":0}\n',
    b'{"at":[0],"unix_time":[null],"text":["x"]}',
    b'{"cmd":"success","id":2,"after":"g:0","stream":""}',
    b'{"cmd":"success","id":1}',
    b'{"cmd":"error","id":2,"code":400}',
    b'{"cmd":"available","server":"srv-1","type":"php-error"}',
    b'{"cmd":"disconnected","server":"srv-1"}',
    b'{"cmd":"gap","server":"srv-1","type":"php-error","stream":"","after":"g:0","next":"g:10",',
    b'"reason":"slow"}',
    b'"reason":"lost"}',
    b"\x28\xb5\x2f\xfd",
)
garbage = st.lists(
    st.tuples(
        st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=4).map(b"".join),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=50)
@given(garbage)
def test_nothing_that_a_hub_says_raises_anything(messages: list[tuple[bytes, bool]]) -> None:
    async def listen() -> None:
        hub = ExtendedHub(PHP)
        watcher = ExtendedWatcher(hub)
        await watcher.until_flowing()
        side = hub.last
        for message, binary in messages:
            side.say(message, binary=binary)
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not watcher.running.done()
        await watcher.stop()

    run(listen())
