"""The answers have the shapes that existing clients expect.

The required keys are those of the Acquia Cloud API v2, written down here. Where its published
OpenAPI document lies beside the repository, the answers are held against the whole of it.
"""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from doubles.cloud_api import Answer, CloudApi

PUBLISHED = Path(__file__).parents[4] / "shared" / "acquia-cloud-api-excerpt.json"

LIST = {"total", "pagination", "_links", "_embedded"}
LIST_LINKS = {"self", "sort", "filter", "limit", "offset", "parent"}
APPLICATION = {
    *("id", "uuid", "name", "hosting", "subscription", "organization", "flags", "type", "status"),
    "_links",
}
ENVIRONMENT = {
    *("id", "label", "name", "application", "domains", "active_domain", "default_domain"),
    *("image_url", "ssh_url", "ips", "region", "balancer", "platform", "status", "type", "size"),
    *("weight", "vcs", "flags", "configuration", "artifact", "_links"),
}
SERVER = {
    *("id", "name", "hostname", "ssh_user", "ip", "status", "region", "roles", "ami_type"),
    *("operating_system", "configuration", "flags", "environment", "_links"),
}
ACCOUNT = {
    *("uuid", "name", "first_name", "last_name", "last_login_at", "created_at", "mail", "phone"),
    *("job_title", "job_function", "company", "country", "timezone", "picture_url", "flags"),
    "_links",
}
LOG = {"type", "label", "flags", "_links"}
LISTS = {
    "/applications": APPLICATION,
    "/applications/{applicationUuid}/environments": ENVIRONMENT,
    "/environments/{environmentId}/servers": SERVER,
    "/environments/{environmentId}/logs": LOG,
}
SINGLES = {
    "/account": ACCOUNT,
    "/applications/{applicationUuid}": APPLICATION | {"_embedded"},
    "/environments/{environmentId}": ENVIRONMENT,
    "/environments/{environmentId}/logstream": {"logstream", "_links"},
}
DOWNLOAD = "/environments/{environmentId}/logs/{logType}"


async def get(api: CloudApi, operation: str, *, there: bool = True) -> Answer:
    """Ask for what an operation of the published document names; or for what is not there."""
    names = {
        "{applicationUuid}": api.application.uuid if there else api.other.application.uuid,
        "{environmentId}": api.dev.id if there else api.other.id,
        "{logType}": "php-error",
    }
    path = operation
    for name, value in names.items():
        path = path.replace(name, value)
    return await api.ask(f"/api{path}", key="jane")


@pytest.mark.parametrize("operation", LISTS)
async def test_a_list_has_the_required_keys(api: CloudApi, operation: str) -> None:
    answer = await get(api, operation)
    shown = answer.json
    assert answer.headers["content-type"] == "application/hal+json"
    assert set(shown) >= LIST
    assert set(shown["_links"]) >= LIST_LINKS
    assert set(shown["pagination"]) == {"total", "limit", "offset"}
    items = shown["_embedded"]["items"]
    assert items
    assert all(set(item) >= LISTS[operation] for item in items)


@pytest.mark.parametrize("operation", SINGLES)
async def test_an_answer_has_the_required_keys(api: CloudApi, operation: str) -> None:
    answer = await get(api, operation)
    assert answer.headers["content-type"] == "application/hal+json"
    assert set(answer.json) >= SINGLES[operation]
    assert answer.json["_links"]["self"]["href"].startswith("http://api.example.com/api/")


def published() -> Any:
    if not PUBLISHED.is_file():
        pytest.skip(f"the published OpenAPI document is not at {PUBLISHED}: put it there")
    return json.loads(PUBLISHED.read_text())


def as_json_schema(part: Any) -> Any:
    """Make JSON Schema of an OpenAPI 3.0 schema: ``nullable`` is the difference that matters."""
    if isinstance(part, list):
        return [as_json_schema(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    made = {name: as_json_schema(inner) for name, inner in part.items()}
    if made.pop("nullable", False) is True:
        return {"anyOf": [made, {"type": "null"}]}
    return made


def check(answer: Answer, operation: str) -> None:
    document = published()
    content = document["paths"][operation]["get"]["responses"][str(answer.status)]["content"]
    schema = as_json_schema(
        {
            **content[answer.headers["content-type"]]["schema"],
            "components": document["components"],
        }
    )
    validator = jsonschema.Draft4Validator(
        schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER
    )
    assert [error.message for error in validator.iter_errors(answer.json)] == []


@pytest.mark.parametrize("operation", [*LISTS, *SINGLES])
async def test_an_answer_is_as_published(api: CloudApi, operation: str) -> None:
    answer = await get(api, operation)
    assert answer.status == 200
    check(answer, operation)


@pytest.mark.parametrize(
    "operation", [path for path in (*LISTS, *SINGLES, DOWNLOAD) if "{" in path]
)
async def test_a_refusal_is_as_published(api: CloudApi, operation: str) -> None:
    answer = await get(api, operation, there=False)
    assert answer.status == 404
    check(answer, operation)


def test_every_published_operation_is_served() -> None:
    assert set(published()["paths"]) == {*LISTS, *SINGLES, DOWNLOAD}
