import pytest

from doubles.cloud_api import CloudApi
from logstream.store.entities import KeyKind


async def test_servers_are_those_that_logtailors_have_keys_for(api: CloudApi) -> None:
    shown = (await api.ask(f"/api/environments/{api.dev.id}/servers", key="jane")).json
    (found,) = shown["_embedded"]["items"]
    assert (found["name"], found["roles"], found["flags"]["web"]) == ("srv-6", ["web"], True)
    assert found["environment"] == {"id": api.dev.id, "name": "dev"}


@pytest.mark.parametrize(
    ("name", "role", "flag"),
    [("bal-4", "bal", "balancer"), ("db-1", "db", "database"), ("node7", "web", "web")],
)
async def test_a_servers_name_tells_its_role(
    fresh_api: CloudApi, name: str, role: str, flag: str
) -> None:
    fresh_api.store.create_key(KeyKind.LOGTAILOR, [fresh_api.prod], server=name)
    path = f"/api/environments/{fresh_api.prod.id}/servers"
    answer = await fresh_api.ask(path, key="jane", query={"filter": f"name={name}"})
    (found,) = answer.json["_embedded"]["items"]
    assert found["roles"] == [role]
    assert found["flags"][flag] is True
