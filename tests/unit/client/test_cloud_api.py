import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from logstream.client import cloud_api
from logstream.client.cloud_api import ACQUIA_ENDPOINT, ACQUIA_TOKEN_URL, CloudAPI
from logstream.client.credentials import Credentials
from logstream.client.http import Answer, HttpClient
from logstream.errors import (
    ApiError,
    AuthenticationError,
    ConfigError,
    LogstreamError,
    NotFound,
    UsageError,
)

ENDPOINT = "https://logs.test/api"
SECRET = "api-secret-value"
KEY = Credentials(api_key="key-1", api_secret=SECRET, origin="/home/me/key.conf")
UUID = "a47ac10b-58cc-4372-a567-0e02b2c3d470"
APP = {"uuid": UUID, "name": "Shop", "hosting": {"id": "devcloud:shop"}}
DETAILS = {
    "url": "wss://hub.test/ah_websocket/logstream/v1",
    "params": {"t": 1516990002, "hmac": "d8b9", "environment": "prod", "site": "devcloud:shop"},
}

Reply = tuple[int, Any]


class Service(HttpClient):
    """A Cloud API in memory: a path gives an answer, or what makes one of the query."""

    def __init__(self, **paths: Any) -> None:
        super().__init__()
        self.paths: dict[str, Reply | Callable[[dict[str, str]], Reply]] = {}
        self.asked: list[str] = []
        self.queries: list[dict[str, str]] = []
        self.forms: list[dict[str, str]] = []
        self.tokens_s: float | None = 300
        self.tokens_given = 0
        self.valid = ""
        self.token_reply: Reply | None = None

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        fields: Mapping[str, str] | None = None,
    ) -> Answer:
        parts = urlsplit(url)
        if method == "POST":
            self.asked.append(url)
            self.forms.append(dict(fields or {}))
            return self._token()
        path = parts.path.removeprefix("/api")
        self.asked.append(path)
        self.queries.append({name: each[0] for name, each in parse_qs(parts.query).items()})
        if headers["Authorization"] != f"Bearer {self.valid}":
            return _answer((401, {"error": "unauthorized", "message": "no"}))
        reply = self.paths.get(path, (404, {"error": "not_found", "message": "gone"}))
        return _answer(reply(self.queries[-1]) if callable(reply) else reply)

    def _token(self) -> Answer:
        if self.token_reply is not None:
            return _answer(self.token_reply)
        self.tokens_given += 1
        self.valid = f"token-{self.tokens_given}"
        reply: dict[str, Any] = {"access_token": self.valid}
        return _answer((200, reply | ({"expires_in": self.tokens_s} if self.tokens_s else {})))


def _answer(reply: Reply) -> Answer:
    status, body = reply
    return Answer(status, body if isinstance(body, bytes) else json.dumps(body).encode(), None)


def listed(*items: Any, total: int | None = None) -> Reply:
    return 200, {
        "total": len(items) if total is None else total,
        "_embedded": {"items": list(items)},
    }


def paged(items: list[Any], limit: int = 10) -> Callable[[dict[str, str]], Reply]:
    def reply(query: dict[str, str]) -> Reply:
        field, _, value = query.get("filter", "").partition("=")
        matching = [item for item in items if not field or item[field] == value]
        offset = int(query.get("offset", "0"))
        size = min(limit, int(query.get("limit", "10")))
        return listed(*matching[offset : offset + size], total=len(matching))

    return reply


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def api(service: Service) -> CloudAPI:
    return CloudAPI(KEY, ENDPOINT, http=service, clock=lambda: 0.0)


def test_acquia_cloud_is_the_default(service: Service) -> None:
    service.paths["/account"] = 200, {"uuid": "u", "name": "jane", "mail": "j@test"}
    api = CloudAPI(KEY, http=service)
    assert api.account().name == "jane"
    assert api.endpoint == ACQUIA_ENDPOINT
    assert service.asked[0] == ACQUIA_TOKEN_URL


def test_the_endpoint_of_the_credentials_is_used(service: Service) -> None:
    key = Credentials(api_key="k", api_secret="s", endpoint="https://own.test/api/")
    assert CloudAPI(key, http=service).endpoint == "https://own.test/api"
    assert CloudAPI(key, ENDPOINT, http=service).endpoint == ENDPOINT


def test_another_service_has_its_token_below_its_endpoint(service: Service, api: CloudAPI) -> None:
    service.paths["/account"] = 200, {}
    api.account()
    assert service.asked == [f"{ENDPOINT}/auth/oauth/token", "/account"]
    assert service.forms == [
        {"client_id": "key-1", "client_secret": SECRET, "grant_type": "client_credentials"}
    ]


@pytest.mark.parametrize(
    "endpoint",
    ["logs.test/api", "ftp://x/api", "https://", "https://u:p@x/api", "https://x:y/", "http://x?a"],
)
def test_an_endpoint_must_be_an_address(endpoint: str) -> None:
    with pytest.raises(ConfigError, match="is not an address") as caught:
        CloudAPI(KEY, endpoint)
    assert "u:p" not in str(caught.value)


@pytest.mark.parametrize(
    ("endpoint", "in_clear"),
    [
        ("https://logs.test/api", False),
        ("http://logs.test/api", True),
        ("http://192.0.2.1/api", True),
        ("http://localhost:8080/api", False),
        ("http://127.0.0.2/api", False),
        ("http://[::1]:8080/api", False),
    ],
)
def test_it_knows_whether_others_can_read_the_key(endpoint: str, in_clear: bool) -> None:
    assert CloudAPI(KEY, endpoint).in_clear == in_clear


def test_a_token_serves_until_it_is_nearly_over(service: Service) -> None:
    service.paths["/account"] = 200, {}
    now_s = [0.0]
    api = CloudAPI(KEY, ENDPOINT, http=service, clock=lambda: now_s[0])
    for at_s, tokens in ((0, 1), (269, 1), (271, 2)):
        now_s[0] = at_s
        api.account()
        assert service.tokens_given == tokens


def test_a_token_without_a_life_is_taken_to_have_a_short_one(service: Service) -> None:
    service.paths["/account"] = 200, {}
    service.tokens_s = None
    now_s = [0.0]
    api = CloudAPI(KEY, ENDPOINT, http=service, clock=lambda: now_s[0])
    api.account()
    now_s[0] = 3600
    api.account()
    assert service.tokens_given == 2


def test_a_refused_token_is_renewed_once(service: Service, api: CloudAPI) -> None:
    service.paths["/account"] = 200, {}
    api.account()
    service.valid = "revoked"
    api.account()
    assert service.tokens_given == 2


def test_a_key_that_is_always_refused_is_an_authentication_error(
    service: Service, api: CloudAPI
) -> None:
    service.paths["/account"] = 401, {"error": "unauthorized", "message": "Key\x1b[2J revoked"}
    with pytest.raises(AuthenticationError, match="refuses the API key") as caught:
        api.account()
    assert "\x1b" not in str(caught.value)
    assert "/home/me/key.conf" in str(caught.value)
    assert service.tokens_given == 2


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_wrong_secret_is_an_authentication_error_that_does_not_show_it(
    service: Service, api: CloudAPI, status: int
) -> None:
    service.token_reply = status, {"error": "invalid_client", "error_description": "No such key."}
    with pytest.raises(AuthenticationError, match=rf"{status} \(No such key\.\)") as caught:
        api.account()
    assert SECRET not in str(caught.value)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    "reply",
    [
        (200, b"<html>"),
        (200, {}),
        (200, {"access_token": "a\nb"}),
        (500, {"message": "oops"}),
        (302, b""),
    ],
)
def test_a_token_that_cannot_be_used_is_one_clear_line(
    service: Service, api: CloudAPI, reply: Reply
) -> None:
    service.token_reply = reply
    with pytest.raises(ApiError, match=r"^logs\.test"):
        api.account()


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ((500, {"message": "oops"}), r"logs\.test/api/account answered 500 \(oops\)"),
        ((500, {"message": ["a", "b"]}), r"answered 500 \(a b\)"),
        ((302, b"<html>"), r"answered 302$"),
        ((404, {}), r"logs\.test has no /account"),
        ((200, b"[1"), r"not the Cloud API's"),
        ((200, {"uuid": 5}), r"not the Cloud API's"),
        ((200, b"[" * 100_000), r"not the Cloud API's"),
    ],
)
def test_what_else_is_answered_is_one_clear_line(
    service: Service, api: CloudAPI, reply: Reply, said: str
) -> None:
    service.paths["/account"] = reply
    with pytest.raises(ApiError, match=said):
        api.account()


def test_hundreds_of_applications_are_read_page_by_page(service: Service, api: CloudAPI) -> None:
    items = [{"uuid": f"u{number}", "name": f"app {number}"} for number in range(234)]
    service.paths["/applications"] = paged(items, limit=50)
    assert [each.name for each in api.applications()] == [item["name"] for item in items]
    assert [query["offset"] for query in service.queries] == ["0", "50", "100", "150", "200"]


def test_a_service_that_knows_no_offset_is_not_asked_for_ever(
    service: Service, api: CloudAPI
) -> None:
    service.paths["/applications"] = listed(APP, total=500)
    assert len(api.applications()) == 1


def test_a_list_without_an_end_is_not_read_for_ever(
    service: Service, api: CloudAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud_api, "HTTP_PAGES_MAX", 5)
    service.paths["/applications"] = lambda query: listed(
        {"uuid": UUID, "name": query["offset"]}, total=10**9
    )
    with pytest.raises(ApiError, match="lists more at /applications than anyone can read"):
        api.applications()
    assert service.asked.count("/applications") == 5


def test_a_list_without_a_total_goes_on_while_it_names_a_next_page(
    service: Service, api: CloudAPI
) -> None:
    def reply(query: dict[str, str]) -> Reply:
        offset = int(query["offset"])
        links = {"next": {"href": "…"}} if offset < 2 else {}
        return 200, {"_embedded": {"items": [{"uuid": f"u{offset}"}]}, "_links": links}

    service.paths["/applications"] = reply
    assert [each.uuid for each in api.applications()] == ["u0", "u1", "u2"]


@pytest.mark.parametrize("wanted", [UUID, UUID.upper(), "Shop", "devcloud:shop"])
def test_an_application_is_found_by_uuid_name_or_hosting_id(
    service: Service, api: CloudAPI, wanted: str
) -> None:
    others = [{"uuid": f"u{number}", "name": f"app {number}"} for number in range(30)]
    for item in others:
        item["hosting"] = None  # type: ignore[assignment]
    service.paths["/applications"] = paged([*others, APP])
    service.paths[f"/applications/{UUID}"] = service.paths[f"/applications/{UUID.upper()}"] = (
        200,
        APP,
    )
    assert api.find_application(wanted).uuid == UUID


def test_a_name_is_looked_for_with_one_request(service: Service, api: CloudAPI) -> None:
    others = [{"uuid": f"u{number}", "name": f"app {number}"} for number in range(300)]
    service.paths["/applications"] = paged([*others, APP])
    api.find_application("Shop")
    assert [query["filter"] for query in service.queries] == ["name=Shop"]


def test_a_name_with_a_filters_own_characters_is_found(service: Service, api: CloudAPI) -> None:
    service.paths["/applications"] = paged([APP, {"uuid": "v", "name": "a, b=c"}])
    assert api.find_application("a, b=c").uuid == "v"
    assert "filter" not in service.queries[0]


def test_an_unknown_application_is_not_found_and_others_are_named(
    service: Service, api: CloudAPI
) -> None:
    items = [{"uuid": f"u{number}", "name": f"app {number:02}"} for number in range(12)]
    service.paths["/applications"] = paged(items)
    with pytest.raises(
        NotFound,
        match=r"^no application 'x' at logs\.test: there is app 00, .*app 07 and 4 more$",
    ):
        api.find_application("x")


def test_an_unknown_uuid_is_not_found(service: Service, api: CloudAPI) -> None:
    service.paths["/applications"] = paged([])
    with pytest.raises(NotFound, match="the key sees none"):
        api.find_application(UUID)


def test_a_name_that_two_applications_have_is_refused(service: Service, api: CloudAPI) -> None:
    service.paths["/applications"] = paged([APP, {**APP, "uuid": "other"}])
    with pytest.raises(UsageError, match=f"2 applications are called 'Shop': there is {UUID}, oth"):
        api.find_application("Shop")


@pytest.mark.parametrize("name", ["prod", f"15-{UUID}"])
def test_an_environment_is_found_by_name_or_id(service: Service, api: CloudAPI, name: str) -> None:
    service.paths[f"/applications/{UUID}"] = 200, APP
    service.paths[f"/applications/{UUID}/environments"] = listed(
        {"id": f"24-{UUID}", "name": "dev"}, {"id": f"15-{UUID}", "name": "prod"}
    )
    assert api.environment(api.find_application(UUID), name).id == f"15-{UUID}"


def test_an_unknown_environment_is_not_found_and_others_are_named(
    service: Service, api: CloudAPI
) -> None:
    service.paths[f"/applications/{UUID}"] = 200, APP
    service.paths[f"/applications/{UUID}/environments"] = listed({"id": "1", "name": "dev"})
    with pytest.raises(
        NotFound, match=r"no environment 'x' of application 'Shop' at .*: there is dev"
    ):
        api.environment(api.find_application(UUID), "x")


@pytest.mark.parametrize(
    ("given", "passed_on"), [(1516990002, 1516990002), ("1516990002", "1516990002"), (2.0, 2)]
)
def test_connection_details_pass_the_time_on_as_it_is(
    service: Service, api: CloudAPI, given: Any, passed_on: Any
) -> None:
    details = {**DETAILS, "params": {**DETAILS["params"], "t": given}}  # type: ignore[dict-item]
    service.paths["/environments/15-x/logstream"] = 200, {"logstream": details}
    found = api.logstream("15-x")
    assert (found.url, found.site, found.env) == (DETAILS["url"], "devcloud:shop", "prod")
    assert (found.t, found.hmac, found.protocols) == (passed_on, "d8b9", ())
    assert type(found.t) is type(passed_on)


def test_connection_details_may_list_protocols(service: Service, api: CloudAPI) -> None:
    details = {**DETAILS, "protocols": ["logstream.batch.v1"]}
    service.paths["/environments/15-x/logstream"] = 200, {"logstream": details}
    assert api.logstream("15-x").protocols == ("logstream.batch.v1",)


def test_an_environment_without_a_stream_is_not_found(api: CloudAPI) -> None:
    with pytest.raises(NotFound, match=r"logs\.test has no log stream for environment '\.\./x'"):
        api.logstream("../x")


def test_an_id_cannot_leave_its_place_in_the_path(service: Service, api: CloudAPI) -> None:
    with pytest.raises(NotFound):
        api.logstream("../x?a=b")
    assert service.asked[-1] == "/environments/..%2Fx%3Fa%3Db/logstream"


def test_a_stream_must_be_a_websocket(service: Service, api: CloudAPI) -> None:
    service.paths["/environments/e/logstream"] = 200, {"logstream": {**DETAILS, "url": "file:///x"}}
    with pytest.raises(ApiError, match="names 'file:///x' as the stream's address"):
        api.logstream("e")


def test_offers_are_a_logtailors_tickets(service: Service, api: CloudAPI) -> None:
    offer = {
        "site": "a:b",
        "environment": "prod",
        "server": "srv-6",
        "t": 5,
        "hmac": "h",
        "hubs": ["wss://hub.test/x"],
    }
    service.paths["/offers"] = listed(offer)
    (found,) = api.offers()
    assert (found.server, found.hubs, found.hmac) == ("srv-6", ("wss://hub.test/x",), "h")


def test_no_error_holds_a_secret(service: Service, api: CloudAPI) -> None:
    service.paths["/account"] = 500, {"message": "x" * 100_000}
    with pytest.raises(LogstreamError) as caught:
        api.account()
    assert len(str(caught.value)) < 500
    assert SECRET not in str(caught.value)
    assert service.valid not in str(caught.value)
    api.close()
