import pytest

from doubles.cloud_api import CloudApi


async def test_the_list_has_what_the_key_may_see(api: CloudApi) -> None:
    answer = await api.ask("/api/applications", key="jane")
    assert answer.headers["content-type"] == "application/hal+json"
    (found,) = answer.json["_embedded"]["items"]
    assert (found["uuid"], found["name"]) == (api.application.uuid, "Sample")
    assert found["hosting"]["id"] == "devcloud:sample"
    assert answer.json["total"] == 1


async def test_the_list_can_be_filtered_sorted_and_cut(api: CloudApi) -> None:
    query = {"filter": "hosting=@*:", "sort": "-name", "limit": "1"}
    shown = (await api.ask("/api/applications", key="hub", query=query)).json
    assert [found["name"] for found in shown["_embedded"]["items"]] == ["Sample"]
    assert shown["total"] == 2
    assert "offset=1" in shown["_links"]["next"]["href"]


async def test_one_application_has_links_to_what_it_has(api: CloudApi) -> None:
    path = f"/api/applications/{api.application.uuid}"
    shown = (await api.ask(path, key="jane")).json
    assert shown["_links"]["environments"]["href"] == f"http://api.example.com{path}/environments"
    assert set(shown["_embedded"]) == {"subscription", "organization"}


@pytest.mark.parametrize("key", ["jane", "srv-6"])
async def test_a_foreign_application_is_not_there(api: CloudApi, key: str) -> None:
    foreign = await api.ask(f"/api/applications/{api.other.application.uuid}", key=key)
    absent = await api.ask("/api/applications/00000000-0000-0000-0000-000000000000", key=key)
    assert (foreign.status, foreign.json) == (absent.status, absent.json) == (404, absent.json)
