"""Pages of history give what is in the files: each record once, in order, whatever the pages are.

Rules: S4, S9, S10, S11.
"""

import bz2
import gzip
import lzma
import os
import random
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logstream.formats.catalogue import KNOWN_FORMATS
from logstream.formats.filtering import Matcher
from logstream.logtailor.history import HistoryReading, history_page
from logstream.logtailor.page_parts import PageLines
from logstream.model.cursor import distance_bytes
from logstream.model.filter import NO_FILTER, Filter, make_filter
from logstream.model.source import Source
from logstream.protocol.wishes import HistoryWanted, PageEnd
from logstream.tail.archive import Archive
from logstream.tail.base import Lost
from logstream.tail.kept import KeptContents

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

NOW_S = 1_404_770_000.0
START_S = 1_404_763_200
SOURCE = Source("web-1", "log")
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd.compress,
}
FILTERS: list[Filter] = [
    NO_FILTER,
    make_filter({"text": ["7"]}, None),
    make_filter({"text": ["^200 ", "ö"]}, {"text": ["3$"]}),
    make_filter(None, {"text": ["1"]}),
]


class Log:
    """A log of some generations, and what is in it."""

    def __init__(
        self,
        directory: Path,
        generations: list[list[bytes]],
        kinds: list[str],
        log_type: str = "apache-request",
    ) -> None:
        self.path = directory / "app.log"
        self.texts: list[str] = []
        self.contents = KeptContents()
        age = len(generations)
        for lines, kind in zip(generations, kinds, strict=True):
            age -= 1
            data = b"".join(line + b"\n" for line in lines)
            suffix = f".{age}{kind}" if age else ""
            path = Path(f"{self.path}{suffix}")
            path.write_bytes(COMPRESS[kind](data) if age else data)
            os.utime(path, (NOW_S - age * 1000, NOW_S - age * 1000))
            self.texts += [as_text(line) for line in lines]
        self.reading = HistoryReading(
            lambda: Archive([str(self.path)]),
            KNOWN_FORMATS.format_for(log_type),
            lambda: NOW_S,
            lambda: 0.0,
            self.contents,
        )

    def page(
        self,
        *,
        after: str | None = None,
        before: str | None = None,
        limit: int = 1000,
        back: bool = False,
        wanted: Filter = NO_FILTER,
        since: float | None = None,
        until: float | None = None,
    ) -> tuple[list[str], PageEnd]:
        """Give one page, having checked its chain."""
        wish = HistoryWanted(SOURCE, wanted, 1, after, before, since, until, limit, back)
        page = history_page(wish, self.reading, None if wanted == NO_FILTER else Matcher(wanted))
        parts: list[PageLines | Lost] = []
        while page.end is None:
            parts += page.step(0.0)
        page.close()
        at = page.end.first
        texts: list[str] = []
        for part in parts:
            assert part.after == at
            at = part.next
            assert not isinstance(part, Lost)
            if part.read is not None:
                assert part.gen is not None
                assert part.read.offsets == sorted(part.read.offsets)
                texts += part.read.texts
        assert at == page.end.last
        return texts, page.end

    def pages(
        self,
        *,
        back: bool,
        limit: int,
        wanted: Filter,
        since: float | None = None,
        until: float | None = None,
    ) -> list[str]:
        """Give all of it, a page after the other."""
        texts: list[str] = []
        cursor: str | None = None
        for _ in range(10_000):
            page, end = self.page(
                after=None if back else cursor,
                before=cursor if back else None,
                back=back,
                limit=limit,
                wanted=wanted,
                since=since,
                until=until,
            )
            texts = page + texts if back else texts + page
            cursor = end.first if back else end.last
            assert len(page) <= limit
            if not end.more:
                return texts
        raise AssertionError("the pages do not end")


def as_text(line: bytes) -> str:
    return line.removesuffix(b"\r").lstrip(b"\0").decode(errors="replace")


def request(number: int, time_s: int) -> bytes:
    minutes, seconds = divmod(time_s - START_S, 60)
    return (
        f"10.0.0.1 - - [07/Jul/2014:{20 + minutes // 60:02}:{minutes % 60:02}:{seconds:02} +0000]"
        f' "GET /{number} HTTP/1.0" 200 {number}'
    ).encode()


def passes(wanted: Filter, text: str) -> bool:
    return all(
        any(re.search(pattern, text, re.MULTILINE) for pattern in patterns)
        for _, patterns in wanted.show
    ) and not any(
        re.search(pattern, text, re.MULTILINE)
        for _, patterns in wanted.hide
        for pattern in patterns
    )


LINES = st.lists(
    st.one_of(
        st.binary(max_size=40).map(lambda data: data.replace(b"\n", b" ").replace(b"\r", b" ")),
        st.integers(0, 9999).map(lambda number: b"200 line %d" % number),
        st.sampled_from([b"", b"\0\0hole", "schön ö".encode(), b"dos\r", b"\xff\xfe", b"x" * 3000]),
    ),
    min_size=1,
    max_size=60,
)
KINDS = st.sampled_from(sorted(COMPRESS))


@pytest.mark.parametrize("back", [False, True], ids=["onward", "backward"])
@settings(max_examples=40, deadline=None)
@given(
    generations=st.lists(st.tuples(LINES, KINDS), min_size=1, max_size=4),
    limit=st.integers(1, 40),
    wanted=st.sampled_from(FILTERS),
)
def test_pages_have_no_seam_and_no_repeat(
    back: bool, generations: list[tuple[list[bytes], str]], limit: int, wanted: Filter
) -> None:
    """S9, S10."""
    # Each generation begins otherwise: two that begin alike are told apart by more than that.
    contents = [
        [b"generation %d" % number, *lines] for number, (lines, _) in enumerate(generations)
    ]
    with tempfile.TemporaryDirectory() as name:
        log = Log(Path(name), contents, [kind for _, kind in generations])
        expected = [text for text in log.texts if passes(wanted, text)]
        assert log.pages(back=back, limit=limit, wanted=wanted) == expected
        log.contents.close()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    kinds=st.lists(KINDS, min_size=1, max_size=3),
    since=st.none() | st.integers(START_S - 10, START_S + 3000),
    span=st.none() | st.integers(1, 2000),
    limit=st.integers(10, 2000),
    back=st.booleans(),
)
def test_a_time_range_gives_exactly_its_lines(  # noqa: PLR0917 - hypothesis names them
    seed: int, kinds: list[str], since: int | None, span: int | None, limit: int, back: bool
) -> None:
    """S9: a line without a time has the preceding line's; lines are displaced by the slack."""
    chance = random.Random(seed)
    until = None if span is None else (since or START_S) + span
    now_s = START_S
    generations: list[list[bytes]] = []
    expected: list[str] = []
    for number in range(len(kinds)):
        lines: list[bytes] = []
        time_s = -1
        for index in range(chance.randrange(1, 1500)):
            now_s += chance.choice([0, 0, 0, 1, 2])
            if index and chance.random() < 0.1:
                line = b"no time %d" % index
            else:
                time_s = max(START_S, now_s - chance.choice([0, 0, 1, 200, 299]))
                line = request(number * 10_000 + index, time_s)
            lines.append(line)
            if (since is None or time_s >= since) and (until is None or time_s < until):
                expected.append(line.decode())
        generations.append(lines)
    with tempfile.TemporaryDirectory() as name:
        log = Log(Path(name), generations, kinds)
        given_ = log.pages(back=back, limit=limit, wanted=NO_FILTER, since=since, until=until)
        assert given_ == expected
        log.contents.close()


@settings(max_examples=30, deadline=None)
@given(lines=LINES, limit=st.integers(1, 20), data=st.data())
def test_a_page_from_any_line_goes_on_where_the_one_before_ended(
    lines: list[bytes], limit: int, data: st.DataObject
) -> None:
    """S4: each cursor parts the lines before it from those behind it."""
    with tempfile.TemporaryDirectory() as name:
        log = Log(Path(name), [[b"first", *lines]], [""])
        some, end = log.page(limit=limit)
        rest, ended = log.page(after=end.last)
        assert some + rest == log.texts
        again, _ = log.page(before=end.last, back=True)
        assert again == some
        assert distance_bytes(end.last, ended.last) == ended.scanned_bytes


TRACES = st.lists(
    st.sampled_from(
        [
            b"[07-Jul-2014 20:00:05 UTC] PHP Notice:  x in a.php on line 1",
            b"[07-Jul-2014 20:00:05 UTC] PHP Fatal error:  Uncaught Exception: 7 in a.php:3",
            b"Stack trace:",
            b"#0 {main}",
            b"  thrown in a.php on line 3",
            b"",
        ]
    ),
    min_size=1,
    max_size=60,
)


@settings(max_examples=40, deadline=None)
@given(
    generations=st.lists(st.tuples(TRACES, KINDS), min_size=1, max_size=3),
    limit=st.integers(1, 20),
    back=st.booleans(),
    wanted=st.sampled_from(FILTERS),
)
def test_records_of_several_lines_are_the_same_on_any_pages(
    generations: list[tuple[list[bytes], str]], limit: int, back: bool, wanted: Filter
) -> None:
    """S9, S11."""
    contents = [
        [b"[07-Jul-2014 20:00:04 UTC] PHP Notice:  begin %d in a.php on line 1" % number, *lines]
        for number, (lines, _) in enumerate(generations)
    ]
    with tempfile.TemporaryDirectory() as name:
        log = Log(Path(name), contents, [kind for _, kind in generations], "php-error")
        whole = log.pages(back=False, limit=10_000, wanted=NO_FILTER)
        assert "\n".join(whole) == "\n".join(log.texts)
        assert all(text.startswith("[07") for text in whole)
        given_ = log.pages(back=back, limit=limit, wanted=wanted)
        assert given_ == [text for text in whole if passes(wanted, text)]
        log.contents.close()
