import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstream.errors import UsageError
from logstream.model.limits import NAME_MAX_CHARS
from logstream.store import names
from logstream.store.entities import KeyKind

WORD_CHECKS = [names.check_environment_name, names.check_key_id]
HOSTILE = ["a\nb", "a\0", "a b", "", "-a", ".a", "a/b", "a\x1b[31m", "\u202ea", "é", "\udcff"]


@pytest.mark.parametrize("check", WORD_CHECKS)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_word_holds_no_space_no_control_and_no_slash(
    check: Callable[[str], str], name: str
) -> None:
    with pytest.raises(UsageError) as raised:
        check(name)
    assert str(raised.value).isprintable()


@pytest.mark.parametrize("check", WORD_CHECKS)
@pytest.mark.parametrize("name", ["dev", "srv-6", "v1.2_x", "0", "a" * NAME_MAX_CHARS])
def test_an_ordinary_word_is_taken(check: Callable[[str], str], name: str) -> None:
    assert check(name) == name


@pytest.mark.parametrize("check", WORD_CHECKS)
def test_a_long_word_is_refused_with_its_length(check: Callable[[str], str]) -> None:
    with pytest.raises(UsageError, match=f"{NAME_MAX_CHARS + 1} characters"):
        check("a" * (NAME_MAX_CHARS + 1))


def test_a_site_has_two_words() -> None:
    assert names.check_site("devcloud:mysite") == "devcloud:mysite"
    for wrong in ("mysite", ":mysite", "devcloud:", "a:b:c", "a:b\n", " a:b", "a:b c"):
        with pytest.raises(UsageError, match="realm:sitename"):
            names.check_site(wrong)


def test_an_applications_name_is_for_people() -> None:
    assert names.check_application_name("Größe & Söhne, Ltd.") == "Größe & Söhne, Ltd."
    for wrong in ("", "a/b", " a", "a ", "a\nb", "a\u202eb", "a" * (NAME_MAX_CHARS + 1)):
        with pytest.raises(UsageError):
            names.check_application_name(wrong)


def test_a_label_may_be_empty() -> None:
    assert names.check_label("") == ""


def test_only_a_logtailors_key_names_a_server() -> None:
    assert names.check_server(KeyKind.LOGTAILOR, "srv-6") == "srv-6"
    assert names.check_server(KeyKind.HUB, None) == "*"
    assert names.check_server(KeyKind.HUB, "*") == "*"
    assert names.check_server(KeyKind.PERSON, None) == ""
    for kind, server in (
        (KeyKind.LOGTAILOR, None),
        (KeyKind.LOGTAILOR, "*"),
        (KeyKind.HUB, "srv-6"),
        (KeyKind.PERSON, "srv-6"),
    ):
        with pytest.raises(UsageError):
            names.check_server(kind, server)


def test_a_uuid_is_made_canonical() -> None:
    assert (
        names.check_uuid("8B83A104-2F09-4A5E-9210-D663BD873D93")
        == "8b83a104-2f09-4a5e-9210-d663bd873d93"
    )
    with pytest.raises(UsageError, match="not a UUID"):
        names.check_uuid("8b83a104")


def test_a_refused_secret_is_not_repeated() -> None:
    assert names.check_secret("hunter2") == "hunter2"
    for wrong in ("", "hunter2\n", "x" * 513):
        with pytest.raises(UsageError) as raised:
            names.check_secret(wrong)
        assert "hunter2" not in str(raised.value)


@given(st.text())
def test_what_is_taken_can_stand_in_a_ticket_and_a_terminal(name: str) -> None:
    for check in (*WORD_CHECKS, names.check_site, names.check_application_name):
        with contextlib.suppress(UsageError):
            assert check(name) == name
            assert name.isprintable()
            assert len(name) <= NAME_MAX_CHARS


@given(st.text())
def test_what_is_refused_is_told_on_one_printable_line(name: str) -> None:
    for check in (*WORD_CHECKS, names.check_site):
        with pytest.raises(UsageError) as raised:
            check(f" {name}")
        assert str(raised.value).isprintable()
