import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from logstream.errors import NotFound
from logstream.store.database import reading
from logstream.store.entities import KeyKind
from logstream.store.queries import (
    environment_of,
    granted_environments,
    hold_application,
    keys_where,
    storable,
)
from logstream.store.store import Store


def test_an_environment_is_looked_for_in_its_application_only(store: Store) -> None:
    sample = store.create_application("Sample", "devcloud:sample")
    other = store.create_application("Other", "devcloud:other")
    dev = store.create_environment(sample, "dev")
    with reading(store._engine) as connection:
        assert environment_of(connection, sample, "dev") == dev
        assert environment_of(connection, other, "dev") is None


def test_keys_come_with_what_they_are_granted(store: Store) -> None:
    sample = store.create_application("Sample", "devcloud:sample")
    granted = [store.create_environment(sample, name) for name in ("dev", "prod")]
    store.create_key(KeyKind.PERSON, granted, key_id="jane")
    store.create_key(KeyKind.PERSON, granted[:1], key_id="bob")
    with reading(store._engine) as connection:
        jane, bob = keys_where(connection, sa.true())
        numbers = connection.execute(granted_environments(bob)).scalars().all()
    assert jane.environments == tuple(environment.id for environment in granted)
    assert bob.environments == (granted[0].id,)
    assert numbers == [granted[0].number]


def test_an_application_that_is_gone_cannot_be_held(store: Store) -> None:
    sample = store.create_application("Sample", "devcloud:sample")
    with reading(store._engine) as connection:
        hold_application(connection, sample)
    store.delete_application(sample.uuid)
    with reading(store._engine) as connection, pytest.raises(NotFound):
        hold_application(connection, sample)


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_can_be_asked_for(text: str) -> None:
    asked = storable(text)
    asked.encode("utf-8")
    assert "\0" not in asked
    assert asked == text or "\0" in text or any(0xD800 <= ord(char) < 0xE000 for char in text)
