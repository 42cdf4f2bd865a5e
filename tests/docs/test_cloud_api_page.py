"""Every example of docs/reference/cloud-api.md, sent to the application; its routes and numbers."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from doubles.cloud_api import CloudApi, cloud_api
from logstream.api.app import OPEN, PROTECTED, show_health
from logstream.api.config import ApiConfig
from logstream.api.refusal import CODES
from logstream.model import limits
from logstream.store import secret_hash
from logstream.store.entities import KeyKind

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "cloud-api.md").read_text()
EXAMPLES = re.findall(r"^```http\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SECTIONS = re.findall(r"^## ((?:GET|POST) \S+)$", PAGE, re.MULTILINE)
ANYTHING = "…"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudApi]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secret_hash, "_N", 2)
        with cloud_api(tmp_path_factory.mktemp("page")) as made:
            yield made


def matches(expected: Any, found: Any) -> bool:
    """Say whether ``found`` is as the page shows it."""
    if expected == ANYTHING:
        return True
    if isinstance(expected, dict) and isinstance(found, dict):
        shown = {name: value for name, value in expected.items() if name != ANYTHING}
        same_keys = set(shown) <= set(found) if ANYTHING in expected else set(shown) == set(found)
        return same_keys and all(matches(shown[name], found[name]) for name in shown)
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(matches, expected, found))
    return bool(expected == found)


@pytest.mark.parametrize("example", EXAMPLES)
async def test_an_example_is_what_the_api_says(api: CloudApi, example: str) -> None:
    asked, status, said = re.split(r"^(\d{3})\n", example, maxsplit=1, flags=re.MULTILINE)
    head, _, body = asked.partition("\n\n")
    first, *lines = head.splitlines()
    method, target = first.split(" ")
    path, _, query = target.partition("?")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    token = headers.pop("authorization", None)
    answer = await api.ask(
        path,
        method=method,
        query=query,
        headers=headers,
        key=token.removeprefix("bearer ") if token is not None else None,
        body=body.strip().encode(),
    )
    assert answer.status == int(status)
    assert matches(json.loads(said), answer.json), answer.json


def test_an_example_that_is_wrong_is_noticed() -> None:
    assert matches({"a": ANYTHING, ANYTHING: ANYTHING}, {"a": 1, "b": 2})
    assert not matches({"a": 1}, {"a": 1, "b": 2})
    assert not matches({"a": 1, ANYTHING: ANYTHING}, {"b": 2})
    assert not matches([1], [1, 2])
    assert not matches({"a": [{"b": 1}]}, {"a": [{"b": 2}]})


def test_every_route_has_its_section_and_an_example() -> None:
    served = {
        f"{method} {prefix}{path.replace(':str', '')}"
        for prefix, handlers in (("/api", (*PROTECTED, *OPEN)), ("", (show_health,)))
        for handler in handlers
        for path in handler.paths
        for method in handler.http_methods
    }
    described = {*SECTIONS, "POST /api/token"}
    assert described == served
    for section in SECTIONS:
        text = PAGE.split(f"## {section}\n")[1].split("\n## ")[0]
        assert "```http" in text


def test_every_key_of_the_configuration_is_described() -> None:
    table = PAGE.split("## Configuration")[1].split("## Keys")[0]
    described = {
        name
        for row in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    assert described == set(ApiConfig.__struct_fields__)


def test_every_status_and_every_kind_of_key_is_described() -> None:
    for status, code in CODES.items():
        assert str(status) in PAGE
        assert f"`{code}`" in PAGE
    for kind in KeyKind:
        assert f"--kind {kind.value}" in PAGE


def test_the_bounds_are_those_of_the_code() -> None:
    table = PAGE.split("## Bounds")[1].split("\n## ")[0]
    numbers = [int(number) for number in re.findall(r"\| (\d+)", table)]
    assert numbers == [
        limits.ACCESS_TOKEN_LIFE_S,
        limits.LIST_ITEMS_MAX,
        limits.API_CONDITIONS_MAX,
        limits.API_QUERY_MAX_CHARS,
        limits.API_BODY_MAX_BYTES,
        limits.API_HEAD_MAX_BYTES,
        int(limits.API_REQUEST_TIMEOUT_S),
        limits.API_CONNECTIONS_MAX,
    ]
    assert f"{limits.TICKET_AGE_MAX_S} seconds after `t`" in PAGE.replace("\n", " ")
    assert f"for {limits.API_DRAIN_TIMEOUT_S} s at the most" in PAGE
