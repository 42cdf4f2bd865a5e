"""The how-to of resuming: its records and messages are those of the program."""

import json
import re
import sys

import pytest

from doubles.documents import ROOT
from logstream.cli.columns import SourceColumns
from logstream.cli.position import parse_position
from logstream.cli.render import renderer, shown_columns
from logstream.cli.tail_config import Colour, Output
from logstream.cli.tail_news import News
from logstream.client.line_columns import LineColumns
from logstream.client.status import Gap
from logstream.model import cursor
from logstream.model.limits import RECORD_MAX_BYTES
from logstream.model.source import Source

PAGE = (ROOT / "docs/howto/resume.md").read_text(encoding="utf-8")
RECORD, GAP = (json.loads(each) for each in re.findall(r"```json\n(.*?)\n```", PAGE))


def test_its_record_is_what_the_program_writes() -> None:
    source = Source(RECORD["server"], RECORD["type"])
    at = parse_position(RECORD["cursor"], origin="the page")
    lines = LineColumns(
        source,
        text=[RECORD["text"]],
        unix_time=[RECORD["unix_time"]],
        http_status=[RECORD["http_status"]],
        request_id=[RECORD["request_id"]],
        next_cursor=at[source],
    )
    columns = shown_columns(None, Output.JSON)
    shown = SourceColumns(lines, words=lambda _: [RECORD["cursor"]])
    written = renderer(columns, Output.JSON, Colour.NEVER)(shown)
    assert json.loads(written) == RECORD
    assert list(json.loads(written)) == list(RECORD)


def test_its_table_names_every_key() -> None:
    named = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)))
    assert set(named) == {*RECORD, "cut", "late"}


def test_its_gap_is_one() -> None:
    cursor.parse(GAP["after"])
    at = parse_position(GAP["cursor"], origin="the page")
    assert at[Source(GAP["server"], GAP["type"])] == GAP["next"]


def test_its_news_of_a_loss_is_what_the_program_says(capsys: pytest.CaptureFixture[str]) -> None:
    source = Source(GAP["server"], GAP["type"])
    gap = Gap(source, GAP["after"], GAP["next"], GAP["why"], GAP["bytes"])
    News(sys.stderr, None).tell(gap)
    assert capsys.readouterr().err in PAGE


def test_its_bound_is_the_programs() -> None:
    assert f"over {RECORD_MAX_BYTES // 1024} KiB" in PAGE
