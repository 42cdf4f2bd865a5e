"""An extended hub in memory, small enough to be right by looking at it: a model, not the product.

Each source is a list of records in one generation; a cursor is ``g:<offset>``, and a record's
offset is its number times ten. What the hub says waits for its turn; all that waits
makes one read. A test can make any connection lag (`ExtendedSide.skip`), break or lie.
"""

import asyncio
import random
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from logstream.errors import ConnectionFailed
from logstream.model.filter import Filter, make_filter
from logstream.model.source import Source
from logstream.protocol import codec
from logstream.protocol.frame import PLAIN, ZSTD, Packed, encode_body, encode_header, pack
from logstream.protocol.messages import (
    Available,
    Connected,
    Disconnected,
    Gap,
    LinesBody,
    LinesHeader,
    Message,
)
from logstream.transport.base import Connection, Receiver

HUB = "logstream-hub-1"
STEP = 10


class Record(NamedTuple):
    """One record; its offset is its index times ``STEP``."""

    text: str
    unix_time: float | None = None


def at(index: int) -> str:
    """The cursor before the record of this index."""
    return f"g:{index * STEP}"


def index_of(cursor: str) -> int:
    return 0 if cursor == "" else int(cursor.removeprefix("g:").partition("~")[0]) // STEP


def passes(record: Record, lines_filter: Filter) -> bool:
    for column, patterns in lines_filter.show:
        if column == "text" and not any(re.search(pattern, record.text) for pattern in patterns):
            return False
    return not any(
        re.search(pattern, record.text)
        for column, patterns in lines_filter.hide
        for pattern in patterns
        if column == "text"
    )


class ExtendedSide:
    """One connection; what the client holds of it is a `transport.base.Connection`."""

    def __init__(self, hub: "ExtendedHub", receiver: Receiver, subprotocol: str) -> None:
        self.hub = hub
        self.receiver = receiver
        self.subprotocol: str | None = subprotocol
        self.peer = "192.0.2.1:443"
        self.writable = True
        self.heard: list[dict[str, Any]] = []
        self.paused = False
        self.open = True
        self.closed_with: int | None = None
        self.live: dict[Source, tuple[Filter, int]] = {}  # source → filter, next index
        self._waiting: list[tuple[bytes, bool]] = []
        self._due = False

    # --- the client's side ------------------------------------------------------------------------

    def send(self, message: bytes) -> None:
        if self.open:
            said = msgspec.json.decode(message)
            self.heard.append(said)
            getattr(self, "_" + said["cmd"].replace("-", "_"))(said, message)

    def send_all(self, messages: Sequence[bytes]) -> None:
        for message in messages:
            self.send(message)

    def send_binary(self, message: bytes) -> None:
        raise NotImplementedError

    def send_framed(self, frames: bytes) -> None:
        raise NotImplementedError

    def set_message_limit(self, limit_bytes: int) -> None: ...

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False
        self._soon()

    def close(self, code: int, reason: str = "") -> None:
        self.closed_with = code
        self.lose(code, reason)

    def fail(self, code: int, reason: str = "") -> None:
        self.close(code, reason)

    def abort(self) -> None:
        self.lose()

    # --- the test's side --------------------------------------------------------------------------

    def say(self, message: Message | bytes, *, binary: bool = False) -> None:
        """Send a message to the client."""
        encoded = message if isinstance(message, bytes) else codec.encode(message)
        self._waiting.append((encoded, binary))
        self._soon()

    def lose(self, code: int = 1006, reason: str = "") -> None:
        """End the connection; what it has not read is lost."""
        if self.open:
            self.open = False
            self.receiver.closed(code, reason)

    def offer(self, source: Source) -> None:
        self.say(Connected(server=source.server))
        self.say(Available(type=source.log_type, server=source.server))

    def leave(self, server: str) -> None:
        self.say(Disconnected(server=server))

    def skip(self, source: Source) -> None:
        """Let the client have fallen off the ring: it is told of the stretch up to the head."""
        found = self.live.get(source)
        if found is None or found[1] >= len(self.hub.records[source]):
            return
        lines_filter, index = found
        head = len(self.hub.records[source])
        gap = Gap(
            server=source.server,
            type=source.log_type,
            stream=lines_filter.stream,
            after=at(index),
            next=at(head),
            reason="slow",
        )
        self.live[source] = lines_filter, head
        self.say(gap)

    def asked(self, cmd: str) -> list[dict[str, Any]]:
        """What the client sent of this kind."""
        return [each for each in self.heard if each["cmd"] == cmd]

    def frame(
        self,
        source: Source,
        start: int,
        stop: int,
        *,
        lines_filter: Filter,
        page: int | None = None,
    ) -> None:
        """Send the records of a stretch as one frame."""
        every = self.hub.records[source]
        found = [i for i in range(start, stop) if passes(every[i], lines_filter)]
        offsets = [i * STEP for i in found]
        header = LinesHeader(
            server=source.server,
            type=source.log_type,
            stream=lines_filter.stream if page is None else None,
            id=page,
            n=len(found),
            after=at(start),
            next=at(stop),
            gen=0 if found else None,
        )
        if not found:
            self.say(encode_header(header))
            return
        body = encode_body(
            LinesBody(
                at=[b - a for a, b in zip([0, *offsets], offsets, strict=False)],
                unix_time=[every[i].unix_time for i in found],
                text=[every[i].text for i in found],
            )
        )
        packed = pack(body) if self.subprotocol == ZSTD else Packed(body, compressed=False)
        self.say(encode_header(header) + b"\n" + packed.data, binary=packed.compressed)

    def pump(self) -> None:
        """Send what the live streams have not been sent."""
        for source, (lines_filter, sent) in tuple(self.live.items()):
            index, head = sent, len(self.hub.records[source])
            while index < head:
                stop = min(head, index + self.hub.batch_lines())
                self.frame(source, index, stop, lines_filter=lines_filter)
                index = stop
            self.live[source] = lines_filter, head

    # --- commands ---------------------------------------------------------------------------------

    def _stream_environment(self, said: dict[str, Any], message: bytes) -> None:
        if self.hub.refusals:
            code = self.hub.refusals.pop(0)
            during = codec.as_during(message)
            self.say(codec.error(code, "bad ticket", during=during, server=HUB))
            return
        first = not self.asked("stream-environment")[1:]
        self._succeed(said, life_s=self.hub.life_s)
        if first:
            for source in self.hub.offered:
                self.offer(source)

    def _keepalive(self, said: dict[str, Any], _message: bytes) -> None:
        if not self.hub.silent:
            self._succeed(said)

    def _enable(self, said: dict[str, Any], _message: bytes) -> None:
        source = Source(said["server"], said["type"])
        if self._refuses(said):
            return
        lines_filter = make_filter(said.get("show"), said.get("hide"))
        after = said.get("after")
        index = len(self.hub.records[source]) if after is None else index_of(after)
        self.live.pop(source, None)
        self._succeed(said, stream=lines_filter.stream, after=at(index) if after is None else after)
        self.live[source] = lines_filter, index
        self.pump()

    def _history(self, said: dict[str, Any], _message: bytes) -> None:
        source = Source(said["server"], said["type"])
        if self._refuses(said):
            return
        lines_filter = make_filter(said.get("show"), said.get("hide"))
        every = self.hub.records[source]
        start = index_of(said.get("after") or "")
        stop = len(every) if said.get("before") is None else index_of(said["before"])
        limit = min(said["limit"], self.hub.page_lines)
        within = [
            i
            for i in range(start, stop)
            if passes(every[i], lines_filter)
            and said.get("since", float("-inf")) <= (every[i].unix_time or 0)
            and (every[i].unix_time or 0) < said.get("until", float("inf"))
        ]
        back = said["back"]
        chosen = within[-limit:] if back else within[:limit]
        more = len(chosen) < len(within)
        if back:
            first, last = (chosen[0] if more else start), stop
        else:
            first, last = start, (stop if not more else chosen[-1] + 1 if chosen else start)
        self._page(source, chosen, said["id"], first)
        self._succeed(said, first=at(first), last=at(last), more=more, scanned_bytes=0)

    def _page(self, source: Source, chosen: list[int], page: int, start: int) -> None:
        every = Filter()
        while chosen:
            count = 1
            while count < len(chosen) and chosen[count] == chosen[0] + count:
                count += 1
            if chosen[0] > start:  # a stretch without a line that passes
                self._empty(source, page, start, chosen[0])
            start = chosen[0] + count
            self.frame(source, chosen[0], start, lines_filter=every, page=page)
            chosen = chosen[count:]

    def _empty(self, source: Source, page: int, start: int, stop: int) -> None:
        header = LinesHeader(
            server=source.server,
            type=source.log_type,
            id=page,
            n=0,
            after=at(start),
            next=at(stop),
        )
        self.say(encode_header(header))

    def _refuses(self, said: dict[str, Any]) -> bool:
        if not self.hub.refuses(said):
            return False
        self.say(
            msgspec.json.encode(
                {
                    "cmd": "error",
                    "code": 400,
                    "description": "bad expression",
                    "during": "",
                    "server": HUB,
                    "id": said["id"],
                }
            )
        )
        return True

    def _succeed(self, said: dict[str, Any], **keys: Any) -> None:
        answer = {"cmd": "success", "msg": said, "server": HUB, "id": said.get("id"), **keys}
        kept = {key: value for key, value in answer.items() if value is not None}
        self.say(msgspec.json.encode(kept))

    def _soon(self) -> None:
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._deliver)

    def _deliver(self) -> None:
        self._due = False
        if not self.open or self.paused or not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        for message, binary in waiting:
            (self.receiver.received_binary if binary else self.receiver.received)(message)
        self.receiver.received_all()


class ExtendedHub:
    """Accepts connections; ``connect`` is what a stream opens them with.

    Attributes:
        records: What was written, of each source.
        offered: The sources that are offered, in this order.
        refusals: Codes with which it refuses the next tickets.
        refuses: Whether to answer an ``enable`` or ``history`` with 400.
        failures: How the next attempts to connect fail.
        life_s: What it says of a session's life.
        silent: Whether it answers nothing to ``keepalive``.
        page_lines: The most that a page has.
        batch_lines: How many records the next frame may have.
    """

    def __init__(self, *sources: Source, subprotocol: str = ZSTD) -> None:
        assert subprotocol in {ZSTD, PLAIN}
        self.subprotocol = subprotocol
        self.records: dict[Source, list[Record]] = {source: [] for source in sources}
        self.offered = list(sources)
        self.refusals: list[int] = []
        self.refuses: Callable[[dict[str, Any]], bool] = lambda _: False
        self.failures: list[str] = []
        self.life_s: float | None = 3600.0
        self.silent = False
        self.page_lines = 1000
        self.batch_lines: Callable[[], int] = lambda: 1000
        self.connections: list[ExtendedSide] = []

    async def connect(
        self,
        url: str,
        receiver: Receiver,
        *,
        open_timeout_s: float,
        max_message_bytes: int,
        subprotocols: Sequence[str],
    ) -> Connection:
        assert url
        assert open_timeout_s > 0
        assert max_message_bytes > 0
        assert self.subprotocol in subprotocols
        if self.failures:
            raise ConnectionFailed(self.failures.pop(0))
        side = ExtendedSide(self, receiver, self.subprotocol)
        self.connections.append(side)
        receiver.opened(side)
        side.say(Connected(server=HUB))
        return side

    @property
    def last(self) -> ExtendedSide:
        """The newest connection."""
        return self.connections[-1]

    def write(self, source: Source, records: Iterable[Record | str]) -> None:
        """Append records, and send them to whoever follows."""
        self.records[source] += [
            record if isinstance(record, Record) else Record(record) for record in records
        ]
        for side in self.connections:
            if side.open:
                side.pump()

    def stall_randomly(self, draw: random.Random) -> None:
        """Cut frames anywhere."""
        self.batch_lines = lambda: draw.randint(1, 7)
