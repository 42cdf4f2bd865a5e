import pytest

from logstream.transport.handshake import (
    AnswerRefused,
    Handshake,
    HttpAnswer,
    RequestRefused,
    accept_key,
    accept_upgrade,
    check_answer,
    choose_subprotocol,
    read_request,
    refusal,
    upgrade_refusal,
    write_answer,
    write_request,
)

KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def requested(**headers: str) -> Handshake:
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    raw = write_request(target="/stream?a=b", host="x", key=KEY, headers=more)
    return read_request(raw, peer="1.2.3.4:5")


def test_the_rfcs_own_example_of_a_key() -> None:
    assert accept_key(KEY) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_a_request_that_a_client_writes_opens_a_websocket() -> None:
    handshake = requested(Sec_WebSocket_Protocol="a, b", Cookie="c=d")
    assert (handshake.method, handshake.path, handshake.query) == ("GET", "/stream", "a=b")
    assert handshake.subprotocols == ("a", "b")
    assert handshake.headers["cookie"] == "c=d"
    assert handshake.peer == "1.2.3.4:5"
    assert upgrade_refusal(handshake) is None
    check_answer(accept_upgrade(handshake), key=KEY)


def test_a_port_that_is_not_a_websocket_is_refused_with_the_version() -> None:
    refused = upgrade_refusal(read_request(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", peer=""))
    assert refused is not None
    assert refused.status == 426
    assert ("Sec-WebSocket-Version", "13") in refused.headers


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET x HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /# HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.x\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505),
        (b"POST / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nnonsense\r\n\r\n", 400),
    ],
)
def test_what_no_path_can_answer_is_refused(raw: bytes, status: int) -> None:
    with pytest.raises(RequestRefused) as caught:
        read_request(raw, peer="")
    assert caught.value.answer.status == status
    assert caught.value.answer.body


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a", "/a"),
        ("/a%20b", "/a%20b"),
        ("//a", "//a"),
        ("http://x:80/a?b", "/a"),
        ("WSS://x/a", "/a"),
        ("http://x", "/"),
        ("*", "*"),
    ],
)
def test_a_target_has_many_forms(target: str, path: str) -> None:
    raw = f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    assert read_request(raw, peer="").path == path


def test_http_1_0_is_read_without_a_host_and_opens_nothing() -> None:
    handshake = read_request(b"GET /healthz HTTP/1.0\r\n\r\n", peer="")
    assert handshake.path == "/healthz"
    refused = upgrade_refusal(handshake)
    assert refused is not None
    assert refused.status == 400


def test_an_answer_says_its_length_and_that_it_is_the_last() -> None:
    answer = HttpAnswer(200, b"ok\n", (("X-A", "b"),))
    assert write_answer(answer) == (
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Length: 3\r\nX-A: b\r\n\r\nok\n"
    )
    assert write_answer(answer, with_body=False).endswith(b"Content-Length: 3\r\nX-A: b\r\n\r\n")


def test_a_refusal_is_plain_text() -> None:
    answer = refusal(405, "no", ("Allow", "GET"))
    assert answer == HttpAnswer(405, b"no\n", (("Allow", "GET"),))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "it answered HTTP 404 Not Found"),
        (b"HTTP/1.1 999 Odd\r\n\r\n", "it answered HTTP 999"),
        (b"220 smtp\r\n\r\n", "does not speak HTTP"),
        (b"HTTP/1.1 10x\r\n\r\n", "does not speak HTTP"),
        (b"HTTP/1.1 101\r\nUpgrade: websocket\r\n\r\n", "not that of a WebSocket server"),
        (b"HTTP/1.1 101\r\nbad\r\n\r\n", "no HTTP"),
    ],
)
def test_an_answer_that_opens_nothing_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(AnswerRefused, match=reason):
        check_answer(raw, key=KEY)


@pytest.mark.parametrize("name", [b"Sec-WebSocket-Extensions", b"Sec-WebSocket-Protocol"])
def test_what_was_not_offered_must_not_be_chosen(name: bytes) -> None:
    answer = accept_upgrade(requested()).removesuffix(b"\r\n") + name + b": x\r\n\r\n"
    with pytest.raises(AnswerRefused, match="was not offered"):
        check_answer(answer, key=KEY)


def test_a_proxy_may_add_to_the_connection_header() -> None:
    answer = accept_upgrade(requested()).replace(b": Upgrade", b": keep-alive, upgrade")
    check_answer(answer, key=KEY)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [((), None), (("x",), None), (("b", "x", "a"), "a"), (("b",), "b"), (("A",), None)],
    ids=str,
)
def test_the_server_prefers_its_own_order(offered: tuple[str, ...], chosen: str | None) -> None:
    assert choose_subprotocol(offered, ("a", "b")) == chosen


def test_what_was_chosen_is_said_and_read() -> None:
    raw = write_request(target="/", host="x", key=KEY, headers={}, subprotocols=("a", "b"))
    handshake = read_request(raw, peer="")
    assert handshake.subprotocols == ("a", "b")
    answer = accept_upgrade(handshake, "b")
    assert check_answer(answer, key=KEY, subprotocols=("a", "b")) == "b"
    assert check_answer(accept_upgrade(handshake), key=KEY, subprotocols=("a", "b")) is None


@pytest.mark.parametrize("lines", [b"c", b"", b"a, b", b"a\r\nSec-WebSocket-Protocol: a"], ids=str)
def test_only_one_that_was_offered_may_be_chosen(lines: bytes) -> None:
    answer = accept_upgrade(requested()).removesuffix(b"\r\n")
    answer += b"Sec-WebSocket-Protocol: " + lines + b"\r\n\r\n"
    with pytest.raises(AnswerRefused, match="was not offered"):
        check_answer(answer, key=KEY, subprotocols=("a", "b"))
