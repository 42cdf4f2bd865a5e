import json
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest

from doubles.cloud_api import API_SECRET, NOW_S, Answer, CloudApi, cloud_api
from logstream.api.session_token import COOKIE
from logstream.model.limits import PAGE_SESSION_LIFE_S

OWN = {"x-logstream": "1", "content-type": "application/json"}
JANE = {"key": "jane", "secret": API_SECRET}


async def sign_in(api: CloudApi, body: Any, headers: dict[str, str] | None = None) -> Answer:
    sent = OWN if headers is None else headers
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await api.ask("/session", method="POST", headers=sent, body=raw)


def cookie_of(answer: Answer) -> Any:
    return SimpleCookie(answer.headers["set-cookie"])[COOKIE]


def holding(api: CloudApi, key: str = "jane") -> dict[str, str]:
    return {"cookie": f"{COOKIE}={api.office.sessions.issue(key)}"}


async def test_a_key_with_its_secret_begins_a_session(api: CloudApi) -> None:
    answer = await sign_in(api, JANE)
    assert answer.status == 201
    assert answer.json["key"] == "jane"
    cookie = cookie_of(answer)
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "strict"
    assert int(cookie["max-age"]) == PAGE_SESSION_LIFE_S
    assert (cookie["path"], cookie["secure"]) == ("/", "")
    assert answer.headers["cache-control"] == "no-store"
    held = {"cookie": f"{COOKIE}={cookie.value}"}
    assert (await api.ask("/session", headers=held)).json["user"] == "jane"
    assert (await api.ask("/api/account", headers=held)).status == 200


async def test_a_one_time_link_begins_one_session(api: CloudApi) -> None:
    token = api.office.one_time_links.issue("jane", now_s=NOW_S)
    assert (await sign_in(api, {"token": token})).status == 201
    again = await sign_in(api, {"token": token})
    assert (again.status, "set-cookie" in again.headers) == (401, False)


@pytest.mark.parametrize(
    "body",
    [
        {"key": "jane", "secret": "wrong"},
        {"key": "nobody", "secret": API_SECRET},
        {"key": "jane", "secret": ""},
        {"key": "jane" * 500, "secret": API_SECRET},
        {"key": "jane", "secret": API_SECRET * 100},
        {"token": "x"},
        {"token": "x" * 1000},
    ],
    ids=["secret", "key", "no secret", "long key", "long secret", "token", "long token"],
)
async def test_wrong_credentials_begin_no_session(api: CloudApi, body: dict[str, str]) -> None:
    answer = await sign_in(api, body)
    assert (answer.status, "set-cookie" in answer.headers) == (401, False)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"\xff", b"{}", b'{"key": 1}', b'{"token": "x", "key": "jane"}', b'{"k": "x"}'],
)
async def test_a_body_that_is_no_sign_in_is_told_so(api: CloudApi, body: bytes) -> None:
    assert (await sign_in(api, body)).status == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "application/json"}, 403),
        ({**OWN, "x-logstream": "0"}, 403),
        ({"x-logstream": "1"}, 415),
        ({**OWN, "content-type": "text/plain"}, 415),
        ({**OWN, "content-type": "application/x-www-form-urlencoded"}, 415),
    ],
    ids=["no header", "wrong header", "no type", "text", "form"],
)
async def test_another_sites_form_begins_no_session(
    api: CloudApi, headers: dict[str, str], status: int
) -> None:
    answer = await sign_in(api, JANE, headers)
    assert (answer.status, "set-cookie" in answer.headers) == (status, False)


@pytest.mark.parametrize("key", ["srv-6", "hub"])
async def test_who_offers_gets_no_session(api: CloudApi, key: str) -> None:
    assert (await sign_in(api, {"key": key, "secret": API_SECRET})).status == 403


async def test_signing_out_takes_the_cookie_back(api: CloudApi) -> None:
    refused = await api.ask("/session", method="DELETE", headers=holding(api))
    assert (refused.status, "set-cookie" in refused.headers) == (403, False)
    answer = await api.ask("/session", method="DELETE", headers={**holding(api), **OWN})
    assert answer.status == 204
    cookie = cookie_of(answer)
    assert (cookie.value, cookie["max-age"]) == ("", "0")


async def test_without_a_session_there_is_none_to_show(api: CloudApi) -> None:
    for headers in ({}, {"cookie": f"{COOKIE}=x"}, holding(api, "nobody")):
        assert (await api.ask("/session", headers=headers)).status == 401


async def test_a_revoked_keys_session_is_over_at_once(fresh_api: CloudApi) -> None:
    held = holding(fresh_api)
    fresh_api.store.revoke_key("jane")
    for path in (
        "/session",
        "/api/applications",
        f"/api/environments/{fresh_api.dev.id}/logstream",
    ):
        assert (await fresh_api.ask(path, headers=held)).status == 401


async def test_behind_tls_the_cookie_is_for_tls_alone(tmp_path: Path) -> None:
    with cloud_api(tmp_path, public_url="https://logs.example.com/deep") as api:
        cookie = cookie_of(await sign_in(api, JANE))
        assert (cookie["path"], cookie["secure"]) == ("/deep/", True)


async def test_the_page_and_its_session_stand_beside_the_base_path(tmp_path: Path) -> None:
    with cloud_api(tmp_path, base_path="/logs/api") as api:
        answer = await api.ask(
            "/logs/session", method="POST", headers=OWN, body=json.dumps(JANE).encode()
        )
        assert (answer.status, cookie_of(answer)["path"]) == (201, "/logs/")
