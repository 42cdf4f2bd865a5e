"""No path can be reached with a session that is not good, over a real socket."""

import http.client
import json
from collections.abc import Mapping

import pytest

from doubles.cloud_api import API_SECRET, CloudApi
from logstream.api.app import PROTECTED
from logstream.api.session_token import COOKIE, SessionTokens

PATHS = [path for handler in PROTECTED for path in handler.paths]


def ask(
    port: int, path: str, headers: Mapping[str, str], method: str = "GET", body: bytes = b""
) -> tuple[int, Mapping[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def path_in(api: CloudApi, path: str, *, mine: bool) -> str:
    environment = api.dev.id if mine else api.other.id
    application = api.application.uuid if mine else api.other.application.uuid
    return (
        f"/api{path}".replace("{environment_id:str}", environment)
        .replace("{application_uuid:str}", application)
        .replace("{log_type:str}", "php-error")
    )


@pytest.mark.parametrize("path", PATHS)
def test_no_path_opens_without_a_good_session(api: CloudApi, port: int, path: str) -> None:
    good = api.office.sessions.issue("jane")
    other_service = SessionTokens(b"another service's secret, as long").issue("jane")
    for cookie in (
        None,
        "",
        "jane",
        good[:-2],
        good.swapcase(),
        other_service,
        api.office.tokens.issue("jane"),
        api.office.sessions.issue("nobody"),
    ):
        headers = {} if cookie is None else {"Cookie": f"{COOKIE}={cookie}"}
        assert ask(port, path_in(api, path, mine=True), headers)[0] == 401, cookie


@pytest.mark.parametrize("path", [path for path in PATHS if "{" in path])
def test_a_session_sees_nobody_elses(api: CloudApi, port: int, path: str) -> None:
    headers = {"Cookie": f"{COOKIE}={api.office.sessions.issue('jane')}"}
    assert ask(port, path_in(api, path, mine=False), headers)[0] == 404


def test_another_site_can_neither_begin_nor_end_a_session(api: CloudApi, port: int) -> None:
    body = json.dumps({"key": "jane", "secret": API_SECRET}).encode()
    foreign = {"Content-Type": "application/json", "Origin": "https://evil.example"}
    status, headers, _ = ask(port, "/session", foreign, "POST", body)
    assert (status, "set-cookie" in headers) == (403, False)
    held = {"Cookie": f"{COOKIE}={api.office.sessions.issue('jane')}"}
    assert ask(port, "/session", {**foreign, **held}, "DELETE")[0] == 403


def test_a_browser_asks_before_it_sends_our_header_and_is_told_no(port: int) -> None:
    asked = {
        "Origin": "https://evil.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-logstream",
    }
    _, headers, _ = ask(port, "/session", asked, "OPTIONS")
    assert not [name for name in headers if name.lower().startswith("access-control")]
