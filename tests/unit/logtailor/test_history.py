import gzip
from pathlib import Path

import pytest

from doubles.pages import Pages, texts_of
from logstream.model.cursor import distance_bytes
from logstream.tail.base import Lost

ways = pytest.mark.parametrize("back", [False, True], ids=["onward", "backward"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log"


def numbered(first: int, after: int) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(first, after))


@ways
def test_a_source_without_files_has_an_empty_page(path: Path, back: bool) -> None:
    """S9."""
    parts, end = Pages.finish(Pages(path).begin(back=back))
    assert parts == []
    assert (end.first, end.last, end.more, end.scanned_bytes) == ("", "", False, 0)


def test_lines_from_the_end_ascend_all_the_same(path: Path) -> None:
    """S9."""
    path.write_bytes(numbered(0, 100))
    pages = Pages(path)
    parts, end = pages.finish(pages.begin(back=True, limit=3))
    assert texts_of(parts) == ["line 97", "line 98", "line 99"]
    assert end.more
    parts, end = pages.finish(pages.begin(back=True, limit=3, before=end.first))
    assert texts_of(parts) == ["line 94", "line 95", "line 96"]


def test_lines_from_the_end_touch_only_the_end(path: Path) -> None:
    """S9."""
    path.write_bytes(numbered(0, 1_000_000))
    _, end = Pages.finish(Pages(path).begin(back=True, limit=10))
    assert end.scanned_bytes < 1000


@ways
def test_a_page_goes_over_generations_plain_and_compressed(path: Path, back: bool) -> None:
    """S4, S9."""
    Path(f"{path}.2.gz").write_bytes(gzip.compress(numbered(0, 50)))
    Path(f"{path}.1").write_bytes(numbered(50, 80))
    path.write_bytes(numbered(80, 100))
    parts, end = Pages.finish(Pages(path).begin(back=back))
    assert texts_of(parts) == [f"line {number}" for number in range(100)]
    assert not end.more


@ways
def test_a_range_is_given_exactly(path: Path, back: bool) -> None:
    """S9: [after, before)."""
    path.write_bytes(numbered(0, 100))
    pages = Pages(path)
    _, first = pages.finish(pages.begin(limit=20))
    _, second = pages.finish(pages.begin(after=first.last, limit=30))
    parts, end = pages.finish(pages.begin(after=first.last, before=second.last, back=back))
    assert texts_of(parts) == [f"line {number}" for number in range(20, 50)]
    assert not end.more
    assert distance_bytes(end.first, first.last) == distance_bytes(end.last, second.last) == 0


@ways
def test_history_goes_on_while_the_file_rotates(path: Path, back: bool) -> None:
    """S9, S4: walked through in the protocol, with the same offsets in a ``.gz``."""
    path.write_bytes(numbered(0, 100))
    pages = Pages(path)
    _, end = pages.finish(pages.begin(limit=60, back=back))
    Path(f"{path}.1.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    path.write_bytes(b"new\n")
    if back:
        parts, _ = pages.finish(pages.begin(before=end.first, back=True))
        assert texts_of(parts) == [f"line {number}" for number in range(40)]
    else:
        parts, _ = pages.finish(pages.begin(after=end.last))
        assert texts_of(parts) == [*(f"line {number}" for number in range(60, 100)), "new"]


def test_what_is_gone_is_told_in_its_place(path: Path) -> None:
    """S7, S11: a cursor of a vanished file is a ``lost`` gap, and the page goes on."""
    path.write_bytes(numbered(0, 100))
    pages = Pages(path)
    _, end = pages.finish(pages.begin(limit=60))
    path.unlink()
    path.write_bytes(b"new and other\n")
    parts, _ = pages.finish(pages.begin(after=end.last))
    assert [part.why for part in parts if isinstance(part, Lost)] == ["removed"]
    assert texts_of(parts) == ["new and other"]


@ways
def test_pages_of_a_compressed_file_are_inflated_once(path: Path, back: bool) -> None:
    """S9."""
    Path(f"{path}.1.gz").write_bytes(gzip.compress(numbered(0, 100_000)))
    path.write_bytes(b"live\n")
    pages = Pages(path)
    _, end = pages.finish(pages.begin(back=back, limit=2))
    opened = pages.contents._kept
    assert len(opened) == 1
    ((content, _),) = opened.values()
    for _ in range(3):
        _, end = pages.finish(
            pages.begin(
                after=None if back else end.last,
                before=end.first if back else None,
                back=back,
                limit=100,
            )
        )
        assert [kept for kept, _ in opened.values()] == [content]
    pages.contents.close()


def test_records_of_several_lines_come_whole(path: Path) -> None:
    """S9, S11."""
    record = (
        "[07-Jul-2014 20:00:{:02} UTC] PHP Fatal error:  Uncaught Exception: x in a.php:3\n"
        "Stack trace:\n#0 {{main}}\n  thrown in a.php on line 3"
    )
    records = [record.format(number) for number in range(50)]
    path.write_text("\n".join([*records, ""]))
    pages = Pages(path, "php-error")
    for back in (False, True):
        given: list[str] = []
        cursor: str | None = None
        more = True
        while more:
            parts, end = pages.finish(
                pages.begin(
                    after=None if back else cursor,
                    before=cursor if back else None,
                    back=back,
                    limit=7,
                )
            )
            given = texts_of(parts) + given if back else given + texts_of(parts)
            cursor, more = (end.first if back else end.last), end.more
        assert given == records
