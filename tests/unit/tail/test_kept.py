import gzip
from pathlib import Path

from logstream.tail.kept import KEPT_MAX, KEPT_S, KeptContents
from logstream.tail.opened import OpenedFile


def compressed(path: Path) -> OpenedFile:
    if not path.exists():
        path.write_bytes(gzip.compress(str(path).encode() * 1000))
    return OpenedFile.at(str(path), plain=False)


def test_a_compressed_file_is_given_out_as_it_was_left(tmp_path: Path) -> None:
    kept = KeptContents()
    opened = compressed(tmp_path / "a.gz")
    opened.pread(0, 10)
    kept.keep(opened, 0.0)
    assert kept.exchange(compressed(tmp_path / "a.gz")) is opened
    again = compressed(tmp_path / "a.gz")
    assert kept.exchange(again) is again  # it is given out once
    opened.close()
    again.close()


def test_another_file_is_another(tmp_path: Path) -> None:
    kept = KeptContents()
    path = tmp_path / "a.gz"
    kept.keep(compressed(path), 0.0)
    path.unlink()
    path.write_bytes(gzip.compress(b"other"))
    other = compressed(path)
    assert kept.exchange(other) is other
    other.close()
    kept.close()


def test_a_plain_file_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"text")
    kept = KeptContents()
    opened = OpenedFile.at(str(path), plain=True)
    assert kept.exchange(opened) is opened
    kept.keep(opened, 0.0)
    assert kept._kept == {}


def test_few_are_kept_and_not_for_long(tmp_path: Path) -> None:
    kept = KeptContents()
    for number in range(KEPT_MAX + 2):
        kept.keep(compressed(tmp_path / f"{number}.gz"), float(number))
    assert len(kept._kept) == KEPT_MAX
    kept.keep(compressed(tmp_path / f"{number}.gz"), float(number))
    assert len(kept._kept) == KEPT_MAX
    kept.tidy(number + KEPT_S - 0.5)
    assert len(kept._kept) == 1
    kept.tidy(number + KEPT_S)
    assert kept._kept == {}
