"""Both sides of a router: someone who receives, and someone who has logs; each keeps a record.

A frame's lines begin with their source, so that who receives can sort them. Each line takes ten
bytes of its generation ``A``.
"""

from logstream.model.cursor import parse
from logstream.model.filter import NO_FILTER, Filter
from logstream.model.source import Source
from logstream.node.base import EnableWanted, HistoryWanted, PageEnd
from logstream.node.batch import GapFrame, LinesFrame, StreamFrame
from logstream.node.fetch import PageSink
from logstream.node.router import Router
from logstream.protocol.messages import LinesBody

LINE_BYTES = 10


class RecordedUpstream:
    """Receives; takes ``room`` frames until it is no longer writable (None: any number)."""

    def __init__(self, name: str = "", *, extended: bool = False) -> None:
        self.name = name
        self.extended = extended
        self.room: int | None = None
        self.told: list[tuple[object, ...]] = []
        self.lines: list[bytes] = []
        """All lines, as they came."""
        self.got: dict[Source, list[bytes | int]] = {}
        """For each source its lines in order, and in their place the number of missed ones."""
        self.frames: list[StreamFrame] = []
        self.began: list[str] = []
        """Where its streams began."""
        self.page: list[StreamFrame | PageEnd] = []

    def __repr__(self) -> str:
        return self.name

    @property
    def writable(self) -> bool:
        return self.room is None or self.room > 0

    def server_connected(self, server: str) -> None:
        self.told.append(("connected", server))

    def server_left(self, server: str) -> None:
        self.told.append(("left", server))

    def available(self, source: Source, display_name: str) -> None:
        self.told.append(("available", source, display_name))

    def enabled(self, wish: EnableWanted, *, after: str, now_s: float) -> None:
        self.began.append(after)
        self.told.append(("acknowledged", wish.source))

    def refused(self, wish: EnableWanted | HistoryWanted, code: int, description: str) -> None:
        self.told.append(("refused", wish.source, code))

    def deliver(self, frame: StreamFrame) -> None:
        assert self.writable, "it was left alone while it had no room"
        if self.room is not None:
            self.room -= 1
        self.frames.append(frame)
        if isinstance(frame, GapFrame):
            return
        for text in frame.columns().text:
            server, log_type, _ = text.split(" ", 2)
            self.lines.append(text.encode())
            self.got.setdefault(Source(server, log_type), []).append(text.encode())

    def missed(self, source: Source, lines: int) -> None:
        assert lines > 0
        self.got.setdefault(source, []).append(lines)

    def page_frame(self, wish: HistoryWanted, frame: StreamFrame) -> None:
        self.page.append(frame)

    def page_ended(self, wish: HistoryWanted, end: PageEnd) -> None:
        self.page.append(end)

    def take(self) -> list[tuple[object, ...]]:
        """Give what it was told since the last time."""
        told, self.told = self.told, []
        return told


class RecordedDownstream:
    """Has logs; ``asked`` is what it was asked, in order.

    Attributes:
        afters: Where each stream was asked to begin last.
        pages: The pages that it was asked for, and who waits for them.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.enabled: set[Source] = set()
        self.afters: dict[Source, str | None] = {}
        self.pages: list[tuple[HistoryWanted, PageSink]] = []
        self.paused = False
        self.waits = False

    def enable(
        self, source: Source, lines_filter: Filter, *, after: str | None, within: int | None
    ) -> None:
        if lines_filter == NO_FILTER:
            assert source not in self.enabled
            self.enabled.add(source)
        self.afters[source] = after
        self.asked.append(("enable", source))

    def disable(self, source: Source, stream: str) -> None:
        if stream == "":
            self.enabled.remove(source)
        self.asked.append(("disable", source))

    def history(self, wish: HistoryWanted, sink: PageSink) -> None:
        self.pages.append((wish, sink))

    def pause(self) -> None:
        assert not self.paused
        self.paused = True
        self.asked.append(("pause",))

    def resume(self) -> None:
        assert self.paused
        self.paused = False
        self.asked.append(("resume",))

    def take(self) -> list[tuple[object, ...]]:
        """Give what it was asked since the last time."""
        asked, self.asked = self.asked, []
        return asked


def enable(router: Router, upstream: RecordedUpstream, source: Source) -> None:
    """Let someone enable a source."""
    router.enable(upstream, EnableWanted(source))


def acknowledge(router: Router, source: Source, link: RecordedDownstream) -> None:
    """Let a stream begin where it was asked to."""
    after = link.afters.get(source)
    router.began(source, "", link, after="A:0" if after is None else after, now_s=1.5)


def frame_of(
    source: Source, *texts: object, begin: int = 0, after: str | None = None, stream: str = ""
) -> LinesFrame:
    """Give a frame whose lines begin with their source; the first at offset ``begin``."""
    shown = [f"{source.server} {source.log_type} {text}" for text in texts]
    at = [begin, *[LINE_BYTES] * (len(texts) - 1)][: len(texts)]
    return LinesFrame(
        source,
        stream,
        LinesBody(at=at, unix_time=[None] * len(texts), text=shown),
        after=f"A:{begin}" if after is None else after,
        next=f"A:{begin + LINE_BYTES * len(texts)}",
        gen=0,
    )


def write(router: Router, source: Source, link: RecordedDownstream, *texts: object) -> None:
    """Let a frame come up that goes on where the stream is."""
    stream = router._streams.get((source, ""))
    begin = 0
    if stream is not None and stream.ring.head.cursor:
        begin = parse(stream.ring.head.cursor)[0].offset or 0
    router.frame(frame_of(source, *texts, begin=begin), link)
