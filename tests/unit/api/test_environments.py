import re

import pytest

from doubles.cloud_api import CloudApi
from logstream.api.environments import unreal_domain

HOST_NAME = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]+")


async def test_an_application_has_its_environments(api: CloudApi) -> None:
    path = f"/api/applications/{api.application.uuid}/environments"
    shown = (await api.ask(path, key="jane", query={"sort": "-name"})).json
    assert [found["id"] for found in shown["_embedded"]["items"]] == [api.prod.id, api.dev.id]
    assert [found["flags"]["production"] for found in shown["_embedded"]["items"]] == [True, False]


async def test_only_granted_environments_are_listed(api: CloudApi) -> None:
    path = f"/api/applications/{api.application.uuid}/environments"
    shown = (await api.ask(path, key="hub")).json
    assert [found["name"] for found in shown["_embedded"]["items"]] == ["dev"]


async def test_one_environment_links_to_what_it_has(api: CloudApi) -> None:
    shown = (await api.ask(f"/api/environments/{api.dev.id}", key="jane")).json
    assert (shown["id"], shown["name"], shown["label"]) == (api.dev.id, "dev", "Dev")
    assert shown["application"] == {"name": "Sample", "uuid": api.application.uuid}
    assert shown["_links"]["logstream"]["href"].endswith(f"/environments/{api.dev.id}/logstream")


@pytest.mark.parametrize("rest", ["", "/servers", "/logs", "/logs/php-error", "/logstream"])
async def test_a_foreign_environment_is_not_there(api: CloudApi, rest: str) -> None:
    foreign = await api.ask(f"/api/environments/{api.other.id}{rest}", key="jane")
    absent = await api.ask(f"/api/environments/none{rest}", key="jane")
    assert (foreign.status, foreign.json) == (404, absent.json)


@pytest.mark.parametrize("key", ["jane", "srv-6"])
async def test_the_environments_of_a_foreign_application_are_not_there(
    api: CloudApi, key: str
) -> None:
    foreign = await api.ask(f"/api/applications/{api.other.application.uuid}/environments", key=key)
    assert (foreign.status, foreign.json["error"]) == (404, "not_found")


async def test_an_environment_is_not_reached_under_another_applications_uuid(api: CloudApi) -> None:
    number = api.other.id.partition("-")[0]
    answer = await api.ask(f"/api/environments/{number}-{api.application.uuid}", key="jane")
    assert answer.status == 404


@pytest.mark.parametrize(
    "names", [("mysite", "dev"), ("my_site.x", "DEV"), ("a" * 128, "-b-"), ("a" * 62 + "--b", "c")]
)
def test_an_unreal_domain_is_a_host_name_that_nobody_has(names: tuple[str, str]) -> None:
    domain = unreal_domain(*names)
    assert HOST_NAME.fullmatch(domain)
    assert domain.endswith(".invalid")
