import re
import time
from pathlib import Path
from typing import Any

import click
import pytest

from logstream.cli import tail, tail_options
from logstream.cli.tail_config import TailConfig
from logstream.client.start import Start
from logstream.errors import UsageError
from logstream.model.source import Source

WORD = "1+srv-6/php-error=G:5"
POSITION = {Source("srv-6", "php-error"): "G:5"}


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", type("Out", (), {"isatty": lambda _: False})())
    monkeypatch.setattr(time, "time", lambda: 1_000_000.0)


def checked(*typed: str) -> TailConfig:
    options: dict[str, Any] = tail.tail.make_context("tail", ["app", "dev", *typed]).params
    return tail_options.checked(options)


@pytest.mark.parametrize(
    ("typed", "start"),
    [
        ("", Start()),
        ("-n 0", Start()),
        ("-n 20", Start(lines=20)),
        ("-f -S 10s", Start(since=999_990)),
        ("--since 1m --lines 5", Start(lines=5, since=999_940)),
        ("-U 10s", Start(lines=10, until=999_990, follow=False)),
        ("-S 1m -U 10s", Start(since=999_940, until=999_990, follow=False)),
        ("--no-follow", Start(lines=10, follow=False)),
        ("--no-follow -n 0", Start(lines=0, follow=False)),
        ("--no-follow --since 1m", Start(since=999_940, follow=False)),
        ("--after-cursor 1 --no-follow", Start(lines=0, follow=False)),
        (f"--after-cursor {WORD}", Start(after=POSITION)),
        (f"--after-cursor {WORD} --no-follow", Start(after=POSITION, follow=False)),
    ],
)
def test_where_a_stream_begins_and_ends(typed: str, start: Start) -> None:
    assert checked(*typed.split()).start == start


def test_a_cursor_file_says_where_to_begin_from_its_second_run_on(tmp_path: Path) -> None:
    path = tmp_path / "cursor"
    typed = ("--cursor-file", str(path), "-n", "20", "--since", "1h")
    first = checked(*typed)
    assert first.start == Start(lines=20, since=996_400)
    assert first.resuming == (path, False, "")
    path.write_text(f"{WORD}\n")
    second = checked(*typed)
    assert second.start == Start(after=POSITION)
    assert second.resuming.origin == f"--cursor-file {path}"
    assert checked("--cursor-file", str(path), "--after-cursor", "1").start == Start()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            "--since 10s --until 1m",
            r"--since \(.*\) is not before --until \(.*\): there is nothing",
        ),
        ("--since soon", "--since: 'soon' is no time: write 10m"),
        ("--until 2026-99-99", "--until: '2026-99-99' is no time"),
        ("--after-cursor garbage", "--after-cursor: 'garbage'… is no cursor"),
        (f"--after-cursor {WORD} -n 5", "leave out --lines and --since"),
        (f"--after-cursor {WORD} -S 1h", "leave out --lines and --since"),
        ("--cursor-file /nowhere/cursor", "--cursor-file /nowhere/cursor: cannot be written"),
        ("--reorder soon", "is no duration"),
        ("--reorder 2m", "--reorder 2m: lines are held for at most 60 s"),
        ("-H (", "--highlight: .* is no regular expression"),
        ("-n 99999999", "lines must be from 0 to"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(typed: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        checked(*typed.split())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("typed", ["-n -1", "-n many"])
def test_what_click_refuses_is_a_usage_error(typed: str) -> None:
    with pytest.raises(click.UsageError):
        checked(*typed.split())


def test_the_own_requests_get_a_name_of_their_own() -> None:
    names = {checked("--mine").line_filter.mine for _ in range(3)}
    assert len(names) == 3
    assert all(re.fullmatch("logstream-[0-9a-f]{8}-", name) for name in names)
    assert checked().line_filter.mine == ""


def test_live_lines_can_be_held_for_a_while() -> None:
    assert checked("--reorder", "500ms").reorder_s == 0.5
    assert checked().reorder_s == 0.0
