"""Any bytes, written in any pieces, give the lines that a plain reading of the rules gives."""

import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstream.tail import reader as reader_module
from logstream.tail.opened import OpenedFile
from logstream.tail.reader import Reader

RECORD_BYTES = 20
BATCH_BYTES = 8


@pytest.fixture(autouse=True, scope="module")
def small_limits() -> Iterator[None]:
    """Let blocks end and records be cut within a few bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader_module, "RECORD_MAX_BYTES", RECORD_BYTES)
        patch.setattr(reader_module, "BATCH_MAX_BYTES", BATCH_BYTES)
        yield


def expected(content: bytes) -> tuple[list[str], list[int | None]]:
    """Read whole lines by the rules, one line after the other."""
    texts: list[str] = []
    cuts: list[int | None] = []
    content = content.removeprefix(b"\xef\xbb\xbf")
    for line in content.split(b"\n")[:-1]:
        whole = line.removesuffix(b"\r").lstrip(b"\0")
        if len(whole) <= RECORD_BYTES:
            texts.append(whole.decode(errors="replace"))
            cuts.append(None)
        else:
            texts.append(cut(whole))
            cuts.append(len(whole))
    return texts, cuts


def cut(whole: bytes) -> str:
    """Give the beginning without the torn character at its end, if there is one."""
    head = whole[:RECORD_BYTES]
    torn_bytes = max((count for count in range(1, 4) if is_torn(head[-count:])), default=0)
    return head[: RECORD_BYTES - torn_bytes].decode(errors="replace")


def is_torn(piece: bytes) -> bool:
    """Tell whether some bytes after ``piece`` would make it one character."""
    try:
        piece.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data" and error.start == 0
    return False


ALPHABET = st.sampled_from(
    [b"\n", b"\n", b"\r\n", b"\r", b"\0", b"a", b"bc", b"x" * 7, b"y" * 30, "é".encode(),
     "€".encode(), "😀".encode(), b"\xe2\x82", b"\xff", b"\xef\xbb\xbf", b"\xf0"]
)  # fmt: skip
CONTENT = st.lists(ALPHABET, max_size=30).map(b"".join) | st.binary(max_size=60)


def read(reader: Reader) -> tuple[list[str], list[int | None]]:
    texts: list[str] = []
    cuts: list[int | None] = []
    while (lines := reader.read()) is not None:
        cuts += [lines.cut.get(index) for index in range(len(lines.texts))]
        texts += lines.texts
    return texts, cuts


@given(content=CONTENT, splits=st.lists(st.integers(0, 60), max_size=6))
def test_any_bytes_in_any_pieces_give_the_same_lines(content: bytes, splits: list[int]) -> None:
    with tempfile.TemporaryFile(buffering=0) as file:
        reader = Reader(OpenedFile(file.fileno()))
        texts: list[str] = []
        cuts: list[int | None] = []
        bounds = [0, *sorted(min(split, len(content)) for split in splits), len(content)]
        for begin, end in pairwise(bounds):
            file.write(content[begin:end])
            more_texts, more_cuts = read(reader)
            texts += more_texts
            cuts += more_cuts
            assert (texts, cuts) == expected(content[:end])


@given(content=CONTENT, more=CONTENT)
def test_a_start_at_the_end_gives_the_rest_of_the_lines(content: bytes, more: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "log"
        path.write_bytes(content)
        with path.open("rb", buffering=0) as file:
            reader = Reader(OpenedFile(file.fileno()))
            reader.skip_to_end()
            before = read(reader)
            with path.open("ab") as writer:
                writer.write(more)
            texts, _ = read(reader)
    whole, _ = expected(content + more)
    assert before == ([], [])
    assert texts == whole[content.count(b"\n") :]
