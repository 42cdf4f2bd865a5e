import bz2
import gzip
import lzma
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from logstream.model.limits import DECOMPRESSION_WINDOW_BYTES
from logstream.tail.compressed import (
    CHECKPOINT_FIRST_BYTES,
    CHECKPOINTS_MAX,
    CompressedContent,
    Incomplete,
    Unreadable,
    compression_of,
)

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda data: zstd.compress(
        data,
        options={zstd.CompressionParameter.checksum_flag: 1},  # as ``zstd`` itself does
    ),
}
TEXT = b"".join(b"line %d of many\n" % number for number in range(60_000))
WINDOW_BYTES = 64 * 1024

each = pytest.mark.parametrize("kind", COMPRESS)


def content(path: Path, data: bytes, window_bytes: int = WINDOW_BYTES) -> CompressedContent:
    path.write_bytes(data)
    compression = compression_of(data)
    assert compression is not None
    return CompressedContent(os.open(path, os.O_RDONLY), compression, window_bytes=window_bytes)


@each
def test_offsets_are_in_inflated_bytes(kind: str, tmp_path: Path) -> None:
    """S4."""
    opened = content(tmp_path / "x", COMPRESS[kind](TEXT))
    for offset in (0, 700_000, 10, len(TEXT) - 5, 300_000, 0):
        assert opened.pread(offset, 1000) == TEXT[offset : offset + 1000]
    assert opened.pread(len(TEXT) + 5, 10) == b""
    assert opened.size_bytes == len(TEXT)
    assert opened.pread(len(TEXT) - 5, 10) == TEXT[-5:]
    opened.close()


def test_how_much_it_is_is_not_known_at_first(tmp_path: Path) -> None:
    opened = content(tmp_path / "x", gzip.compress(TEXT))
    assert opened.size_bytes is None
    opened.close()


@each
def test_members_follow_one_another(kind: str, tmp_path: Path) -> None:
    compress = COMPRESS[kind]
    members = compress(b"one\n") + compress(b"") + compress(TEXT) + compress(b"end\n")
    opened = content(tmp_path / "x", members)
    assert opened.pread(0, 2_000_000) == b"one\n" + TEXT + b"end\n"
    opened.close()


@each
def test_an_empty_member_holds_nothing(kind: str, tmp_path: Path) -> None:
    opened = content(tmp_path / "x", COMPRESS[kind](b""))
    assert opened.pread(0, 10) == b""
    assert opened.size_bytes == 0
    opened.close()


@each
def test_a_file_that_ends_early_does_not_exist_yet(kind: str, tmp_path: Path) -> None:
    """S4."""
    whole = COMPRESS[kind](TEXT)
    path = tmp_path / "x"
    opened = content(path, whole[:-2])
    for _ in range(2):
        with pytest.raises(Incomplete, match="ends early"):
            opened.pread(0, len(TEXT) + 1)
    path.write_bytes(whole)
    assert opened.pread(0, len(TEXT) + 1) == TEXT
    opened.close()


@each
def test_a_second_member_that_ends_early_makes_the_file_incomplete(
    kind: str, tmp_path: Path
) -> None:
    whole = COMPRESS[kind](TEXT)
    for cut in (2, len(whole) // 2):
        opened = content(tmp_path / "x", whole + whole[:cut])
        with pytest.raises(Incomplete):
            opened.pread(len(TEXT), 2 * len(TEXT))
        opened.close()


@each
def test_what_comes_after_the_last_member_is_ignored(kind: str, tmp_path: Path) -> None:
    for rest in (b"\0" * 1000, b"some other bytes"):
        opened = content(tmp_path / "x", COMPRESS[kind](b"one\n") + rest)
        assert opened.pread(0, 100) == b"one\n"
        opened.close()


@each
def test_damage_is_told(kind: str, tmp_path: Path) -> None:
    whole = bytearray(COMPRESS[kind](TEXT))
    middle = len(whole) // 2
    whole[middle : middle + 50] = b"\x55" * 50
    opened = content(tmp_path / "x", bytes(whole))
    with pytest.raises(OSError, match=r"damaged|ends early"):
        opened.pread(0, len(TEXT))
    opened.close()


@each
def test_the_beginning_is_cheap(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = content(tmp_path / "x", COMPRESS[kind](os.urandom(3_000_000)))
    read: list[int] = []
    pread = os.pread

    def counted(fd: int, size_bytes: int, offset: int) -> bytes:
        data = pread(fd, size_bytes, offset)
        read.append(len(data))
        return data

    monkeypatch.setattr(os, "pread", counted)
    assert len(opened.pread(0, 1024)) == 1024
    assert sum(read) <= (1024 * 1024 if kind == "bz2" else 256 * 1024)  # bz2 has whole blocks
    opened.close()


@each
def test_a_bomb_takes_no_more_memory_than_the_window(kind: str, tmp_path: Path) -> None:
    bomb = COMPRESS[kind](b"\0" * 50_000_000)
    opened = content(tmp_path / "x", bomb)
    held = 0
    offset = 0
    while data := opened.pread(offset, 100_000):
        offset += len(data)
        held = max(held, len(opened._window))
    assert offset == 50_000_000
    assert held <= WINDOW_BYTES + 400_000
    opened.close()


def test_an_xz_that_needs_too_much_memory_is_refused(tmp_path: Path) -> None:
    greedy = lzma.compress(
        b"x" * 1000,
        filters=[{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 1 << 29}],
    )
    opened = content(tmp_path / "x", greedy)
    with pytest.raises(Unreadable):
        opened.pread(0, 10)
    opened.close()


def test_who_reads_a_little_back_finds_it_in_the_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = content(tmp_path / "x", lzma.compress(TEXT), DECOMPRESSION_WINDOW_BYTES)
    opened.pread(len(TEXT) - 10, 10)
    monkeypatch.setattr(os, "pread", None)
    assert opened.pread(0, 100) == TEXT[:100]
    opened.close()


def test_a_gz_is_read_again_from_a_remembered_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = os.urandom(3 * CHECKPOINT_FIRST_BYTES)
    opened = content(tmp_path / "x", gzip.compress(text, 1))
    opened.pread(len(text) - 10, 10)
    offsets: list[int] = []
    pread = os.pread

    def noted(fd: int, size_bytes: int, offset: int) -> bytes:
        offsets.append(offset)
        return pread(fd, size_bytes, offset)

    monkeypatch.setattr(os, "pread", noted)
    back_to = 2 * CHECKPOINT_FIRST_BYTES + 1_000_000
    assert opened.pread(back_to, 100) == text[back_to : back_to + 100]
    assert min(offsets) > CHECKPOINT_FIRST_BYTES
    opened.close()


def test_remembered_places_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logstream.tail.compressed.CHECKPOINT_FIRST_BYTES", 300_000)
    data = b"0123456789abcdef" * 3_000_000
    opened = content(tmp_path / "x", gzip.compress(data, 1))
    while not opened.reach(len(data), 1_000_000):
        assert len(opened._checkpoints) <= CHECKPOINTS_MAX
    for offset in (47_000_000, 20_000_003, 5, 33_000_001):
        assert opened.pread(offset, 50) == data[offset : offset + 50]
    opened.close()


@each
def test_a_far_place_is_reached_bit_by_bit(kind: str, tmp_path: Path) -> None:
    """S9: between two turns of live lines only so much is inflated."""
    opened = content(tmp_path / "x", COMPRESS[kind](TEXT))
    steps = 0
    before = 0
    while not opened.reach(900_000, 100_000):
        assert before < opened._end <= before + 100_000 + 256 * 1024
        before = opened._end
        steps += 1
    assert steps >= 2
    assert opened.pread(900_000, 50) == TEXT[900_000:900_050]
    assert opened.reach(10**12, 10**12)
    assert opened.pread(10**12, 50) == b""
    opened.close()
