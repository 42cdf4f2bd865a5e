"""`logstream formats`: which types there are, and what is read of given lines."""

import io
import json
from pathlib import Path

import pytest

from logstream.cli.main import run
from logstream.model.limits import RECORD_LINES_MAX, RECORD_MAX_BYTES

CONFIG = r"""
endpoint = "http://x/api"
[[source]]
site = "a:b"
environment = "dev"
type = "myapp"
paths = ["/x"]
[[format]]
type = "myapp"
display_name = "My app"
pattern = '^(?P<time>\S+ \S+) (?P<status>\d+ )?(?:rid=(?P<request_id>\S+) )?'
time_format = "%Y-%m-%d %H:%M:%S,%f"
"""
REQUEST = '::1 - - [07/Jul/2014:20:28:53 +0000] "GET / HTTP/1.1" 404 12 "-" "c" request_id="v-1"'


@pytest.fixture
def config(tmp_path: Path) -> str:
    (tmp_path / "logtailor.toml").write_text(CONFIG)
    return str(tmp_path / "logtailor.toml")


def log(tmp_path: Path, text: str | bytes) -> str:
    (tmp_path / "x.log").write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(tmp_path / "x.log")


def test_what_is_read_is_shown_for_each_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = log(tmp_path, f"{REQUEST}\nγ\tx\x1b[2J\u2028\r\n")
    assert run(["formats", "try", "apache-request", file]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "TIME (UTC)           UNIX        STATUS  REQUEST ID  TEXT",
        f"2014-07-07 20:28:53  1404764933  404     v-1         {REQUEST}",
        "-                    -           -       -           γ\tx\\x1b[2J\\u2028",
    ]
    assert err == "apache-request (known): 2 lines, 1 without a time\n"


def test_a_configured_type_is_read_as_its_configuration_says(
    tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = log(tmp_path, "2014-07-07 20:28:53,250 rid=v-1 x\n")
    assert run(["formats", "try", "myapp", file, "--config", config, "-o", "json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {
        "unix_time": 1404764933.25,
        "time": "2014-07-07T20:28:53.250Z",
        "http_status": None,
        "request_id": "v-1",
        "text": "2014-07-07 20:28:53,250 rid=v-1 x",
    }
    assert err == "myapp (configured: pattern): 1 line, all with a time\n"


def test_a_fraction_is_shown(
    tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = log(tmp_path, "2014-07-07 20:28:53,250 x\n")
    assert run(["formats", "try", "myapp", file, "--config", config]) == 0
    assert "2014-07-07 20:28:53.250  1404764933.25  -" in capsys.readouterr().out


def test_as_many_lines_are_read_as_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = log(tmp_path, f"{REQUEST}\n" * 30)
    for arguments, count in (([], 10), (["-n", "3"], 3), (["--lines", "99"], 30)):
        assert run(["formats", "try", "apache-request", file, "-o", "json", *arguments]) == 0
        assert capsys.readouterr().out.count("\n") == count


def test_lines_can_come_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(REQUEST.encode())))
    assert run(["formats", "try", "apache-request", "-"]) == 0
    assert "v-1" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["garbage\n", ""])
def test_where_nothing_was_read_the_exit_code_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    assert run(["formats", "try", "apache-request", log(tmp_path, text)]) == 1
    assert ("there is nothing to read" in capsys.readouterr().err) is (text == "")


def test_a_type_that_nobody_knows_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = log(tmp_path, "2014-07-07 20:28:53 x\n")
    assert run(["formats", "try", "apache-requst\x1b", file]) == 0
    assert capsys.readouterr().err == (
        "apache-requst\\x1b (plain text): 1 line, all with a time; the type is neither known nor"
        " configured: see logstream formats list\n"
    )


def test_lines_are_those_that_a_logtailor_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = log(tmp_path, b"\0\0\xff" + b"x" * 2 * RECORD_MAX_BYTES + b"\n\0\xffy\r\nz")
    assert run(["formats", "try", "t", file, "-o", "json"]) == 1
    long, *rest = [json.loads(line)["text"] for line in capsys.readouterr().out.splitlines()]
    assert long.startswith("\ufffdx")
    assert len(long) < RECORD_MAX_BYTES
    assert rest == ["\ufffdy", "z"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["try", "t", "/none/x"], "cannot read /none/x: No such file"),
        (["try", "t", "/"], "cannot read /: Is a directory"),
        (["try", "t", "/dev/null", "--config", "/none/y"], "cannot read /none/y"),
        (["try", "t", "/dev/null", "-n", "0"], "0"),
        (["list", "--config", "/none/y"], "cannot read /none/y"),
    ],
)
def test_what_is_wrong_is_told(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(["formats", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


def test_a_mistake_in_a_format_is_one_line_with_its_type(
    tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(config).write_text(CONFIG.replace("(?P<status>", "(?<=x)(?P<status>"))
    assert run(["formats", "list", "--config", config]) == 2
    err = capsys.readouterr().err
    assert "[[format]] myapp: pattern: " in err
    assert err.count("\n") == 1


def test_all_types_are_listed(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["formats", "list"]) == 0
    known = capsys.readouterr().out.splitlines()
    assert known[0].split() == ["TYPE", "NAME", "FORMAT"]
    assert "apache-request   Apache request    known" in known
    assert run(["formats", "list", "--config", config, "-o", "json"]) == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"type": "myapp", "display_name": "My app", "format": "configured: pattern"} in listed
    assert len(listed) == len(known)


TRACE = """\
[07-Jul-2014 20:28:53 UTC] PHP Warning:  x
[07-Jul-2014 20:28:54 UTC] PHP Fatal error:  Uncaught x
Stack trace:
#0 {main}
"""


def test_records_of_several_lines_are_shown_as_such(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = log(tmp_path, TRACE)
    assert run(["formats", "try", "php-error", file]) == 0
    out, err = capsys.readouterr()
    assert [row[53:] for row in out.splitlines()] == [
        "TEXT",
        "[07-Jul-2014 20:28:53 UTC] PHP Warning:  x",
        "[07-Jul-2014 20:28:54 UTC] PHP Fatal error:  Uncaught x",
        "| Stack trace:",
        "| #0 {main}",
    ]
    assert err == "php-error (known): 2 records of 4 lines, all with a time\n"
    assert run(["formats", "try", "php-error", file, "-o", "json", "-n", "3"]) == 0
    _, second = [json.loads(line)["text"] for line in capsys.readouterr().out.splitlines()]
    assert second.endswith("Uncaught x\nStack trace:")


def test_records_are_bounded_as_a_logtailor_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = log(tmp_path, "[07-Jul-2014 20:28:53 UTC] x\n" + "y\n" * RECORD_LINES_MAX)
    assert run(["formats", "try", "php-error", file, "-n", "5000", "-o", "json"]) == 0
    out, err = capsys.readouterr()
    assert [json.loads(line)["text"].count("\n") for line in out.splitlines()] == [
        RECORD_LINES_MAX - 1,
        0,
    ]
    assert err.endswith("2 records of 1001 lines, 1 without a time\n")
