import uuid

from doubles.cloud_api import CloudApi
from logstream.store.entities import KeyKind


async def test_a_key_is_shown_as_a_person(api: CloudApi) -> None:
    answer = await api.ask("/api/account", key="jane")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/hal+json"
    shown = answer.json
    assert shown["name"] == "jane"
    assert str(uuid.UUID(shown["uuid"])) == shown["uuid"]
    assert shown["flags"]["active"] is True
    assert shown["_links"]["self"]["href"] == "http://api.example.com/api/account"


async def test_a_key_whose_id_is_a_uuid_keeps_it(fresh_api: CloudApi) -> None:
    key_id, _ = fresh_api.store.create_key(KeyKind.PERSON, [fresh_api.dev], label="Jane's laptop")
    shown = (await fresh_api.ask("/api/account", key=key_id)).json
    assert (shown["uuid"], shown["first_name"]) == (key_id, "Jane's laptop")
