from logstream.client.foreign_text import one_line
from logstream.model.limits import FOREIGN_TEXT_MAX_CHARS


def test_ordinary_text_stays_as_it_is() -> None:
    assert one_line("Zugriff verweigert: „prod“") == "Zugriff verweigert: „prod“"


def test_line_ends_become_spaces() -> None:
    assert one_line("a\nb\r\nc\n") == "a b  c"


def test_what_acts_on_a_terminal_is_escaped() -> None:
    assert one_line("\x1b[2J\u202egnol") == "\\x1b[2J\\u202egnol"


def test_long_text_is_cut_and_marked() -> None:
    cut = one_line("x" * 10_000)
    assert len(cut) == FOREIGN_TEXT_MAX_CHARS + 1
    assert cut.endswith("x…")
