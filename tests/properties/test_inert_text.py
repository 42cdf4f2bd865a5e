import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from logstream.cli.inert import encode_inert, inert, inert_json, is_inert

ANY_TEXT = st.text(st.characters(codec="utf-8"))
HOSTILE = st.text(st.sampled_from("a\t\n\x1b\x9b\x07\r\x7f\u202e\u2028\u2066é☃\\"))


def acts(character: str) -> bool:
    return unicodedata.category(character) == "Cc" and character not in "\t\n"


@given(st.lists(ANY_TEXT | HOSTILE, min_size=1))
def test_no_line_can_act_on_a_terminal(lines: list[str]) -> None:
    shown = encode_inert(lines).decode()
    assert not any(acts(character) for character in shown)
    assert not set(shown) & set("\u202a\u202e\u2066\u2069\u200e\u200f\u061c\u2028\u2029")


@given(st.lists(ANY_TEXT | HOSTILE, min_size=1))
def test_all_ways_to_make_lines_inert_agree(lines: list[str]) -> None:
    alone = [inert(line) for line in lines]
    assert encode_inert(lines).decode() == "".join(f"{line}\n" for line in alone)
    assert is_inert(lines) == (alone == lines)


@given(ANY_TEXT | HOSTILE)
def test_what_is_inert_stays_so(text: str) -> None:
    assert inert(inert(text)) == inert(text)


@given(ANY_TEXT | HOSTILE)
def test_inert_json_means_the_same(text: str) -> None:
    encoded = inert_json(json.dumps(text, ensure_ascii=False).encode())
    assert json.loads(encoded) == text
    assert inert(encoded.decode()) == encoded.decode()
