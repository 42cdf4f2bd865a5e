import pytest

from logstream.transport.framing import (
    CLOSE,
    CONTROL_PAYLOAD_MAX_BYTES,
    PING,
    declared_length,
    frame_binary,
    frame_control,
    frame_text,
    frame_texts,
    unframe_texts,
)


@pytest.mark.parametrize(
    ("length", "header"),
    [
        (0, "81 00"),
        (1, "81 01"),
        (125, "81 7d"),
        (126, "81 7e 00 7e"),
        (127, "81 7e 00 7f"),
        (65_535, "81 7e ff ff"),
        (65_536, "81 7f 00 00 00 00 00 01 00 00"),
        (1_000_000, "81 7f 00 00 00 00 00 0f 42 40"),
    ],
)
def test_a_length_is_written_in_the_shortest_way(length: int, header: str) -> None:
    payload = b"x" * length
    assert frame_text(payload) == bytes.fromhex(header) + payload


def test_messages_for_one_send_are_framed_one_after_the_other() -> None:
    payloads = [b"", b"a", b"b" * 125, b"c" * 126, b"d" * 65_536]
    assert frame_texts(payloads) == b"".join(frame_text(payload) for payload in payloads)
    assert frame_texts(iter(())) == b""


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536])
def test_framed_messages_can_be_had_again(length: int) -> None:
    payloads = [b"a", b"x" * length, b"", b"b"]
    assert unframe_texts(frame_texts(payloads)) == payloads


@pytest.mark.parametrize("frames", [frame_control(PING), b"\x81", b"\x81\x7e\x00"])
def test_what_is_no_framed_message_is_told(frames: bytes) -> None:
    with pytest.raises(ValueError, match="no frames"):
        unframe_texts(frames)


def test_a_control_frame_carries_its_payload() -> None:
    assert frame_control(PING) == b"\x89\x00"
    assert frame_control(CLOSE, b"\x03\xe8") == b"\x88\x02\x03\xe8"
    longest = b"x" * CONTROL_PAYLOAD_MAX_BYTES
    assert frame_control(PING, longest) == b"\x89\x7d" + longest


@pytest.mark.parametrize(
    ("header", "length"),
    [
        ("", None),
        ("81", None),
        ("81 85", 5),
        ("81 85 11 22", 5),
        ("81 fe", None),
        ("81 fe 01", None),
        ("81 fe 01 02", 258),
        ("02 fe 01 02", 258),
        ("81 ff 00 00 00 00 00 01 00", None),
        ("81 ff 00 00 00 00 00 01 00 00", 65_536),
        ("80 ff 7f ff ff ff ff ff ff ff", (1 << 63) - 1),
        ("89 fe 01 02", None),
        ("88 02", None),
    ],
)
def test_a_header_says_how_long_a_data_frame_will_be(header: str, length: int | None) -> None:
    assert declared_length(bytes.fromhex(header)) == length


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536])
def test_a_binary_message_is_framed_as_a_text_but_for_its_kind(length: int) -> None:
    payload = b"x" * length
    framed = frame_binary(payload)
    assert framed[0] == 0x82
    assert framed[1:] == frame_text(payload)[1:]
