import asyncio
import os
import pty
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from logstream.cli.output import OutputWriter
from logstream.errors import LogstreamError
from logstream.model.limits import OUTPUT_PENDING_MAX_BYTES

MORE_THAN_A_PIPE_HOLDS = b"x" * (OUTPUT_PENDING_MAX_BYTES + 1_200_000)


class Written:
    """An output and what it calls."""

    def __init__(self, fd: int) -> None:
        self.calls: list[str] = []
        self.broken: asyncio.Future[LogstreamError | None] = asyncio.Future()
        self.output = OutputWriter(
            fd,
            full=lambda: self.calls.append("full"),
            drained=lambda: self.calls.append("drained"),
            broken=self.broken.set_result,
        )


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue


async def read_all(fd: int, length: int) -> bytes:
    """Read beside the event loop, so that what writes goes on."""

    def read() -> bytes:
        content = b""
        while len(content) < length:
            content += os.read(fd, 1 << 20)
        return content

    return await asyncio.to_thread(read)


async def test_what_is_written_is_there_at_once(pipe: tuple[int, int]) -> None:
    written = Written(pipe[1])
    written.output.write(b"one\n")
    assert os.read(pipe[0], 100) == b"one\n"
    await written.output.finish()


async def test_a_reader_that_waits_holds_nothing_up_and_loses_nothing(
    pipe: tuple[int, int],
) -> None:
    written = Written(pipe[1])
    written.output.write(MORE_THAN_A_PIPE_HOLDS)
    written.output.write(b"end\n")
    assert written.calls == ["full"]
    content = await read_all(pipe[0], len(MORE_THAN_A_PIPE_HOLDS) + 4)
    assert content == MORE_THAN_A_PIPE_HOLDS + b"end\n"
    await written.output.finish()
    assert written.calls == ["full", "drained"]


async def test_the_given_descriptor_stays_as_it_was(pipe: tuple[int, int]) -> None:
    written = Written(pipe[1])
    assert os.get_blocking(pipe[1])
    await written.output.finish()
    os.write(pipe[1], b"still open")


async def test_the_last_lines_get_a_little_time(pipe: tuple[int, int]) -> None:
    written = Written(pipe[1])
    written.output.write(MORE_THAN_A_PIPE_HOLDS)
    content, _ = await asyncio.gather(
        read_all(pipe[0], len(MORE_THAN_A_PIPE_HOLDS)), written.output.finish()
    )
    assert len(content) == len(MORE_THAN_A_PIPE_HOLDS)


async def test_a_reader_that_never_reads_does_not_hold_the_end_up(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logstream.cli.output._FLUSH_MAX_S", 0.01)
    written = Written(pipe[1])
    written.output.write(MORE_THAN_A_PIPE_HOLDS)
    await asyncio.wait_for(written.output.finish(), 30)
    written.output.write(b"too late")


async def test_a_reader_that_leaves_is_noticed_at_once(pipe: tuple[int, int]) -> None:
    written = Written(pipe[1])
    os.close(pipe[0])
    assert await asyncio.wait_for(written.broken, 30) is None
    written.output.write(b"nobody reads this")
    await written.output.finish()


async def test_a_reader_that_has_left_is_noticed_by_the_write(pipe: tuple[int, int]) -> None:
    written = Written(pipe[1])
    os.close(pipe[0])
    written.output.write(b"nobody reads this")
    assert written.broken.done()
    await written.output.finish()


async def test_a_reader_that_leaves_while_lines_wait_is_noticed(pipe: tuple[int, int]) -> None:
    written = Written(pipe[1])
    written.output.write(MORE_THAN_A_PIPE_HOLDS)
    os.close(pipe[0])
    assert await asyncio.wait_for(written.broken, 30) is None
    await written.output.finish()


async def test_a_file_is_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"before\n")
    with path.open("ab") as file:
        written = Written(file.fileno())
        written.output.write(MORE_THAN_A_PIPE_HOLDS)
        await written.output.finish()
    assert path.read_bytes() == b"before\n" + MORE_THAN_A_PIPE_HOLDS
    assert written.calls == []


async def test_a_full_disk_is_told() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    written = Written(full)
    written.output.write(b"line\n")
    failure = await written.broken
    await written.output.finish()
    os.close(full)
    assert str(failure) == "cannot write the lines: No space left on device"


async def test_a_socket_is_written_to_without_waiting() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        written = Written(ours.fileno())
        written.output.write(MORE_THAN_A_PIPE_HOLDS)
        assert written.calls == ["full"]
        content = await read_all(theirs.fileno(), len(MORE_THAN_A_PIPE_HOLDS))
        assert content == MORE_THAN_A_PIPE_HOLDS
        await written.output.finish()
        theirs.close()
        assert ours.getblocking()


async def test_a_terminal_is_written_to() -> None:
    screen, terminal = pty.openpty()
    written = Written(terminal)
    written.output.write(b"line\n")
    assert await read_all(screen, 6) == b"line\r\n"
    await written.output.finish()
    os.close(screen)
    os.close(terminal)


async def test_where_a_pipe_cannot_be_opened_anew_it_is_used_as_it_is(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.open", _refuse)
    written = Written(pipe[1])
    written.output.write(b"line\n")
    assert os.read(pipe[0], 100) == b"line\n"
    await written.output.finish()
    os.write(pipe[1], b"still open")


def _refuse(*_: object) -> int:
    raise PermissionError
