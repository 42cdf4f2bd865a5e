import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from logstream.client.lines import LineReader
from logstream.protocol.messages import Line

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
KEYS = ("log_type", "server", "text", "unix_time", "http_status", "request_id")
ODD_LINES = st.fixed_dictionaries({"cmd": st.just("line")}, optional=dict.fromkeys(KEYS, JSON))


@given(st.lists(st.text(st.characters(codec="utf-8"))))
def test_every_text_is_read_as_it_was_sent(texts: list[str]) -> None:
    messages = [
        json.dumps({"cmd": "line", "log_type": "t", "server": "s", "text": text}).encode()
        for text in texts
    ]
    lines = LineReader(Line).read_all(messages)
    assert lines is not None
    assert [line.text for line in lines] == texts


@given(ODD_LINES)
def test_no_line_is_lost_however_odd_its_values_are(message: dict[str, Any]) -> None:
    line = LineReader(Line).read_loosely(json.dumps(message).encode())
    assert line is not None
    assert isinstance(line.text, str)
    assert line.http_status is None or isinstance(line.http_status, int)


@given(st.binary())
def test_bytes_that_are_no_line_are_never_one(message: bytes) -> None:
    reader = LineReader(Line)
    assert reader.read_all([message]) is None or b'"line"' in message
    assert reader.read_loosely(message) is None or b"line" in message
