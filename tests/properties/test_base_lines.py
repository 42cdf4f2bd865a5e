"""The fast encoder of ``line`` messages against a plain one, on anything that a format may give."""

import json
import math
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from logstream.model.source import Source
from logstream.protocol.base_lines import BaseLineEncoder
from logstream.protocol.codec import decode_report
from logstream.protocol.messages import Line, LineHeader

NOW_S = 1_700_000_000.25

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NAME = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10)
TIME = st.one_of(
    st.none(),
    st.floats(),
    st.floats(min_value=0, max_value=4e9),
    st.integers(0, 4_000_000_000).map(float),
)
RECORD = st.tuples(
    TEXT,
    TIME,
    st.one_of(st.none(), st.integers(100, 599)),
    st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=20)),
)


def plain(source: Source, record: tuple[str, float | None, int | None, str | None]) -> Any:
    text, time_s, status, request_id = record
    shown = time_s is not None and 0 <= time_s < 253_402_300_800
    second = math.floor(time_s if time_s is not None and shown else NOW_S)
    line: dict[str, Any] = {
        "cmd": "line",
        "log_type": source.log_type,
        "type": source.log_type,
        "server": source.server,
        "unix_time": second,
        "disp_time": datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "text": text,
    }
    if status is not None:
        line["http_status"] = status
    if request_id:
        line["request_id"] = request_id
    return line


@given(st.builds(Source, NAME, NAME), st.lists(st.lists(RECORD, max_size=10), max_size=4))
def test_each_record_is_one_line_with_what_it_says_of_itself(
    source: Source, batches: list[list[tuple[str, float | None, int | None, str | None]]]
) -> None:
    encoder = BaseLineEncoder(source)
    for records in batches:
        columns = list(zip(*records, strict=True)) or [(), (), (), ()]
        messages = encoder.encode(
            columns[0],
            unix_time=columns[1],
            http_status=columns[2],
            request_id=columns[3],
            now_s=NOW_S,
        )
        assert [json.loads(message) for message in messages] == [
            plain(source, record) for record in records
        ]
        for message in messages:
            assert decode_report(message, LineHeader) == LineHeader(
                log_type=source.log_type, server=source.server
            )
            assert isinstance(decode_report(message, Line), Line)
