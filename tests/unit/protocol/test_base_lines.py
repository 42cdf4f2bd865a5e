import json
from collections.abc import Sequence
from typing import Any

import pytest

from logstream.model.limits import FRAME_MAX_BYTES, LINE_HEADS_MAX, RECORD_MAX_BYTES
from logstream.model.source import Source
from logstream.protocol.base_lines import BaseLineEncoder, cut_mark

SOURCE = Source("srv-6", "apache-request")
NOW_S = 1_700_000_000.9


def lines(
    texts: Sequence[str],
    unix_time: Sequence[float | None] | None = None,
    http_status: Sequence[int | None] | None = None,
    request_id: Sequence[str | None] | None = None,
    *,
    encoder: BaseLineEncoder | None = None,
) -> list[dict[str, Any]]:
    messages = (encoder or BaseLineEncoder(SOURCE)).encode(
        texts,
        unix_time=unix_time or [None] * len(texts),
        http_status=http_status,
        request_id=request_id,
        now_s=NOW_S,
    )
    return [json.loads(message) for message in messages]


def test_a_line_has_every_key_of_the_base_protocol() -> None:
    assert lines(["GET /"], [1_404_764_933.7], [200], ["v-1"]) == [
        {
            "cmd": "line",
            "log_type": "apache-request",
            "type": "apache-request",
            "server": "srv-6",
            "unix_time": 1_404_764_933,
            "disp_time": "2014-07-07 20:28:53",
            "http_status": 200,
            "request_id": "v-1",
            "text": "GET /",
        }
    ]


def test_unix_time_is_an_integer_rounded_down() -> None:
    (line,) = lines(["x"], [59.999])
    assert (line["unix_time"], line["disp_time"]) == (59, "1970-01-01 00:00:59")


@pytest.mark.parametrize("time_s", [None, -1.0, float("nan"), float("inf"), 253_402_300_800.0])
def test_a_record_without_a_time_that_can_be_shown_has_the_time_of_arrival(
    time_s: float | None,
) -> None:
    (line,) = lines(["x"], [time_s])
    assert (line["unix_time"], line["disp_time"]) == (1_700_000_000, "2023-11-14 22:13:20")


def test_the_last_second_that_can_be_shown_is_shown() -> None:
    (line,) = lines(["x"], [253_402_300_799.0])
    assert line["disp_time"] == "9999-12-31 23:59:59"


def test_status_and_request_id_are_left_out_where_the_record_has_none() -> None:
    with_status, without = lines(["a", "b"], http_status=[404, None], request_id=[None, "v-2"])
    assert with_status["http_status"] == 404
    assert "request_id" not in with_status
    assert "http_status" not in without
    assert without["request_id"] == "v-2"


def test_status_and_request_id_are_left_out_where_the_log_type_has_none() -> None:
    (line,) = lines(["a"])
    assert line.keys() == {"cmd", "log_type", "type", "server", "unix_time", "disp_time", "text"}


def test_names_and_text_of_any_kind_are_valid_json() -> None:
    source = Source('srv "6"\\', "my\x1btype")
    messages = BaseLineEncoder(source).encode(
        ['a"\\\x00\n\x1b[31m\ufffdé😀'],
        unix_time=[None],
        http_status=None,
        request_id=['"\\'],
        now_s=NOW_S,
    )
    line = json.loads(messages[0])
    assert (line["server"], line["log_type"]) == source
    assert line["text"] == 'a"\\\x00\n\x1b[31m\ufffdé😀'
    assert line["request_id"] == '"\\'


def test_a_record_of_several_physical_lines_is_one_message() -> None:
    (line,) = lines(["PHP Fatal error\nStack trace:\n#0 {main}"])
    assert line["text"].count("\n") == 2


def test_columns_of_different_lengths_are_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="zip"):
        lines(["a", "b"], [1.0])


def test_no_records_are_no_messages() -> None:
    assert lines([]) == []


def test_lines_of_many_seconds_keep_few_heads_and_stay_right() -> None:
    encoder = BaseLineEncoder(SOURCE)
    for start in range(0, 3 * LINE_HEADS_MAX, 100):
        seconds = [float(second) for second in range(start, start + 100)]
        got = lines(["x"] * 100, seconds, encoder=encoder)
        assert [line["unix_time"] for line in got] == seconds
        assert len(encoder._heads) <= LINE_HEADS_MAX + 100


def test_the_longest_record_fits_a_frame_with_all_of_its_columns() -> None:
    text = "\x00" * RECORD_MAX_BYTES + cut_mark(10**12)
    (message,) = BaseLineEncoder(Source("s" * 128, "t" * 128)).encode(
        [text], unix_time=[None], http_status=[200], request_id=["\x00" * 256], now_s=NOW_S
    )
    assert len(message) < FRAME_MAX_BYTES


def test_a_cut_record_says_how_long_the_whole_was() -> None:
    assert cut_mark(200_000) == " …[cut, 200000 bytes]"
