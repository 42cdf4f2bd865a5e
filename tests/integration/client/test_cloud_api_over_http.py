import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
import trustme

from doubles.cloud_api_server import Asked, CloudApiServer, Reply, hal, serve_application
from logstream.client import http
from logstream.client.cloud_api import CloudAPI
from logstream.client.credentials import Credentials
from logstream.client.http import HttpClient
from logstream.errors import ApiError, AuthenticationError, ConfigError

SECRET = "s3cret & more"
KEY = Credentials(api_key="key-1", api_secret=SECRET)


@pytest.fixture
def server() -> Iterator[CloudApiServer]:
    with CloudApiServer() as running:
        serve_application(running, "wss://hub.test/x")
        yield running


@pytest.fixture
def waits_s() -> list[float]:
    return []


@pytest.fixture
def api(server: CloudApiServer, waits_s: list[float]) -> Iterator[CloudAPI]:
    made = CloudAPI(KEY, server.endpoint, http=HttpClient(pause=waits_s.append))
    yield made
    made.close()


def test_connection_details_are_found_from_a_name(server: CloudApiServer, api: CloudAPI) -> None:
    environment = api.environment(api.find_application("app"), "dev")
    details = api.logstream(environment.id)
    assert (details.url, details.env, details.t) == ("wss://hub.test/x", "dev", 1516990002)
    assert len(server.paths()) == 3


def test_the_key_travels_as_a_form_and_the_token_as_a_header(
    server: CloudApiServer, api: CloudAPI
) -> None:
    api.applications()
    token, listing = server.asked
    assert token.method == "POST"
    assert token.headers["content-type"] == "application/x-www-form-urlencoded"
    assert token.body == (
        "client_id=key-1&client_secret=s3cret+%26+more&grant_type=client_credentials"
    )
    assert listing.headers["authorization"] == "Bearer token-1"
    assert listing.query == {"limit": "100", "offset": "0"}


def test_a_filter_is_written_as_the_api_reads_it(server: CloudApiServer, api: CloudAPI) -> None:
    api.find_application("app")
    assert server.asked[-1].query["filter"] == "name=app"


def test_a_busy_service_is_asked_again(
    server: CloudApiServer, api: CloudAPI, waits_s: list[float]
) -> None:
    busy = Reply(429, {"message": "slow down"}, (("Retry-After", "7"),))
    server.answers["/account"] = [busy, Reply(503), Reply(200, {"name": "jane"})]
    assert api.account().name == "jane"
    assert waits_s[0] == 7
    assert len(waits_s) == 2


def test_hundreds_of_applications_are_read(server: CloudApiServer, api: CloudAPI) -> None:
    items = [{"uuid": f"u{number}", "name": f"app {number}"} for number in range(345)]

    def page(asked: Asked) -> Reply:
        offset = int(asked.query["offset"])
        return Reply(200, hal(items[offset : offset + 100], total=len(items)))

    server.answers["/applications"] = page
    assert len(api.applications()) == 345
    assert len(server.paths()) == 4


def test_a_redirect_is_not_followed(server: CloudApiServer, api: CloudAPI) -> None:
    server.answers["/account"] = Reply(302, b"", (("Location", "http://127.0.0.1:1/evil"),))
    with pytest.raises(ApiError, match="answered 302"):
        api.account()


def test_an_answer_without_end_is_not_taken(
    server: CloudApiServer, api: CloudAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "HTTP_ANSWER_MAX_BYTES", 100_000)
    server.answers["/account"] = Reply(200, b" " * 200_000)
    with pytest.raises(ApiError, match="its answer has more than 100000 bytes"):
        api.account()
    assert server.paths() == ["/account"]


def test_an_answer_that_takes_too_long_is_not_waited_for(
    server: CloudApiServer, api: CloudAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "HTTP_ANSWER_MAX_S", -1.0)
    with pytest.raises(ApiError, match="its answer took more than"):
        api.account()


def test_a_wrong_key_is_an_authentication_error(server: CloudApiServer, api: CloudAPI) -> None:
    server.answers["/auth/oauth/token"] = Reply(401, {"error": "invalid_client"})
    with pytest.raises(AuthenticationError, match="invalid_client") as caught:
        api.account()
    assert SECRET not in str(caught.value)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def test_a_service_that_is_not_there_is_told_in_one_line(waits_s: list[float]) -> None:
    port = free_port()
    api = CloudAPI(KEY, f"http://127.0.0.1:{port}/api", http=HttpClient(pause=waits_s.append))
    with pytest.raises(ApiError) as caught:
        api.account()
    assert str(caught.value) == f"cannot reach 127.0.0.1:{port}: connection refused"
    assert caught.value.status == 0
    assert len(waits_s) == 3


def test_a_service_that_hangs_up_is_told_in_one_line(waits_s: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            for _ in range(4):
                listening.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        port = listening.getsockname()[1]
        api = CloudAPI(KEY, f"http://127.0.0.1:{port}/api", http=HttpClient(pause=waits_s.append))
        with pytest.raises(ApiError, match=rf"^cannot reach 127\.0\.0\.1:{port}: \w") as caught:
            api.account()
        assert "object at" not in str(caught.value)
        thread.join(5)


def test_a_service_that_says_nothing_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, waits_s: list[float]
) -> None:
    monkeypatch.setattr(http, "HTTP_TIMEOUT_S", 0.02)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        api = CloudAPI(KEY, f"http://127.0.0.1:{port}/api", http=HttpClient(pause=waits_s.append))
        with pytest.raises(ApiError, match="no answer within 0 s"):
            api.account()
        api.close()


def test_a_service_without_tls_is_not_asked_twice(
    server: CloudApiServer, waits_s: list[float]
) -> None:
    endpoint = server.endpoint.replace("http:", "https:")
    api = CloudAPI(KEY, endpoint, http=HttpClient(pause=waits_s.append))
    with pytest.raises(ApiError, match="does not speak TLS"):
        api.account()
    assert waits_s == []


def test_a_certificate_that_nobody_knows_is_named_as_the_reason(waits_s: list[float]) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(tls)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        answering = threading.Thread(target=_shake_hands, args=(listening, tls))
        answering.start()
        endpoint = f"https://localhost:{listening.getsockname()[1]}/api"
        api = CloudAPI(KEY, endpoint, http=HttpClient(pause=waits_s.append))
        with pytest.raises(ApiError) as caught:
            api.account()
        answering.join(20)
    assert "its TLS certificate was not accepted: " in str(caught.value)
    assert "_ssl.c" not in str(caught.value)
    assert waits_s == []


def _shake_hands(listening: socket.socket, tls: ssl.SSLContext) -> None:
    with listening.accept()[0] as accepted, contextlib.suppress(OSError):
        tls.wrap_socket(accepted, server_side=True)


def test_a_host_that_cannot_be_is_refused() -> None:
    client = HttpClient()
    with pytest.raises(ConfigError, match="not an address"):
        client.call("GET", "http://" + "x" * 300 + "..test/api", headers={})
