import time

import pytest

from logstream.api.access_token import AccessTokens
from logstream.api.refusal import Refusal
from logstream.api.session_token import SessionTokens
from logstream.model.limits import PAGE_SESSION_LIFE_S

SECRET = b"a secret shared with the hubs"


def test_a_session_says_whose_it_is_and_when_it_ends() -> None:
    tokens = SessionTokens(SECRET)
    session = tokens.read(tokens.issue("jane"))
    assert session.key_id == "jane"
    assert abs(session.ends_at_s - time.time() - PAGE_SESSION_LIFE_S) < 30


def test_a_session_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = SessionTokens(SECRET)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - PAGE_SESSION_LIFE_S - 2)
    token = tokens.issue("jane")
    monkeypatch.setattr(time, "time", lambda: now)
    with pytest.raises(Refusal) as raised:
        tokens.read(token)
    assert raised.value.status == 401


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "jane",
        '"jane".x.y',
        SessionTokens(b"another secret, of another service").issue("jane"),
        AccessTokens(SECRET).issue("jane"),
        SessionTokens(SECRET).issue("jane") + "x",
    ],
    ids=["empty", "bare", "made up", "other secret", "access token", "longer"],
)
def test_a_forged_session_is_refused(forged: str) -> None:
    with pytest.raises(Refusal) as raised:
        SessionTokens(SECRET).read(forged)
    assert raised.value.status == 401


def test_a_session_is_no_access_token() -> None:
    with pytest.raises(Refusal):
        AccessTokens(SECRET).read(SessionTokens(SECRET).issue("jane"))
