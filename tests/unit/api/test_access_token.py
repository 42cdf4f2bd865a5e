import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstream.api.access_token import AccessTokens
from logstream.api.refusal import Refusal
from logstream.model.limits import ACCESS_TOKEN_LIFE_S
from logstream.model.ticket import Role, Ticket, sign

SECRET = b"a secret shared with the hubs"


def test_a_token_says_which_key_it_was_issued_to() -> None:
    assert AccessTokens(SECRET).read(AccessTokens(SECRET).issue("jane")) == "jane"


def test_a_token_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = AccessTokens(SECRET)
    token = tokens.issue("jane")
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s + ACCESS_TOKEN_LIFE_S - 2)
    assert tokens.read(token) == "jane"
    monkeypatch.setattr(time, "time", lambda: now_s + ACCESS_TOKEN_LIFE_S + 2)
    with pytest.raises(Refusal, match="expired") as raised:
        tokens.read(token)
    assert raised.value.status == 401


def test_a_token_of_another_secret_is_refused() -> None:
    with pytest.raises(Refusal, match="not valid"):
        AccessTokens(SECRET).read(AccessTokens(b"x" * 32).issue("jane"))


def test_a_changed_token_is_refused() -> None:
    tokens = AccessTokens(SECRET)
    token = tokens.issue("jane")
    for at in range(len(token)):
        other = "A" if token[at] != "A" else "B"
        with pytest.raises(Refusal):
            tokens.read(token[:at] + other + token[at + 1 :])


def test_a_ticket_is_no_token() -> None:
    with pytest.raises(Refusal):
        AccessTokens(SECRET).read(
            sign(Ticket(role=Role.STREAM, site="a:b", env="dev"), secret=SECRET)
        )


@given(st.text(st.characters(max_codepoint=255)))
def test_no_text_is_a_token_by_accident(text: str) -> None:
    with pytest.raises(Refusal):
        AccessTokens(SECRET).read(text)
