import pytest

from logstream.store import secret_hash
from logstream.store.secret_hash import hash_secret, matches, unmatchable


def test_a_secret_matches_its_own_hash_only() -> None:
    kept = hash_secret("hunter2")
    assert matches("hunter2", kept)
    assert not matches("hunter3", kept)
    assert not matches("", kept)


def test_equal_secrets_have_different_hashes() -> None:
    assert hash_secret("hunter2") != hash_secret("hunter2")


def test_a_hash_says_how_it_was_made_and_not_of_what() -> None:
    kept = hash_secret("hunter2")
    assert kept.startswith("scrypt$2$8$1$")
    assert "hunter2" not in kept


def test_a_hash_made_with_other_parameters_still_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = hash_secret("hunter2")
    monkeypatch.setattr(secret_hash, "_N", 4)
    assert matches("hunter2", kept)


@pytest.mark.parametrize("secret", ["", "\0", "x" * 32, "\udcff"])
def test_nothing_matches_the_stand_in(secret: str) -> None:
    assert not matches(secret, unmatchable())


def test_the_stand_in_costs_as_much_as_a_hash() -> None:
    assert unmatchable().split("$")[:4] == hash_secret("hunter2").split("$")[:4]
