"""Real files in a directory, a logtailor's sources over them, and someone who watches."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from doubles.clocks import SettableClock
from logstream.formats.catalogue import KNOWN_FORMATS
from logstream.logtailor.files import FileSources
from logstream.logtailor.flow import Surroundings
from logstream.model.filter import make_filter
from logstream.model.source import Source
from logstream.node.base import EnableWanted, HistoryWanted, PageEnd, StreamFrame
from logstream.node.batch import LinesFrame
from logstream.tail.watch import Watcher
from logstream.telemetry.events import NodeEvents

PLAIN = Source("srv-6", "plain-log")
APACHE = Source("srv-6", "apache-request")
PHP = Source("srv-6", "php-error")
NOW_S = 1_700_000_000.0
REQUEST = (
    '192.0.2.7 - - [07/Jul/2014:20:28:53 +0000] "GET / HTTP/1.1" 404 12 "-" "curl" request_id="v-1"'
)


class Watching:
    """Someone who watches: notes what comes, and lets a test wait for it."""

    extended = True

    def __init__(self) -> None:
        self.writable = True
        self.offered: dict[Source, str] = {}
        self.begun: dict[Source, str] = {}
        self.refusals: list[tuple[int, str]] = []
        self.frames: list[StreamFrame] = []
        self.pages: list[StreamFrame] = []
        self.ends: list[PageEnd] = []
        self.changed = asyncio.Event()

    def server_connected(self, server: str) -> None: ...

    def server_left(self, server: str) -> None: ...

    def missed(self, source: Source, lines: int) -> None: ...

    def available(self, source: Source, display_name: str) -> None:
        self.offered[source] = display_name

    def enabled(self, wish: EnableWanted, *, after: str, now_s: float) -> None:
        assert now_s == NOW_S
        self.begun[wish.source] = after
        self.changed.set()

    def refused(self, wish: EnableWanted | HistoryWanted, code: int, description: str) -> None:
        self.refusals.append((code, description))
        self.changed.set()

    def deliver(self, frame: StreamFrame) -> None:
        assert self.writable
        self.frames.append(frame)
        self.changed.set()

    def page_frame(self, wish: HistoryWanted, frame: StreamFrame) -> None:
        self.pages.append(frame)

    def page_ended(self, wish: HistoryWanted, end: PageEnd) -> None:
        self.ends.append(end)
        self.changed.set()

    @property
    def texts(self) -> list[str]:
        return texts(self.frames)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not holds():
                self.changed.clear()
                await self.changed.wait()


def texts(frames: list[StreamFrame]) -> list[str]:
    return [
        text for frame in frames if isinstance(frame, LinesFrame) for text in frame.columns().text
    ]


class PushedClock:
    """Goes as time does, and can be pushed forward."""

    def __init__(self) -> None:
        self.pushed_s = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.pushed_s


class World:
    def __init__(self, directory: Path) -> None:
        self.clock = PushedClock()
        self.events = NodeEvents()
        self.watcher = Watcher()
        self.plain = directory / "plain.log"
        self.apache = directory / "access.log"
        self.php = directory / "php.log"
        self.files = FileSources(
            server="srv-6",
            paths={
                PLAIN: [str(self.plain)],
                APACHE: [str(self.apache)],
                PHP: [str(self.php)],
            },
            around=Surroundings(
                watcher=self.watcher,
                events=self.events,
                unix_time=SettableClock(NOW_S),
                clock=self.clock,
                formats=KNOWN_FORMATS,
            ),
        )
        self.anna = Watching()
        self.files.join(self.anna)

    def append(self, path: Path, text: str) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)

    async def enable(self, wish: EnableWanted) -> str:
        self.files.enable(self.anna, wish)
        await self.anna.until(lambda: wish.source in self.anna.begun)
        return self.anna.begun[wish.source]

    def disable(self, source: Source, stream: str | None = None) -> None:
        self.files.disable(self.anna, source, stream, now_s=0)

    async def turn(self) -> None:
        """Let the loop do all that is due."""
        for _ in range(20):
            await asyncio.sleep(0)

    def look(self) -> None:
        """As the watcher wakes a stream at each event of its directory."""
        for watching in self.files._upstreams.values():
            for flow in watching.flows.values():
                flow._woken(True)

    async def history(self, source: Source, *, limit: int = 100) -> PageEnd:
        before = len(self.anna.ends)
        wish = HistoryWanted(
            source, make_filter(None, None), 7, None, None, None, None, limit, back=True
        )
        self.files.history(self.anna, wish)
        await self.anna.until(lambda: len(self.anna.ends) > before)
        return self.anna.ends[-1]
