import json
import re
from collections.abc import Sequence

import pytest

from logstream.cli.line_filter import column_tests
from logstream.cli.line_path import LinePath
from logstream.cli.progress import Progress
from logstream.cli.render import renderer, shown_columns
from logstream.cli.rows import TextRow
from logstream.cli.tail_config import Colour, Ending, LineFilter, Output
from logstream.client.line_columns import LineColumns
from logstream.client.status import Gap
from logstream.model.source import Source

PHP = Source("srv-6", "php-error")
WEB = Source("srv-7", "apache-request")


class Stage:
    """A path between a stream by hand and what was written."""

    def __init__(
        self,
        *,
        rest: Sequence[LineFilter] = (),
        whole: Sequence[LineFilter] = (),
        output: Output = Output.TEXT,
        ending: Ending = Ending(),  # noqa: B008 - immutable
    ) -> None:
        self.out = b""
        self.codes: list[int] = []
        self.given: dict[Source, str] = {WEB: "H:7"}
        self.progress = Progress(
            {},
            given=lambda: self.given,
            queued_bytes=lambda: len(self.out),
            written_bytes=lambda: len(self.out),
        )
        self.path = LinePath(
            rest=[test for each in rest for test in column_tests(each)],
            whole=[test for each in whole for test in column_tests(each)],
            render=renderer(shown_columns(None, output), output, Colour.NEVER),
            write=self._write,
            ending=ending,
            end=self.codes.append,
            progress=self.progress,
        )

    def take(self, *texts: str, filtered: bool = True) -> None:
        start = int(self.given.get(PHP, "G:0")[2:])
        lines = LineColumns(
            PHP,
            text=texts,
            unix_time=[5.0] * len(texts),
            at=[start, *[1] * (len(texts) - 1)],
            next_cursor=f"G:{start + len(texts)}",
            gen=0,
            filtered=filtered,
        )
        self.given[PHP] = lines.end
        self.path.take_columns(lines)

    def _write(self, content: bytes) -> None:
        self.out += content


def excluding(text: str) -> LineFilter:
    return LineFilter(exclude=[re.compile(text)])


def test_lines_that_the_servers_have_filtered_are_tested_for_the_rest_only() -> None:
    stage = Stage(rest=[excluding("b")], whole=[excluding("b"), excluding("c")])
    stage.take("a", "b", "c")
    stage.take("a", "b", "c", filtered=False)
    stage.path.take_rows([TextRow(text="c"), TextRow(text="d")])
    assert stage.out == b"a\nc\na\nd\n"


def test_nothing_is_written_where_no_line_passes() -> None:
    stage = Stage(rest=[excluding("a")])
    stage.take("a")
    assert stage.out == b""
    assert stage.progress.shown_word() == "1+srv-7/apache-request=H:7+srv-6/php-error=G:1"


@pytest.mark.parametrize(
    ("ending", "code", "out"),
    [
        (Ending(max_lines=2), 0, b"one\ntwo\n"),
        (Ending(max_lines=4), 0, b"one\ntwo\nthree\nfour\n"),
        (Ending(until_match=re.compile("tw")), 0, b"one\ntwo\n"),
        (Ending(fail_on=re.compile("o$"), until_match=re.compile("two")), 1, b"one\ntwo\n"),
    ],
    ids=["lines", "lines-of-two-reads", "match", "failure"],
)
def test_a_limit_ends_the_run_and_the_position_stays_at_its_line(
    ending: Ending, code: int, out: bytes
) -> None:
    stage = Stage(ending=ending)
    stage.take("one", "two", "three")
    stage.take("four", "five")
    stage.take("six")
    stage.path.take_rows([TextRow(text="seven")])
    assert (stage.codes, stage.out) == ([code], out)
    assert stage.progress.shown_word().endswith(f"=G:{len(out.splitlines())}")


def test_a_json_line_has_the_position_of_the_whole_stream_after_it() -> None:
    stage = Stage(output=Output.JSON)
    stage.take("one", "two")
    cursors = [json.loads(line)["cursor"] for line in stage.out.splitlines()]
    assert cursors == [f"1+srv-7/apache-request=H:7+srv-6/php-error=G:{at}" for at in (1, 2)]


@pytest.mark.parametrize(
    ("why", "kind"),
    [("truncated", "lost"), ("removed", "lost"), ("skipped", "slow"), ("refused", "slow")],
)
def test_a_gap_is_a_record_of_its_own_kind(why: str, kind: str) -> None:
    stage = Stage(output=Output.JSON)
    stage.given[PHP] = "G:9"
    stage.path.take_gap(Gap(PHP, "G:5", "G:9", why, 4))
    assert json.loads(stage.out) == {
        "gap": kind,
        "server": "srv-6",
        "type": "php-error",
        "after": "G:5",
        "next": "G:9",
        "why": why,
        "bytes": 4,
        "cursor": "1+srv-7/apache-request=H:7+srv-6/php-error=G:9",
    }


def test_after_the_end_there_are_no_gaps() -> None:
    stage = Stage(output=Output.JSON, ending=Ending(max_lines=1))
    stage.take("one")
    before = stage.out
    stage.path.take_gap(Gap(PHP, "G:5", "G:9", "removed", None))
    assert stage.out == before
