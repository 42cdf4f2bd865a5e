"""A logtailor with no files: generations in memory, each stream its own reader, pages on demand.

It keeps the rules of the extended protocol as a logtailor does (S4 to S9), in the simplest way, so
that hubs above it can be tried. Each line is one byte longer than its text; ``rotate`` begins the
next generation of a source.
"""

import re
from collections.abc import Sequence
from operator import sub

from logstream.model import cursor as cursors
from logstream.model.filter import Filter
from logstream.model.source import Source, display_name
from logstream.node.base import EnableWanted, HistoryWanted, PageEnd, Upstream
from logstream.node.batch import GapFrame, LinesFrame, StreamFrame
from logstream.protocol.messages import LinesBody

Place = tuple[int, int]
"""Number of the generation, and offset in it."""


class Generation:
    """What one file has held, from its creation to its end."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: list[tuple[int, str]] = []
        self.size = 0


class File:
    """One source: its generations, the newest last."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.generations = [Generation("A")]

    def write(self, *texts: str) -> None:
        live = self.generations[-1]
        for text in texts:
            live.lines.append((live.size, text))
            live.size += len(text.encode()) + 1

    def rotate(self) -> None:
        if self.generations[-1].size:
            self.generations.append(Generation("ABCDEFGHIJ"[len(self.generations)]))

    @property
    def end(self) -> Place:
        return self.settled((len(self.generations) - 1, self.generations[-1].size))

    def settled(self, place: Place) -> Place:
        """Nothing is ever placed in an empty file."""
        number, offset = place
        if number and not offset:
            return number - 1, self.generations[number - 1].size
        return place

    def cursor(self, place: Place) -> str:
        number, offset = place
        older = [f"{each.name}:{each.size}" for each in self.generations[:number]]
        return ",".join([*older, f"{self.generations[number].name}:{offset}"])

    def place(self, cursor: str) -> Place:
        """Give where a cursor stands; raises KeyError for another source's."""
        components = cursors.parse(cursor)
        if not components:
            return 0, 0
        names = {each.name: number for number, each in enumerate(self.generations)}
        return self.settled((names[components[-1].generation], components[-1].offset or 0))

    def after(self, place: Place) -> Place | None:
        """Give where reading goes on in a newer generation, if there is any."""
        number, offset = place
        if offset >= self.generations[number].size and number + 1 < len(self.generations):
            return (number + 1, 0) if self.generations[number + 1].size else None
        return None

    def read(
        self, place: Place, lines: int, *, until: Place, lines_filter: Filter, stream: str
    ) -> tuple[LinesFrame, Place] | None:
        """Give the next frame before ``until``, and where it ends; None at the end."""
        after = self.cursor(place)
        place = self.after(place) or place
        number, offset = place
        generation = self.generations[number]
        end = until[1] if until[0] == number else generation.size
        found = [line for line in generation.lines if offset <= line[0] < end][:lines]
        if place >= until or not found:
            return None
        last = found[-1]
        reached = (number, last[0] + len(last[1].encode()) + 1)
        passing = [line for line in found if passes(lines_filter, line[1])]
        offsets = [line[0] for line in passing]
        at = [*offsets[:1], *map(sub, offsets[1:], offsets)]
        body = LinesBody(at=at, unix_time=[None] * len(at), text=[line[1] for line in passing])
        frame = LinesFrame(
            self.source,
            stream,
            body if passing else None,
            after=after,
            next=self.cursor(reached),
            gen=number if passing else None,
        )
        return frame, reached


def passes(lines_filter: Filter, text: str) -> bool:
    show = [pattern for _, patterns in lines_filter.show for pattern in patterns]
    hide = [pattern for _, patterns in lines_filter.hide for pattern in patterns]
    shown = not show or any(re.search(pattern, text) for pattern in show)
    return shown and not any(re.search(pattern, text) for pattern in hide)


class Reader:
    """One stream of one upstream."""

    def __init__(self, file: File, wish: EnableWanted, place: Place) -> None:
        self.file = file
        self.wish = wish
        self.place = place
        self.flows = False


class Tailed:
    """``Sources`` of one server.

    Attributes:
        answers: Whether an enable is answered at once; else ``answer`` does.
        frame_lines: How many lines one frame has at the most.
        page_lines: How many lines one page has at the most.
    """

    def __init__(self, server: str, *log_types: str) -> None:
        self.server = server
        self.files = {Source(server, each): File(Source(server, each)) for each in log_types}
        self.answers = True
        self.frame_lines = 3
        self.page_lines = 4
        self.histories: list[HistoryWanted] = []
        self.enables: list[EnableWanted] = []
        self.asked: list[tuple[str, Source]] = []
        self._upstreams: list[Upstream] = []
        self._readers: dict[tuple[Upstream, Source, str], Reader] = {}

    def take(self) -> list[tuple[str, Source]]:
        """Give what it was asked since the last time."""
        asked, self.asked = self.asked, []
        return asked

    @property
    def waits(self) -> bool:
        """Whether lines wait in its files for who cannot take them."""
        return any(reader.place < reader.file.end for reader in self._readers.values())

    @property
    def enabled(self) -> set[tuple[Source, str]]:
        """The streams that anybody has."""
        return {(source, stream) for _, source, stream in self._readers}

    def write(self, log_type: str, *texts: str) -> None:
        """Write lines, and send them to who reads."""
        self.files[Source(self.server, log_type)].write(*texts)
        self._read_all()

    def rotate(self, log_type: str) -> None:
        """Begin the next generation."""
        self.files[Source(self.server, log_type)].rotate()

    def answer(self) -> None:
        """Answer the enables that wait."""
        for reader_of, reader in list(self._readers.items()):
            if not reader.flows:
                reader.flows = True
                begins = reader.file.cursor(reader.place)
                if reader.wish.after is not None and reader.place == reader.file.place(
                    reader.wish.after
                ):
                    begins = reader.wish.after
                reader_of[0].enabled(reader.wish, after=begins, now_s=1.5)
        self._read_all()

    def tell_gap(self, log_type: str) -> None:
        """Declare that the rest of the file was lost."""
        for (upstream, source, stream), reader in self._readers.items():
            if source.log_type == log_type:
                after = reader.file.cursor(reader.place)
                gap = GapFrame(
                    source, stream, after=after, next=after, reason="lost", why="truncated"
                )
                upstream.deliver(gap)

    # --- Sources ---------------------------------------------------------------------------------

    def join(self, upstream: Upstream) -> None:
        self._upstreams.append(upstream)
        upstream.server_connected(self.server)
        for source in self.files:
            upstream.available(source, display_name(source.log_type))

    def leave(self, upstream: Upstream, *, now_s: float) -> None:
        self._upstreams.remove(upstream)
        for source in {each[1] for each in self._readers if each[0] is upstream}:
            self.disable(upstream, source, None, now_s=now_s)

    def enable(self, upstream: Upstream, wish: EnableWanted) -> None:
        self.enables.append(wish)
        self.asked.append(("enable", wish.source))
        file = self.files[wish.source]
        after = wish.after
        old = None
        if wish.replace is not None:
            old = self._readers.pop((upstream, wish.source, wish.replace), None)
        key = (upstream, wish.source, wish.filter.stream)
        there = self._readers.get(key)
        if there is not None:
            upstream.enabled(wish, after=file.cursor(there.place), now_s=1.5)
            return
        try:
            place = file.end if after is None else file.place(after)
        except KeyError:
            upstream.refused(wish, 400, "another source's cursor")
            return
        if any("(" in each for _, of in wish.filter.show for each in of):
            upstream.refused(wish, 400, "no expression")
            return
        if old is not None and after is None:
            place = old.place
        if wish.within is not None and self._bytes_between(file, place) > wish.within:
            place = file.end
        self._readers[key] = Reader(file, wish, place)
        if self.answers:
            self.answer()

    def disable(
        self, upstream: Upstream, source: Source, stream: str | None, *, now_s: float
    ) -> None:
        self.asked.append(("disable", source))
        for key in [each for each in self._readers if each[:2] == (upstream, source)]:
            if stream in (None, key[2]):
                del self._readers[key]

    def history(self, upstream: Upstream, wish: HistoryWanted) -> None:
        self.histories.append(wish)
        file = self.files[wish.source]
        try:
            begin = file.place(wish.after or "")
            end = file.end if wish.before is None else file.place(wish.before)
        except KeyError:
            upstream.refused(wish, 400, "another source's cursor")
            return
        if begin > end:
            upstream.refused(wish, 409, "the range ends before it begins")
            return
        limit = min(wish.limit, self.page_lines)
        lines = self._lines_between(file, begin, end)
        more = len(lines) > limit
        if wish.back and more:
            begin = file.settled(lines[-limit])
        first = place = begin
        while limit > 0:
            size = min(limit, self.frame_lines)
            read = file.read(place, size, until=end, lines_filter=wish.filter, stream="")
            if read is None:
                break
            before, (frame, place) = place, read
            limit -= len(self._lines_between(file, before, place))
            upstream.page_frame(wish, frame)
        reached = place if more and not wish.back else end
        ended = PageEnd(
            wish.after if first == begin and wish.after is not None else file.cursor(first),
            wish.before if reached == end and wish.before else file.cursor(reached),
            more,
            0,
            None,
        )
        upstream.page_ended(wish, ended)

    def drained(self, upstream: Upstream) -> None:
        self._read_all()

    # --- inside ----------------------------------------------------------------------------------

    def _read_all(self) -> None:
        for (upstream, _, stream), reader in list(self._readers.items()):
            while reader.flows and upstream.writable:
                read = reader.file.read(
                    reader.place,
                    self.frame_lines,
                    until=reader.file.end,
                    lines_filter=reader.wish.filter,
                    stream=stream,
                )
                if read is None:
                    break
                frame, reader.place = read
                upstream.deliver(self._continued(reader, frame))

    def _continued(self, reader: Reader, frame: LinesFrame) -> StreamFrame:
        """A stream begins with the very cursor that was asked for."""
        asked, reader.wish = reader.wish, reader.wish._replace(after=None)
        if asked.after is not None and cursors.distance_bytes(asked.after, frame.after) == 0:
            return frame.moved(after=asked.after)
        return frame

    def _bytes_between(self, file: File, place: Place) -> int:
        rest = file.generations[place[0]].size - place[1]
        return rest + sum(each.size for each in file.generations[place[0] + 1 :])

    def _lines_between(self, file: File, begin: Place, end: Place) -> Sequence[Place]:
        every = [
            (number, offset)
            for number, generation in enumerate(file.generations)
            for offset, _ in generation.lines
        ]
        return [place for place in every if begin <= place < end]


def texts_of(frame: StreamFrame) -> list[str]:
    """Give the lines of a frame."""
    return [] if isinstance(frame, GapFrame) else frame.columns().text
