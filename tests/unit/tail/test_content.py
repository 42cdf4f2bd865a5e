import gzip
import os
from pathlib import Path

import pytest

from logstream.tail.compressed import Incomplete, Unreadable
from logstream.tail.content import content_of, open_content


def test_a_plain_file_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\ntwo\n")
    content = open_content(str(path))
    assert content.size_bytes == 8
    assert content.pread(4, 100) == b"two\n"
    with path.open("ab") as file:
        file.write(b"three\n")
    assert content.size_bytes == 14
    assert content.pread(8, 100) == b"three\n"
    content.close()


def test_a_compressed_file_is_known_by_its_bytes_not_by_its_name(tmp_path: Path) -> None:
    compressed, plain = tmp_path / "log.1", tmp_path / "log.gz"
    compressed.write_bytes(gzip.compress(b"one\n"))
    plain.write_bytes(b"plain text, whatever it is called\n")
    for path, text in ((compressed, b"one\n"), (plain, plain.read_bytes())):
        content = open_content(str(path))
        assert content.pread(0, 100) == text
        content.close()


def test_an_open_file_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(gzip.compress(b"one\n"))
    content = content_of(os.open(path, os.O_RDONLY))
    assert content.pread(0, 100) == b"one\n"
    content.close()


@pytest.mark.parametrize("beginning", [b"", b"\x1f\x8b"], ids=["empty", "torn"])
def test_a_compressed_file_that_has_not_begun_does_not_exist_yet(
    tmp_path: Path, beginning: bytes
) -> None:
    """S4."""
    path = tmp_path / "log.1.gz"
    path.write_bytes(beginning)
    with pytest.raises(Incomplete):
        open_content(str(path))


def test_an_unknown_compression_is_not_taken_for_text(tmp_path: Path) -> None:
    path = tmp_path / "log.lz4"
    path.write_bytes(b"whatever")
    with pytest.raises(Unreadable, match=r"only \.gz"):
        open_content(str(path))


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_content(str(tmp_path / "nothing"))
