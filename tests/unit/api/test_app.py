import asyncio
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar

from doubles.cloud_api import CloudApi, cloud_api
from logstream.api.app import OPEN, PROTECTED, _framework
from logstream.errors import StoreUnavailable
from logstream.model.limits import API_BODY_MAX_BYTES

PATHS = [path for handler in PROTECTED for path in handler.paths]


@pytest.mark.parametrize("path", PATHS)
async def test_every_protected_path_needs_a_token(api: CloudApi, path: str) -> None:
    answer = await api.ask(f"/api{path}")
    assert (answer.status, answer.json["error"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/hal+json"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
async def test_a_wrong_method_is_told_which_are_right(
    api: CloudApi, path: str, method: str
) -> None:
    answer = await api.ask(f"/api{path}", method=method, key="jane")
    assert (answer.status, answer.json["error"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(
    "path", ["/assets/x", "/nothing", "/api/nothing", "/api/account/x", "/schema"]
)
async def test_there_is_nothing_at_any_other_path(api: CloudApi, path: str) -> None:
    answer = await api.ask(path, key="jane")
    assert (answer.status, answer.json["error"]) == (404, "not_found")
    assert answer.headers["content-type"] == "application/hal+json"


async def test_the_index_links_to_what_there_is(api: CloudApi) -> None:
    for path in ("/api", "/api/"):
        links = (await api.ask(path)).json["_links"]
        assert links["applications"]["href"] == "http://api.example.com/api/applications"


async def test_the_api_is_healthy_while_its_database_answers(
    api: CloudApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await api.ask("/healthz")).json == {"status": "ok"}

    def unavailable() -> None:
        raise StoreUnavailable("the database does not answer: gone")

    monkeypatch.setattr(api.store, "ping", unavailable)
    answer = await api.ask("/healthz")
    assert (answer.status, answer.json["error"]) == (503, "service_unavailable")


async def test_a_large_body_is_refused(api: CloudApi) -> None:
    answer = await api.ask("/api/token", method="POST", body=b"x" * (API_BODY_MAX_BYTES + 1))
    assert (answer.status, answer.json["error"]) == (413, "payload_too_large")


async def test_every_route_is_published(api: CloudApi) -> None:
    answer = await api.ask("/api/openapi.json")
    assert answer.headers["content-type"].startswith("application/json")
    published = answer.json["paths"]
    expected = {
        f"/api{path}".rstrip("/").replace(":str", "")
        for handler in (*PROTECTED, *OPEN)
        for path in handler.paths
    }
    assert set(published) == expected | {"/healthz"}
    assert "security" not in published["/api/token"]["post"]
    assert published["/api/account"]["get"]["security"] == [{"oauth2": []}]
    assert "requestBody" in published["/api/token"]["post"]
    listing = published["/api/applications"]["get"]
    parameters = {found["name"]: found for found in listing["parameters"]}
    assert set(parameters) == {"filter", "sort", "limit", "offset"}
    assert parameters["limit"]["schema"]["type"] == "integer"


async def test_the_base_path_can_be_another(tmp_path: Path) -> None:
    for base_path in ("", "/deep/er"):
        (tmp_path / "x").mkdir(exist_ok=True)
        (tmp_path / "x" / "logstream.db").unlink(missing_ok=True)
        with cloud_api(tmp_path / "x", base_path=base_path) as api:
            shown = (await api.ask(f"{base_path}/account", key="jane")).json
            assert shown["_links"]["self"]["href"] == f"http://api.example.com{base_path}/account"


async def test_no_more_secrets_are_checked_at_once_than_the_bound(
    fresh_api: CloudApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, most = 0, 0
    loop = asyncio.get_running_loop()

    async def one() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.005)
        running -= 1

    def authenticate(*_: Any) -> None:
        asyncio.run_coroutine_threadsafe(one(), loop).result()

    monkeypatch.setattr(fresh_api.store, "authenticate", authenticate)
    fields = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"}
    answers = await asyncio.gather(*(fresh_api.ask_token(fields) for _ in range(8)))
    assert {answer.status for answer in answers} == {401}
    assert most == 2


def test_the_framework_serves_no_pages_of_its_own(api: CloudApi) -> None:
    framework = _framework(api.office, [], None)
    assert isinstance(framework, Litestar)
    assert not any("schema" in route.path for route in framework.routes)
