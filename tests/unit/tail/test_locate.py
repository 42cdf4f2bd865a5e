import os
from pathlib import Path

import pytest

from logstream.tail.content import PlainContent, open_content
from logstream.tail.locate import range_of_time

LINE_BYTES = 64


def first_time(data: bytes) -> tuple[int, float] | None:
    begin = data.find(b"\n") + 1
    while (end := data.find(b"\n", begin)) >= 0:
        if data[begin : begin + 1] == b"t":
            return begin, float(data[begin + 1 : begin + 12])
        begin = end + 1
    return None


def line(time_s: int | None) -> bytes:
    text = b"more" if time_s is None else b"t%011d" % time_s
    return text.ljust(LINE_BYTES - 1) + b"\n"


class Counting(PlainContent):
    read_bytes = 0

    def pread(self, offset: int, size_bytes: int) -> bytes:
        self.read_bytes += size_bytes
        return super().pread(offset, size_bytes)


def test_the_range_parts_earlier_lines_from_later_ones(tmp_path: Path) -> None:
    """S9."""
    path = tmp_path / "log"
    count = 100_000
    path.write_bytes(b"".join(line(number) for number in range(count)))
    size = count * LINE_BYTES
    content = open_content(str(path))
    for time_s in (-5, 0, 1, 777, 50_000, count - 1, count, count + 9):
        low, high = range_of_time(content, 0, size, time_s, first_time)
        assert low <= max(0, min(time_s, count)) * LINE_BYTES <= high
        assert high - low <= 2 * 64 * 1024 + LINE_BYTES
        assert low % LINE_BYTES == high % LINE_BYTES == 0
    content.close()


@pytest.mark.parametrize("time_s", [3, 500_000])
def test_long_stretches_without_times_lose_nothing(tmp_path: Path, time_s: int) -> None:
    path = tmp_path / "log"
    data = b"".join([line(1), *[line(None)] * 50_000, line(2), *[line(None)] * 50_000, line(4)])
    path.write_bytes(data)
    content = open_content(str(path))
    low, high = range_of_time(content, 0, len(data), time_s, first_time)
    place = len(data) - LINE_BYTES if time_s == 3 else len(data)
    assert low <= place <= high
    content.close()


def test_a_time_in_a_huge_file_takes_few_small_reads(tmp_path: Path) -> None:
    """S9: 10 GB, most of them a hole between the first lines and the last."""
    path = tmp_path / "log"
    size = 10_000_000_000 // LINE_BYTES * LINE_BYTES
    with path.open("wb") as file:
        for number in range(60):
            file.seek(number * size // 60 // LINE_BYTES * LINE_BYTES)
            file.write(b"".join(line(number * 100 + more) for more in range(100)))
        file.truncate(size)
    content = Counting(os.open(path, os.O_RDONLY))
    low, high = range_of_time(content, 0, size, 3050, first_time)
    assert low <= (30 * size // 60 // LINE_BYTES + 50) * LINE_BYTES <= high
    assert content.read_bytes < 40 * 1024 * 1024
    content.close()
