"""Connections to the Cloud API on real sockets."""

import http.client
import json
import socket
import ssl
import threading
from pathlib import Path

import pytest
import trustme

from doubles.cloud_api import CloudApi, cloud_api, served
from logstream.store import secret_hash

TIMEOUT_S = 10.0


def test_a_connection_carries_one_request_after_another(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    for path, status in (("/healthz", 200), ("/nothing", 404), ("/api/account", 401)) * 3:
        connection.request("GET", path)
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read()) != {}) == (status, True)
    connection.request("HEAD", "/healthz")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    assert int(answer.headers["content-length"]) > 0
    connection.close()


def test_links_are_to_where_the_request_went(api: CloudApi, port: int) -> None:
    connection = http.client.HTTPConnection("localhost", port, timeout=TIMEOUT_S)
    token = api.office.tokens.issue("jane")
    connection.request("GET", "/api/account", headers={"Authorization": f"Bearer {token}"})
    shown = json.loads(connection.getresponse().read())
    assert shown["_links"]["self"]["href"] == f"http://localhost:{port}/api/account"
    connection.close()


def test_requests_sent_at_once_are_answered_in_order(port: int) -> None:
    first = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
        connection.sendall(first * 3 + last)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    statuses = [part[:3] for part in received.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"200", b"200", b"404"]


def test_strangers_who_say_nothing_keep_nobody_waiting(port: int) -> None:
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
    for connection in silent[::2]:
        connection.sendall(b"POST /api/token HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
    answer = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    answer.request("GET", "/healthz")
    assert answer.getresponse().status == 200
    answer.close()
    for connection in silent:
        connection.close()


def test_many_may_ask_at_once(api: CloudApi, port: int) -> None:
    headers = {"Authorization": f"Bearer {api.office.tokens.issue('jane')}"}
    statuses: list[int] = []

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
        for _ in range(5):
            connection.request("GET", f"/api/environments/{api.dev.id}/logstream", headers=headers)
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 40


def test_it_speaks_tls_where_it_has_a_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "logstream")
    monkeypatch.setattr(secret_hash, "_N", 2)
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    files = {"tls_certificate": tmp_path / "cert.pem", "tls_key": tmp_path / "key.pem"}
    with (
        cloud_api(tmp_path, **{key: str(path) for key, path in files.items()}) as api,
        served(api) as port,
    ):
        connection = http.client.HTTPSConnection(
            "localhost", port, timeout=TIMEOUT_S, context=context
        )
        connection.request("GET", "/api")
        shown = json.loads(connection.getresponse().read())
        assert shown["_links"]["self"]["href"] == f"https://localhost:{port}/api/"
        assert f"the Cloud API listens on https://127.0.0.1:{port}/api" in caplog.text
        connection.close()
