from collections.abc import Sequence

from logstream.formats.catalogue import KNOWN_FORMATS
from logstream.formats.plain import PlainFormat
from logstream.logtailor.columns import ColumnMaker, Passes, body_of
from logstream.protocol.frame import decode_body, encode_body


def shows(word: str) -> Passes:
    def passes(texts: Sequence[str], **_: object) -> list[bool]:
        return [word in text for text in texts]

    return passes


def test_offsets_travel_as_the_first_and_the_differences() -> None:
    made = ColumnMaker(PlainFormat("any"), None, lambda: 0.0)
    body = body_of(made.read(["a", "bcd", "e"], [10, 12, 16], {}))
    assert body.at == [10, 2, 4]
    assert body.text == ["a", "bcd", "e"]


def test_no_records_make_no_columns() -> None:
    body = body_of(ColumnMaker(PlainFormat("any"), None, lambda: 0.0).read([], [], {}))
    assert not body.at
    assert not body.text


def test_only_records_that_pass_are_kept_with_their_own_offsets() -> None:
    made = ColumnMaker(PlainFormat("any"), shows("x"), lambda: 0.0)
    body = body_of(made.read(["ax", "b", "cx"], [0, 3, 5], {}))
    assert (body.at, body.text) == ([0, 5], ["ax", "cx"])


def test_a_cut_record_is_known_by_its_new_place() -> None:
    made = ColumnMaker(PlainFormat("any"), shows("x"), lambda: 0.0)
    read = made.read(["a", "bx", "cx"], [0, 2, 5], {0: 9, 2: 700})
    assert read.cut == {1: 700}


def test_columns_that_a_format_has_travel_and_are_read_back() -> None:
    text = '192.0.2.7 - - [07/Jul/2014:20:28:53 +0000] "GET / HTTP/1.1" 503 1 "-" "-"'
    made = ColumnMaker(KNOWN_FORMATS.format_for("apache-request"), None, lambda: 0.0)
    body = decode_body(encode_body(body_of(made.read([text], [7], {}))))
    assert body.unix_time == [1404764933.0]
    assert body.http_status == [503]
    assert body.request_id == [None]
