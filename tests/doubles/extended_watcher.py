"""A client's stream on an extended hub in memory, and what it gave."""

import asyncio
from collections.abc import Callable
from typing import Any

from doubles.extended_hub import ExtendedHub
from logstream.client.cloud_api_types import ConnectionDetails
from logstream.client.line import Line
from logstream.client.line_columns import LineColumns
from logstream.client.status import SourceFlows, Status
from logstream.client.stream import LineStream
from logstream.errors import LogstreamError
from logstream.model.backoff import Backoff
from logstream.model.source import Source
from logstream.protocol.frame import PROTOCOLS
from logstream.protocol.messages import Line as BaseLine

WAIT_S = 30.0


class ExtendedWatcher:
    """Runs a stream; ``lines`` and ``news`` are what it gave, in order."""

    def __init__(self, hub: ExtendedHub, **options: Any) -> None:
        self.columns: list[LineColumns] = []
        self.lines: list[Line] = []
        self.news: list[Status] = []
        self.positions: list[dict[Source, str]] = []
        self.asked = 0
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.stream = LineStream(
            self.details,
            line=BaseLine,
            take=lambda _: None,
            take_columns=self.take,
            notify=self.notify,
            connect=hub.connect,
            backoff=Backoff(lambda _low, _high: 0.0),
            **options,
        )
        self.running = asyncio.get_running_loop().create_task(self.stream.run())
        self.running.add_done_callback(lambda _: self._changed.set())

    def details(self) -> ConnectionDetails:
        self.asked += 1
        self._loop.call_soon_threadsafe(self._changed.set)
        return ConnectionDetails(
            url="wss://hub.example/", site="s", env="e", t=1, hmac="secret", protocols=PROTOCOLS
        )

    def take(self, columns: LineColumns) -> None:
        self.columns.append(columns)
        self.lines += columns.lines()
        self._changed.set()

    def notify(self, news: Status) -> None:
        self.news.append(news)
        self._changed.set()

    @property
    def texts(self) -> list[str]:
        return [line.text for line in self.lines]

    def told(self, kind: type[Any]) -> list[Any]:
        return [news for news in self.news if isinstance(news, kind)]

    async def until(self, true: Callable[[], object]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not true():
                self._changed.clear()
                if self.running.done():
                    self.running.result()
                await self._changed.wait()

    async def until_flowing(self, times: int = 1) -> None:
        await self.until(lambda: len(self.told(SourceFlows)) >= times)

    async def end(self) -> LogstreamError | None:
        """Wait until it ends by itself, and give why."""
        async with asyncio.timeout(WAIT_S):
            try:
                await asyncio.shield(self.running)
            except LogstreamError as failure:
                return failure
        return None

    async def stop(self) -> None:
        self.running.cancel()
        await asyncio.wait((self.running,))
