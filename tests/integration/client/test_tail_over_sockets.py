"""`logstream tail` and the examples as programs, against a hub and a Cloud API on real sockets."""

import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import pytest

from doubles.cloud_api_server import CloudApiServer, Reply, serve_application
from doubles.memory_hub import line
from doubles.socket_hub import SocketHub
from logstream.model.source import Source

PHP = Source("srv-6", "php-error")
REQUESTS = Source("srv-6", "apache-request")
EXAMPLES = Path(__file__).parents[3] / "examples"
SECRET = "the-api-secret"
WAIT_S = 20


class Setting:
    """A service, and programs that use it."""

    def __init__(self, hub: SocketHub, api: CloudApiServer, home: Path) -> None:
        self.hub = hub
        self.api = api
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LOGSTREAM_ENDPOINT": api.endpoint,
            "LOGSTREAM_API_KEY": "key-1",
            "LOGSTREAM_API_SECRET": SECRET,
        }
        self.programs: list[subprocess.Popen[bytes]] = []

    def tail(self, *args: str, out: int | IO[bytes] = subprocess.PIPE) -> subprocess.Popen[bytes]:
        return self.start("-m", "logstream", "tail", "app", "dev", *args, out=out)

    def start(self, *args: str, out: int | IO[bytes] = subprocess.PIPE) -> subprocess.Popen[bytes]:
        program = subprocess.Popen(
            [sys.executable, *args], stdout=out, stderr=subprocess.PIPE, env=self.environment
        )
        self.programs.append(program)
        return program


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[Setting]:
    with SocketHub(PHP, REQUESTS) as hub, CloudApiServer() as api:
        serve_application(api, hub.url)
        made = Setting(hub, api, tmp_path)
        yield made
        for program in made.programs:
            program.kill()
            program.wait(WAIT_S)
            for stream in (program.stdout, program.stderr):
                if stream is not None:
                    stream.close()


def ended(program: subprocess.Popen[bytes]) -> tuple[int, bytes, str]:
    """Give a program's exit code and what it wrote."""
    out, err = program.communicate(timeout=WAIT_S)
    return program.returncode, out, err.decode()


def read_line(program: subprocess.Popen[bytes]) -> bytes:
    assert program.stdout is not None
    return program.stdout.readline()


def wait_until_full(program: subprocess.Popen[bytes]) -> None:
    """Wait until the pipe from a program takes no more."""
    assert program.stdout is not None
    until_s = time.monotonic() + WAIT_S
    held = array("i", [0])
    while held[0] < 60_000:
        assert time.monotonic() < until_s
        fcntl.ioctl(program.stdout, termios.FIONREAD, held)
        time.sleep(0.01)


def test_lines_arrive_one_by_one_through_a_pipe(setting: Setting) -> None:
    tail = setting.tail()
    setting.hub.wait_until_flowing(2)
    for text in ("one", "two"):
        setting.hub.say(line(PHP, text))
        assert read_line(tail) == f"{text}\n".encode()
    tail.send_signal(signal.SIGINT)
    assert ended(tail) == (0, b"", "")
    setting.hub.wait_until_left()
    assert setting.hub.codes == [1000]


def test_the_ticket_of_the_cloud_api_is_shown(setting: Setting) -> None:
    tail = setting.tail("--timeout", "10s")
    setting.hub.wait_until_flowing()
    tail.terminate()
    assert ended(tail)[0] == 0
    assert setting.hub.tickets == [
        {
            "cmd": "stream-environment",
            "site": "c:app",
            "env": "dev",
            "t": 1516990002,
            "d": "d8b940bb.key-1",
        }
    ]


def test_forced_colour_has_the_original_bytes(setting: Setting) -> None:
    tail = setting.tail("--color", "-c", "type", "server", "text", "--max-lines", "2")
    setting.hub.wait_until_flowing(2)
    setting.hub.say(line(REQUESTS, "GET /", http_status=404), line(PHP, "Warning"))
    code, out, err = ended(tail)
    assert (code, err) == (0, "")
    assert out == (
        b"\x1b[33;1mapache-request  srv-6    GET /\x1b[0m\n"
        b"\x1b[31;1mphp-error       srv-6    Warning\x1b[0m\n"
    )


def test_a_terminal_gets_colour_and_a_pipe_does_not(setting: Setting) -> None:
    screen, terminal = pty.openpty()
    on_terminal = setting.tail("--max-lines", "1", out=terminal)
    in_pipe = setting.tail("--max-lines", "1")
    setting.hub.wait_until_flowing(4)
    setting.hub.say(line(PHP, "Warning \x1b[2J"))
    assert ended(in_pipe)[1] == b"Warning \\x1b[2J\n"
    on_terminal.wait(WAIT_S)
    assert os.read(screen, 1000) == b"\x1b[31;1mWarning \\x1b[2J\x1b[0m\r\n"
    os.close(screen)
    os.close(terminal)


def test_machine_output_is_one_object_a_line(setting: Setting) -> None:
    tail = setting.tail("-o", "json", "--max-lines", "1")
    setting.hub.wait_until_flowing(2)
    setting.hub.say(line(PHP, "a\nb"))
    _, out, _ = ended(tail)
    assert json.loads(out)["text"] == "a\nb"
    assert out.count(b"\n") == 1


def test_a_lost_connection_is_told_and_made_again(setting: Setting) -> None:
    tail = setting.tail("--max-lines", "2")
    setting.hub.wait_until_flowing(2)
    setting.hub.say(line(PHP, "before"))
    assert read_line(tail) == b"before\n"
    setting.hub.drop()
    setting.hub.wait_until_left()
    setting.hub.wait_until_flowing(2)
    setting.hub.say(line(PHP, "after"))
    code, out, err = ended(tail)
    assert (code, out) == (0, b"after\n")
    assert "logstream: the connection broke: connecting again in " in err
    assert "logstream: connected again\n" in err


def test_without_reconnect_a_lost_connection_is_an_error(setting: Setting) -> None:
    tail = setting.tail("--no-reconnect")
    setting.hub.wait_until_flowing(2)
    setting.hub.drop()
    assert ended(tail) == (1, b"", "logstream: the connection broke\n")


def test_a_reader_that_leaves_ends_it_at_once_and_quietly(setting: Setting) -> None:
    tail = setting.tail()
    setting.hub.wait_until_flowing(2)
    assert tail.stdout is not None
    tail.stdout.close()  # as `head` does; no further line is needed to notice
    assert tail.wait(WAIT_S) == 0
    assert tail.stderr is not None
    assert tail.stderr.read() == b""


def test_a_reader_that_waits_loses_nothing(setting: Setting) -> None:
    tail = setting.tail("--until-match", "^last$")
    setting.hub.wait_until_flowing(2)
    texts = [f"{number} {'x' * 200}" for number in range(20_000)]
    setting.hub.say(*(line(PHP, text) for text in (*texts, "last")))
    wait_until_full(tail)
    code, out, err = ended(tail)
    assert (code, err) == (0, "")
    assert out.decode().splitlines() == [*texts, "last"]


def test_a_file_gets_all_lines(setting: Setting, tmp_path: Path) -> None:
    with (tmp_path / "lines").open("wb") as file:
        tail = setting.tail("--max-lines", "1000", out=file)
        setting.hub.wait_until_flowing(2)
        setting.hub.say(*(line(PHP, str(number)) for number in range(1000)))
        assert tail.wait(WAIT_S) == 0
    assert (tmp_path / "lines").read_text().splitlines() == [str(n) for n in range(1000)]


def test_a_time_limit_has_its_code(setting: Setting) -> None:
    assert ended(setting.tail("--timeout", "10ms"))[0] == 124


@pytest.mark.parametrize(
    ("path", "reply", "code", "said"),
    [
        ("/auth/oauth/token", Reply(401, {"error": "invalid_client"}), 4, "refuses the API key"),
        ("/applications", Reply(200, {"total": 0}), 1, "no application 'app'"),
        ("/applications", Reply(500, {"message": "oops"}), 1, "answered 500 (oops)"),
    ],
)
def test_what_the_cloud_api_says_is_one_line_and_a_code(
    setting: Setting, path: str, reply: Reply, code: int, said: str
) -> None:
    setting.api.answers[path] = reply
    got, out, err = ended(setting.tail())
    assert (got, out) == (code, b"")
    assert err.startswith(("logstream: 127.0.0.1", "logstream: no app"))
    assert said in err
    assert err.count("\n") == 1
    assert SECRET not in err


def test_debugging_shows_the_protocol_and_no_secret(setting: Setting) -> None:
    tail = setting.tail("--debug", "--max-lines", "1")
    setting.hub.wait_until_flowing(2)
    setting.hub.say(line(PHP, "one"))
    code, out, err = ended(tail)
    assert (code, out) == (0, b"one\n")
    assert f"-> connect to {setting.hub.url}\n" in err
    assert '<- {"cmd":"line"' in err
    assert SECRET not in err
    assert "d8b940bb" not in err


def test_a_program_can_watch_errors(setting: Setting) -> None:
    program = setting.start(str(EXAMPLES / "watch_errors.py"), "app", "dev", "2")
    setting.hub.wait_until_flowing()
    setting.hub.say(line(PHP, "Warning"), line(PHP, "Fatal"))
    assert ended(program) == (
        0,
        b"2014-07-07 20:28:53 srv-6: Warning\n2014-07-07 20:28:53 srv-6: Fatal\n",
        "",
    )


def test_a_program_without_an_event_loop_can_count_statuses(setting: Setting) -> None:
    program = setting.start(str(EXAMPLES / "count_statuses.py"), "app", "dev", "3")
    setting.hub.wait_until_flowing()
    setting.hub.say(*(line(REQUESTS, "GET /", http_status=status) for status in (200, 404, 200)))
    assert ended(program) == (0, "     2 × 200\n     1 × 404\n".encode(), "")
    setting.hub.wait_until_left()
    assert setting.hub.codes == [1000]


def test_a_program_can_list_environments(setting: Setting) -> None:
    code, out, err = ended(setting.start(str(EXAMPLES / "list_environments.py")))
    assert (code, err) == (0, "")
    assert out == b"a47ac10b-58cc-4372-a567-0e02b2c3d470 devcloud:app app dev\n"


def test_examples_are_short() -> None:
    lengths: Mapping[str, Any] = {
        path.name: len(path.read_text().splitlines()) for path in EXAMPLES.glob("*.py")
    }
    assert len(lengths) == 4
    assert all(length <= 30 for length in lengths.values())
