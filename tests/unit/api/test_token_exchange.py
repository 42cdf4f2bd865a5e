import base64
import json
from collections.abc import Mapping

import pytest

from doubles.cloud_api import API_SECRET, CloudApi
from logstream.model.limits import ACCESS_TOKEN_LIFE_S

GRANT = {"grant_type": "client_credentials"}
JANE = {**GRANT, "client_id": "jane", "client_secret": API_SECRET}


def basic(key_id: str, secret: str) -> dict[str, str]:
    encoded = base64.b64encode(f"{key_id}:{secret}".encode()).decode()
    return {"authorization": f"Basic {encoded}"}


async def test_a_form_is_exchanged_for_a_token_that_is_taken(api: CloudApi) -> None:
    answer = await api.ask_token(JANE)
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    token = answer.json
    assert (token["token_type"], token["expires_in"]) == ("Bearer", ACCESS_TOKEN_LIFE_S)
    headers = {"authorization": f"Bearer {token['access_token']}"}
    assert (await api.ask("/api/account", headers=headers)).json["name"] == "jane"


async def test_the_short_path_does_the_same(api: CloudApi) -> None:
    body = json.dumps(JANE).encode()
    answer = await api.ask(
        "/api/token", method="POST", headers={"content-type": "application/json"}, body=body
    )
    assert answer.status == 200


async def test_http_basic_goes_before_the_form(api: CloudApi) -> None:
    assert (await api.ask_token(GRANT, basic("jane", API_SECRET))).status == 200
    assert (await api.ask_token(JANE, basic("jane", "wrong"))).status == 401


@pytest.mark.parametrize(
    "fields",
    [
        {**JANE, "client_secret": "wrong"},
        {**JANE, "client_secret": ""},
        {**JANE, "client_id": "nobody"},
        {**JANE, "client_id": "jane\0"},
        {**JANE, "client_id": "x" * 1000},
        {**JANE, "client_secret": "x" * 1000},
        GRANT,
    ],
)
async def test_every_wrong_credential_is_refused_alike(
    api: CloudApi, fields: Mapping[str, str]
) -> None:
    answer = await api.ask_token(fields)
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json == {
        "error": "invalid_client",
        "message": "The client credentials are not valid.",
    }


async def test_a_revoked_key_is_refused_alike(fresh_api: CloudApi) -> None:
    fresh_api.store.revoke_key("jane")
    answer = await fresh_api.ask_token(JANE)
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("header", ["Basic !", "Basic /w==", "Basic ", "Basic amFuZQ=="])
async def test_basic_credentials_that_cannot_be_read_are_refused_alike(
    api: CloudApi, header: str
) -> None:
    answer = await api.ask_token(GRANT, {"authorization": header})
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "invalid_request"),
        ({**JANE, "grant_type": "password"}, "unsupported_grant_type"),
        ({**JANE, "grant_type": ""}, "unsupported_grant_type"),
    ],
)
async def test_another_grant_is_refused(
    api: CloudApi, fields: Mapping[str, str], error: str
) -> None:
    answer = await api.ask_token(fields)
    assert (answer.status, answer.json["error"]) == (400, error)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[]"),
        ("application/json", b'{"grant_type": 1}'),
        ("application/json", b"\xff"),
        ("application/x-www-form-urlencoded", b"grant_type=%ff"),
        ("application/x-www-form-urlencoded", b"\xff=1"),
        ("application/x-www-form-urlencoded", b"a=1&" * 100),
        ("", b"grant_type=client_credentials&grant_type=client_credentials"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(api: CloudApi, kind: str, body: bytes) -> None:
    answer = await api.ask("/api/token", method="POST", headers={"content-type": kind}, body=body)
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")


async def test_another_kind_of_body_is_refused(api: CloudApi) -> None:
    answer = await api.ask("/api/token", method="POST", headers={"content-type": "text/plain"})
    assert answer.status == 415
