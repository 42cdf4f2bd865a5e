"""Whatever bytes arrive, the answer is well-formed and never 500, and the next one is served."""

import json
import re
import socket
from collections.abc import Iterator
from urllib.parse import urlencode

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doubles.cloud_api import API_SECRET, CloudApi

TIMEOUT_S = 10.0
BODILESS = {204, 304}


def exchange(port: int, sent: bytes) -> bytes:
    """Send bytes and nothing more, and read until the server has said all it will."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # It had heard enough; what it answered may still be there to read.
        received = b""
        try:
            while piece := connection.recv(65536):
                received += piece
        except ConnectionResetError:
            pass
        return received


def answers(received: bytes, method: bytes) -> Iterator[tuple[int, dict[bytes, bytes], bytes]]:
    """Parse the answer, if there is one; later ones are to requests hidden in a body."""
    if not received:
        return
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method=method, target="/", headers=[("host", "x")]))
    client.send(h11.EndOfMessage())
    client.receive_data(received)
    client.receive_data(b"")
    body = b""
    response: h11.Response | None = None
    while True:
        event = client.next_event()
        if isinstance(event, h11.Response):
            response = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage) and response is not None:
            yield response.status_code, dict(response.headers), body
            return
        else:
            return


def check(port: int, sent: bytes) -> list[int]:
    """Send bytes; give the statuses answered, once the answer has the right shape."""
    first_line = sent.split(b"\r\n", 1)[0]
    method = b"HEAD" if first_line.startswith(b"HEAD ") else b"GET"
    statuses = []
    for status, headers, body in answers(exchange(port, sent), method):
        assert status < 500, (sent, body)
        if status >= 400 and method != b"HEAD":
            assert headers[b"content-type"] == b"application/hal+json"
            problem = json.loads(body)
            assert set(problem) == {"error", "message"}
            assert all(isinstance(text, str) and text for text in problem.values())
        if status == 401:
            assert headers[b"www-authenticate"] == b"Bearer"
        # The page holds no secret, and its name says no version.
        of_page = headers.get(b"content-type") == b"text/html; charset=utf-8"
        assert headers[b"cache-control"] == (b"no-cache" if of_page else b"no-store")
        statuses.append(status)
    return statuses


def request(
    method: bytes = b"GET",
    target: bytes = b"/api/applications",
    headers: bytes = b"",
    body: bytes = b"",
) -> bytes:
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    start = b"%s %s HTTP/1.1\r\nHost: localhost\r\n" % (method, target)
    return start + length + headers + b"\r\n" + body


@pytest.fixture(scope="module")
def token(api: CloudApi) -> bytes:
    return b"Authorization: Bearer %s\r\n" % api.office.tokens.issue("jane").encode()


# Bytes that a request line can hold; the rest is in the examples below.
TARGETS = st.binary(max_size=60).map(lambda raw: re.sub(rb"[\x00-\x20]", b"%", raw))
PIECES = st.sampled_from(
    [
        b"/api",
        b"/api/",
        b"/applications",
        b"/environments",
        b"/logs/",
        b"/logstream",
        b"/servers",
        b"/offers",
        b"/account",
        b"/auth/oauth/token",
        b"/token",
        b"/openapi.json",
        b"/healthz",
        b"//",
        b"/..",
        b"/%2e%2e",
        b"%2F",
        b"%00",
        b"%ff%fe",
        b"%",
        b"%zz",
        b"%ud800",
        b"%ed%a0%80",
        b"?",
        b"&",
        b"=",
        b"#",
        b"filter=",
        b"filter=name%3D",
        b"filter=name%3D%40*",
        b"filter=%00",
        b"sort=",
        b"sort=-name",
        b"limit=",
        b"limit=-1",
        b"limit=99999999999999999999",
        b"limit=%D9%A1",
        b"offset=1e3",
        b"offset=%ff",
        b";",
        b",",
    ]
)
HOSTILE_TARGETS = st.one_of(
    TARGETS.map(lambda raw: b"/" + raw), st.lists(PIECES, max_size=6).map(b"".join), TARGETS
)
METHODS = st.sampled_from(
    [b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"X"]
)
HEADER_VALUES = st.binary(max_size=40).map(lambda raw: re.sub(rb"[\r\n\x00]", b" ", raw))
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                b"Authorization",
                b"Accept",
                b"Content-Type",
                b"Content-Encoding",
                b"Cookie",
                b"Host",
                b"X-Forwarded-Host",
                b"X-Forwarded-Proto",
                b"X-HTTP-Method-Override",
                b"Connection",
                b"Upgrade",
                b"Expect",
                b"Range",
                b"If-None-Match",
            ]
        ),
        st.one_of(
            HEADER_VALUES,
            st.sampled_from(
                [
                    b"Bearer \xff",
                    b"Bearer .",
                    b"Bearer a.b.c",
                    b"Basic \xff",
                    b"Basic Og==",
                    b"application/json",
                    b"application/x-www-form-urlencoded; charset=utf-7",
                    b"multipart/form-data",
                    b"multipart/form-data; boundary=",
                    b"application/x-msgpack",
                    b"gzip",
                    b"websocket",
                    b"Upgrade",
                    b"100-continue",
                ]
            ),
        ),
    ),
    max_size=4,
).map(lambda found: b"".join(b"%s: %s\r\n" % header for header in found))


@given(method=METHODS, target=HOSTILE_TARGETS, headers=HEADERS, body=st.binary(max_size=100))
def test_no_request_is_answered_with_a_fault_of_ours(
    port: int, method: bytes, target: bytes, headers: bytes, body: bytes
) -> None:
    check(port, request(method, target, headers, body))


@given(target=HOSTILE_TARGETS)
def test_no_request_of_a_known_key_is_answered_with_a_fault_of_ours(
    port: int, token: bytes, target: bytes
) -> None:
    check(port, request(target=target, headers=token))


@given(sort=st.text(max_size=20), filter_=st.text(max_size=20), limit=st.text(max_size=5))
def test_no_list_query_is_answered_with_a_fault_of_ours(
    port: int, token: bytes, sort: str, filter_: str, limit: str
) -> None:
    query = urlencode({"sort": sort, "filter": filter_, "limit": limit}, errors="surrogatepass")
    target = f"/api/applications?{query}".encode()
    assert check(port, request(target=target, headers=token))[0] in {200, 400}


@given(
    body=st.one_of(
        st.binary(max_size=100),
        st.lists(
            st.sampled_from(
                [b"grant_type=client_credentials", b"&", b"=", b"client_id=", b"%00", b"%ff", b"{"]
            ),
            max_size=8,
        ).map(b"".join),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["grant_type", "client_id"]), inner)
            ),
        ).map(lambda value: json.dumps(value).encode()),
    ),
    kind=st.sampled_from(
        [b"application/json", b"application/x-www-form-urlencoded", b"text/plain", b"", b"\xff"]
    ),
)
def test_no_token_request_is_answered_with_a_fault_of_ours(
    port: int, body: bytes, kind: bytes
) -> None:
    header = b"Content-Type: %s\r\n" % kind
    statuses = check(port, request(b"POST", b"/api/auth/oauth/token", header, body))
    assert set(statuses) <= {400, 401, 415}


@given(raw=st.binary(max_size=200))
def test_what_is_not_http_is_answered_or_closed(port: int, raw: bytes) -> None:
    check(port, raw)


EXAMPLES: dict[str, tuple[bytes, list[int]]] = {
    "an unknown path": (request(target=b"/nothing"), [404]),
    "an unknown path below the base": (request(target=b"/api/nothing"), [404]),
    "a wrong method": (request(b"DELETE"), [405]),
    "an invented method": (request(b"BREW"), [405]),
    "no token": (request(), [401]),
    "a bad token": (request(headers=b"Authorization: Bearer x\r\n"), [401]),
    "another scheme": (request(headers=b"Authorization: Digest x\r\n"), [401]),
    "a path that is not UTF-8": (request(target=b"/api/applications/%ff"), [401]),
    "a NUL in a path": (request(target=b"/api/environments/%00"), [401]),
    "a bare percent sign": (request(target=b"/api/%"), [404]),
    "a raw byte in a path": (request(target=b"/api/\xff"), [400]),
    "no host": (b"GET /api/account HTTP/1.1\r\n\r\n", [400]),
    "HTTP/1.0 without a host": (b"GET /api HTTP/1.0\r\n\r\n", [200]),
    "two hosts": (request(headers=b"Host: other\r\n"), [400]),
    "two lengths": (request(headers=b"Content-Length: 1\r\nContent-Length: 2\r\n"), [400]),
    "a negative length": (request(headers=b"Content-Length: -1\r\n"), [400]),
    "an endless head": (request(headers=b"X: " + b"x" * 100_000 + b"\r\n"), [431]),
    "an endless path": (request(target=b"/" + b"x" * 100_000), [431]),
    "HEAD": (request(b"HEAD", b"/healthz"), [200]),
    "an upgrade": (
        request(target=b"/api", headers=b"Connection: Upgrade\r\nUpgrade: websocket\r\n"),
        [200],
    ),
    "a huge body": (request(b"POST", b"/api/token", b"", b"x" * 100_000), [413]),
    "a huge chunked body": (
        request(b"POST", b"/api/token", b"Transfer-Encoding: chunked\r\n")
        + b"8000\r\n"
        + b"x" * 0x8000
        + b"\r\n0\r\n\r\n",
        [413],
    ),
    "deep JSON": (
        request(b"POST", b"/api/token", b"Content-Type: application/json\r\n", b"[" * 10_000),
        [400],
    ),
    "a form with many fields": (request(b"POST", b"/api/token", b"", b"a=1&" * 1000), [400]),
    "a multipart form": (
        request(b"POST", b"/api/token", b"Content-Type: multipart/form-data\r\n", b"x"),
        [415],
    ),
    "a secret with a NUL": (
        request(
            b"POST",
            b"/api/token",
            b"",
            b"grant_type=client_credentials&client_id=%00&client_secret=%00",
        ),
        [401],
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_hostile_request_is_refused_in_our_own_words(port: int, name: str) -> None:
    sent, expected = EXAMPLES[name]
    assert check(port, sent) == expected


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=x",
        "limit=1001",
        "limit=",
        "limit=1.0",
        "limit=%D9%A1",
        "offset=-1",
        "offset=x",
        "offset=99999999999",
        "sort=",
        "sort=nothing",
        "sort=--name",
        "filter=",
        "filter=name",
        "filter=nothing%3D1",
        "filter=%3D",
    ],
)
def test_a_query_that_makes_no_sense_is_told_which_part(
    port: int, token: bytes, query: str
) -> None:
    received = exchange(port, request(target=f"/api/applications?{query}".encode(), headers=token))
    status, _, body = next(answers(received, b"GET"))
    assert status == 400
    assert query.partition("=")[0] in json.loads(body)["message"]


def test_a_good_request_is_served_after_all_that(port: int) -> None:
    body = f"grant_type=client_credentials&client_id=jane&client_secret={API_SECRET}"
    sent = request(b"POST", b"/api/token", b"", body.replace(" ", "+").encode())
    assert check(port, sent) == [200]
