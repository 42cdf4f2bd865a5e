import json

import pytest

from logstream.cli.inert import encode_inert, inert, inert_json

ORDINARY = ["GET / 200", "ünïcödé ☃ 日本 👩‍👩‍👧", "tab\there", "first\nsecond", ""]
ACTIVE = [
    ("\x1b[2J", "\\x1b[2J"),
    ("bell\x07", "bell\\x07"),
    ("over\rwritten", "over\\x0dwritten"),
    ("ab\x08c", "ab\\x08c"),
    ("\x00\x7f", "\\x00\\x7f"),
    ("c1 \x9b31m", "c1 \\x9b31m"),
    ("bidi \u202e\u2066\u200f\u061c", "bidi \\u202e\\u2066\\u200f\\u061c"),
    ("\u2028para\u2029", "\\u2028para\\u2029"),
    ("\x0b\x0c\x1f", "\\x0b\\x0c\\x1f"),
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert inert(text) == text
    assert encode_inert([text]) == f"{text}\n".encode()


@pytest.mark.parametrize(("active", "shown"), ACTIVE)
def test_what_acts_on_a_terminal_is_shown_as_escapes(active: str, shown: str) -> None:
    assert inert(active) == shown
    assert encode_inert([active]) == f"{shown}\n".encode()
    assert encode_inert(["é", active, "a"]) == f"é\n{shown}\na\n".encode()


@pytest.mark.parametrize("code", [*range(0x20), *range(0x7F, 0xA0)])
def test_every_control_character_but_tab_and_line_feed_is_inert(code: int) -> None:
    shown = chr(code) if chr(code) in "\t\n" else f"\\x{code:02x}"
    assert inert(chr(code)) == shown
    assert encode_inert([chr(code)]) == f"{shown}\n".encode()


@pytest.mark.parametrize(("active", "shown"), ACTIVE)
def test_json_is_inert_and_means_the_same(active: str, shown: str) -> None:
    assert shown
    encoded = inert_json(json.dumps({"text": active}, ensure_ascii=False).encode())
    assert json.loads(encoded) == {"text": active}
    assert inert(encoded.decode()) == encoded.decode()


def test_half_a_surrogate_pair_does_not_stop_the_rest() -> None:
    assert encode_inert(["a\ud800b", "c"]) == b"a?b\nc\n"
