import logging
import re
from collections.abc import Iterator

import pytest

from logstream.telemetry import log

LOGGER = logging.getLogger("logstream")


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    before = (LOGGER.handlers[:], LOGGER.level, LOGGER.propagate)
    last_resort = logging.lastResort
    yield
    logging.lastResort = last_resort
    LOGGER.handlers[:], level, LOGGER.propagate = before
    LOGGER.setLevel(level)


def test_an_event_is_one_line_on_standard_error_with_the_time_in_utc(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.set_up()
    LOGGER.info("%s watches", "key-1")
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFO key-1 watches\n", err)


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({}, ["info", "warning"]),
        ({"debug": True}, ["debug", "info", "warning"]),
        ({"quiet": True}, ["warning"]),
        ({"quiet": True, "debug": True}, ["debug", "info", "warning"]),
    ],
)
def test_how_much_is_shown_can_be_chosen(
    capsys: pytest.CaptureFixture[str], options: dict[str, bool], shown: list[str]
) -> None:
    log.set_up(**options)
    for level in ("debug", "info", "warning"):
        getattr(LOGGER, level)(level)
    assert [line.split()[-1] for line in capsys.readouterr().err.splitlines()] == shown


def test_what_strangers_send_stays_inert_and_on_its_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.set_up()
    LOGGER.warning("refused %s", "\x1b[31mred\r\n2026-01-01T00:00:00Z INFO forged \u202e é")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable()
    assert line.endswith(r"\x1b[31mred\r\n2026-01-01T00:00:00Z INFO forged \u202e é")


def test_a_traceback_keeps_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    log.set_up()
    LOGGER.error("failed", exc_info=ValueError("a\nb"))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].endswith("ERROR failed")
    assert lines[1:] == ["ValueError: a", "b"]


def test_a_traceback_is_as_inert_as_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    log.set_up()
    LOGGER.error("failed", exc_info=ValueError("\x1b]0;title\x07\r forged"))
    assert capsys.readouterr().err.splitlines()[1:] == [r"ValueError: \x1b]0;title\x07\r forged"]


def test_warnings_of_libraries_come_the_same_way(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest's own
    log.set_up()
    logging.getLogger("asyncio").error("lost %s", "\x1b[2J")
    logging.getLogger("asyncio").info("much")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(r"ERROR lost \x1b[2J")


def test_setting_up_again_shows_nothing_twice(capsys: pytest.CaptureFixture[str]) -> None:
    log.set_up()
    log.set_up()
    LOGGER.warning("once")
    assert capsys.readouterr().err.count("once") == 1
