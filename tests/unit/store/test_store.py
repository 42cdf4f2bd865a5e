"""What is not a promise of every database; those are in tests/contract/test_store.py."""

from pathlib import Path

import pytest

from logstream.errors import StoreUnavailable, UsageError
from logstream.store import secret_hash
from logstream.store.database import open_engine
from logstream.store.entities import KeyKind
from logstream.store.store import Store


def test_the_clock_is_the_callers(tmp_path: Path) -> None:
    store = Store(open_engine(str(tmp_path / "logstream.db")), now_s=lambda: 12.9)
    assert store.create_application("Sample", "devcloud:sample").created_at_s == 12
    store.close()


def test_an_unknown_key_costs_as_much_work_as_a_wrong_secret(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev = store.create_environment(store.create_application("Sample", "a:b"), "dev")
    store.create_key(KeyKind.PERSON, [dev], key_id="jane", secret="one")
    store.create_key(KeyKind.PERSON, [dev], key_id="gone", secret="one")
    store.revoke_key("gone")
    work: list[tuple[object, ...]] = []
    original = secret_hash._scrypt

    def counted(secret: str, *, salt: bytes, n: int, r: int, p: int) -> bytes:
        work.append((n, r, p))
        return original(secret, salt=salt, n=n, r=r, p=p)

    monkeypatch.setattr(secret_hash, "_scrypt", counted)
    for key_id, secret in (("jane", "two"), ("nobody", "one"), ("gone", "one")):
        assert store.authenticate(key_id, secret) is None
    assert work == [work[0]] * 3


@pytest.mark.parametrize("name", ["a\nb", "", "a" * 200])
def test_a_name_is_checked_before_anything_is_written(store: Store, name: str) -> None:
    with pytest.raises(UsageError):
        store.create_application(name, "devcloud:sample")
    with pytest.raises(UsageError):
        store.create_application("Sample", name)
    with pytest.raises(UsageError):
        store.ensure_application(name, "devcloud:sample")
    assert store.list_applications() == []


def test_a_generated_secret_has_256_bits(store: Store) -> None:
    dev = store.create_environment(store.create_application("Sample", "a:b"), "dev")
    secrets = {store.create_key(KeyKind.PERSON, [dev]).secret for _ in range(3)}
    assert {len(secret) for secret in secrets} == {43}
    assert len(secrets) == 3


def test_no_secret_is_in_the_file(store: Store, tmp_path: Path) -> None:
    dev = store.create_environment(store.create_application("Sample", "a:b"), "dev")
    _, secret = store.create_key(KeyKind.PERSON, [dev])
    store.close()
    for file in tmp_path.iterdir():
        assert secret.encode() not in file.read_bytes()


def test_a_database_that_went_away_is_told(store: Store, tmp_path: Path) -> None:
    store.close()
    (tmp_path / "logstream.db").unlink()
    (tmp_path / "logstream.db").mkdir()
    with pytest.raises(StoreUnavailable, match="does not answer"):
        store.ping()
