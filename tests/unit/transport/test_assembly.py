import pytest

from logstream.transport.assembly import (
    INVALID_TEXT,
    NO_CODE,
    PROTOCOL_ERROR,
    TOO_BIG,
    Assembly,
    Close,
    ProtocolViolation,
    check_utf8,
    close_payload,
    read_close,
)


def test_a_final_text_frame_is_a_message() -> None:
    assembly = Assembly(10)
    assert assembly.receive_text(b"whole", final=True) == b"whole"
    assert assembly.receive_text("ünd".encode(), final=True) == "ünd".encode()


def test_fragments_are_joined_at_the_last() -> None:
    assembly = Assembly(10)
    assert assembly.receive_text(b"one ", final=False) is None
    assert assembly.receive_continuation(b"two ", final=False) is None
    assert assembly.receive_continuation(b"3", final=True) == b"one two 3"
    assert assembly.receive_text(b"next", final=True) == b"next"


def test_a_character_may_be_cut_by_fragments() -> None:
    first, second = "é".encode()[:1], "é".encode()[1:]
    assembly = Assembly(10)
    assert assembly.receive_text(first, final=False) is None
    assert assembly.receive_continuation(second, final=True) == "é".encode()


def test_a_character_must_be_whole_at_the_end() -> None:
    assembly = Assembly(10)
    assembly.receive_text(b"\xc3", final=False)
    with pytest.raises(ProtocolViolation) as caught:
        assembly.receive_continuation(b"", final=True)
    assert caught.value.code == INVALID_TEXT


@pytest.mark.parametrize(
    "part", [b"\xff", b"\xc0", b"\xed\xa0", b"\xf4\x90", b"\xe0\x80", b"a\x80"]
)
def test_what_cannot_become_utf8_is_refused_in_its_fragment(part: bytes) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        Assembly(10).receive_text(part, final=False)
    assert caught.value.code == INVALID_TEXT


@pytest.mark.parametrize("part", [b"\xed", b"\xed\x9f", b"\xf4\x8f", b"\xe2\x82", b"\xee\xa0"])
def test_what_can_still_become_utf8_is_waited_for(part: bytes) -> None:
    assert Assembly(10).receive_text(part, final=False) is None


def test_a_message_in_a_message_is_refused() -> None:
    assembly = Assembly(10)
    assembly.receive_text(b"", final=False)
    with pytest.raises(ProtocolViolation) as caught:
        assembly.receive_text(b"x", final=True)
    assert caught.value.code == PROTOCOL_ERROR


def test_a_continuation_of_nothing_is_refused() -> None:
    with pytest.raises(ProtocolViolation) as caught:
        Assembly(10).receive_continuation(b"x", final=True)
    assert caught.value.code == PROTOCOL_ERROR


def test_a_message_may_be_as_long_as_the_limit_and_no_longer() -> None:
    assert Assembly(5).receive_text(b"12345", final=True) == b"12345"
    with pytest.raises(ProtocolViolation, match="over 5 bytes") as caught:
        Assembly(5).receive_text(b"123456", final=True)
    assert caught.value.code == TOO_BIG


def test_fragments_count_together() -> None:
    assembly = Assembly(5)
    assembly.receive_text(b"123", final=False)
    assert assembly.room_bytes == 2
    with pytest.raises(ProtocolViolation) as caught:
        assembly.receive_continuation(b"456", final=True)
    assert caught.value.code == TOO_BIG


def test_the_quick_look_agrees_only_with_what_is_a_message_as_it_stands() -> None:
    assembly = Assembly(5)
    assert assembly.takes_whole([b"ascii", "é".encode(), b""])
    assert not assembly.takes_whole([b"\xc3", b"\xa9"])
    assert not assembly.takes_whole([b"a", b"123456"])
    assembly.receive_text(b"", final=False)
    assert not assembly.takes_whole([b"ascii"])


@pytest.mark.parametrize("text", ["", "plain", "κόσμε", "\U0010ffff", "\ud7ff\ue000"])
def test_utf8_is_taken(text: str) -> None:
    check_utf8(text.encode())


@pytest.mark.parametrize("payload", [b"\xc0\x80", b"\xed\xb0\x80", b"\xf8", b"x\xe2\x82"])
def test_what_is_not_utf8_is_refused(payload: bytes) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        check_utf8(payload)
    assert caught.value.code == INVALID_TEXT


@pytest.mark.parametrize(
    ("payload", "close"),
    [
        (b"", Close(NO_CODE, "")),
        (b"\x03\xe8", Close(1000, "")),
        (b"\x03\xe8bye", Close(1000, "bye")),
        (b"\x0f\xa0" + "tschüß".encode(), Close(4000, "tschüß")),
    ],
)
def test_a_close_says_a_code_and_a_reason(payload: bytes, close: Close) -> None:
    assert read_close(payload) == close


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"\x03", PROTOCOL_ERROR),
        (b"\x03\xec", PROTOCOL_ERROR),  # 1004
        (b"\x03\xed", PROTOCOL_ERROR),  # 1005
        (b"\x03\xee", PROTOCOL_ERROR),  # 1006
        (b"\x13\x88", PROTOCOL_ERROR),  # 5000
        (b"\x03\xe8\xff", INVALID_TEXT),
    ],
)
def test_a_close_that_must_not_be_sent_is_refused(payload: bytes, code: int) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        read_close(payload)
    assert caught.value.code == code


def test_a_close_payload_reads_back_as_it_was() -> None:
    assert read_close(close_payload(1001, "going away")) == Close(1001, "going away")


def test_a_long_reason_is_cut_between_characters() -> None:
    payload = close_payload(1000, "ü" * 100)
    assert len(payload) <= 125
    assert read_close(payload) == Close(1000, "ü" * 61)


def test_a_reason_that_is_no_unicode_is_replaced() -> None:
    assert close_payload(1000, "a\udcffb") == b"\x03\xe8a?b"


def test_binary_parts_become_a_message_whatever_their_bytes() -> None:
    assembly = Assembly(10)
    assert assembly.receive_binary(b"\xff", final=False) is None
    assert assembly.receive_continuation(b"\xed\xa0", final=False) is None
    assert assembly.receive_continuation(b"\x80", final=True) == b"\xff\xed\xa0\x80"
    assert assembly.is_binary
    assert assembly.receive_binary(b"\xfe", final=True) == b"\xfe"


def test_a_text_after_a_binary_message_is_checked_again() -> None:
    assembly = Assembly(10)
    assembly.receive_binary(b"\xff", final=True)
    with pytest.raises(ProtocolViolation, match="not UTF-8"):
        assembly.receive_text(b"\xff", final=False)


def test_binary_messages_have_the_same_limits() -> None:
    assembly = Assembly(3)
    with pytest.raises(ProtocolViolation, match="over 3"):
        assembly.receive_binary(b"1234", final=True)
    assembly.receive_binary(b"12", final=False)
    with pytest.raises(ProtocolViolation, match="inside a fragmented"):
        assembly.receive_binary(b"1", final=True)
    with pytest.raises(ProtocolViolation, match="over 3"):
        assembly.receive_continuation(b"34", final=True)
