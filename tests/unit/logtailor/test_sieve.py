from collections.abc import Callable
from pathlib import Path

import pytest

from logstream.formats.catalogue import KNOWN_FORMATS
from logstream.formats.filtering import Matcher
from logstream.logtailor.sieve import UNKNOWN_S, Sieve, Sifted
from logstream.model.filter import make_filter
from logstream.tail.opened import OpenedFile
from logstream.tail.scan import PIECE_MIN_BYTES, Scan

LINE = '1.2.3.4 - - [07/Jul/2014:20:00:{:02} +0000] "GET /{} HTTP/1.0" 200 5\n'
BEGINS_S = 1_404_763_200.0


def never(offset: int) -> float:
    raise AssertionError(f"asked for the time before {offset}")


def sift(
    path: Path,
    data: str,
    *,
    show: list[str] | None = None,
    since: float | None = None,
    until: float | None = None,
    need: int = 100,
    newest: bool = False,
    time_before: Callable[[int], float] = never,
) -> Sifted:
    path.write_bytes(data.encode())
    opened = OpenedFile.at(str(path), plain=True)
    scan = Scan(opened, 0, None)
    piece = scan.forward(0, PIECE_MIN_BYTES)
    assert piece is not None
    matcher = None if show is None else Matcher(make_filter({"text": show}, None))
    sieve = Sieve(
        KNOWN_FORMATS.format_for("apache-request"),
        matcher,
        since=since,
        until=until,
        now_s=BEGINS_S + 100,
    )
    sifted = sieve.sift(scan, piece, need=need, newest=newest, time_before=time_before)
    opened.close()
    return sifted


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log"


def requests(count: int) -> str:
    return "".join(LINE.format(number, number) for number in range(count))


def paths(sifted: Sifted) -> list[str]:
    return [text.split()[6] for text in sifted.read.texts]


@pytest.mark.parametrize("carriage", ["", "\r"], ids=["as a block", "record by record"])
@pytest.mark.parametrize(
    ("need", "newest", "found"),
    [(9, False, ["/1", "/10", "/11"]), (2, False, ["/1", "/10"]), (2, True, ["/10", "/11"])],
)
def test_a_filter_gives_no_more_than_is_needed(
    path: Path, carriage: str, need: int, newest: bool, found: list[str]
) -> None:
    """S9, S10."""
    data = requests(12).replace("\n", f"{carriage}\n")
    sifted = sift(path, data, show=["GET /1"], need=need, newest=newest)
    assert paths(sifted) == found
    length = len(data.splitlines(keepends=True)[0])
    assert sifted.read.offsets[0] == data.index("\n", 0) + 1 if found[0] == "/1" else True
    assert [end - start for start, end in zip(sifted.read.offsets, sifted.ends, strict=True)] == [
        length + (path_ != "/1") for path_ in found
    ]
    if len(found) < 3:
        assert (sifted.start == sifted.read.offsets[0]) is newest
        assert (sifted.end == sifted.ends[-1]) is True
    assert sifted.end == (len(data) if newest or need == 9 else sifted.ends[-1])


def test_times_are_exact(path: Path) -> None:
    """S9: since ≤ time < until."""
    sifted = sift(path, requests(10), since=BEGINS_S + 3, until=BEGINS_S + 6)
    assert paths(sifted) == ["/3", "/4", "/5"]


def test_a_line_without_a_time_has_that_of_the_line_before(path: Path) -> None:
    """S9."""
    data = "first\n" + LINE.format(2, 2) + "second\n" + LINE.format(4, 4) + "third\n"
    asked: list[int] = []

    def time_before(offset: int) -> float:
        asked.append(offset)
        return BEGINS_S + 3

    sifted = sift(path, data, since=BEGINS_S + 3, time_before=time_before)
    assert sifted.read.texts == ["first", LINE.format(4, 4)[:-1], "third"]
    assert asked == [0]
    sifted = sift(path, data, show=["d$"], until=BEGINS_S + 3, time_before=lambda offset: UNKNOWN_S)
    assert sifted.read.texts == ["second"]


def test_a_match_at_the_end_of_a_line_is_that_line(path: Path) -> None:
    """S10: after a candidate go on at the end of the record."""
    sifted = sift(path, "aa\nba\nab\n", show=["a$"])
    assert sifted.read.texts == ["aa", "ba"]


def test_it_tells_which_time_a_piece_has_come_to(path: Path) -> None:
    """S9: ``reached``."""
    path.write_bytes(f"none\n{requests(50)}none\n".encode())
    opened = OpenedFile.at(str(path), plain=True)
    scan = Scan(opened, 0, None)
    piece = scan.forward(0, PIECE_MIN_BYTES)
    assert piece is not None
    sieve = Sieve(
        KNOWN_FORMATS.format_for("apache-request"), None, since=None, until=None, now_s=0.0
    )
    assert sieve.time_at_end(piece, newest=False) == BEGINS_S
    assert sieve.time_at_end(piece, newest=True) == BEGINS_S + 49
    assert sieve.time_at_end(piece._replace(single=True, data=b"none"), newest=True) is None
    opened.close()


def test_the_first_time_in_bytes_from_anywhere_is_of_a_record_that_begins_there() -> None:
    """S9."""
    php = Sieve(KNOWN_FORMATS.format_for("php-error"), None, since=None, until=None, now_s=0.0)
    data = (
        b"n a file\n"
        b"  thrown in x.php on line 3\n"
        b"[07-Jul-2014 20:00:05 UTC] PHP Notice:  x in x.php on line 1\n"
        b"[07-Jul-2014 20:00:06 UTC] PHP Not"
    )
    assert php.first_time(data) == (data.index(b"["), BEGINS_S + 5)
    assert php.first_time(b"no line end") is None
    assert php.first_time(b"") is None
