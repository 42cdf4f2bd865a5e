import asyncio
import json
import logging

import pytest
from litestar.types import ASGIApp, Receive, Scope, Send

from doubles.cloud_api import Answer, ask
from logstream.api import guard
from logstream.api.guard import Guard
from logstream.model.limits import API_HEAD_MAX_BYTES


async def through(inner: ASGIApp, method: str = "GET", path: str = "/") -> Answer:
    return await ask(Guard(inner), method, path, query="", headers={}, body=b"")


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    method = scope["method"]  # type: ignore[typeddict-item]
    headers = [(b"cache-control", b"max-age=9")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": method.encode(), "more_body": False})


async def fail(scope: Scope, receive: Receive, send: Send) -> None:
    raise LookupError("hunter2 " + str(scope["path"]))


async def hang(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.Event().wait()


async def test_head_is_answered_as_get() -> None:
    assert (await through(answer, "HEAD")).body == b"GET"
    assert (await through(answer, "POST")).body == b"POST"


async def test_missing_headers_are_added_and_present_ones_kept() -> None:
    headers = (await through(answer)).headers
    assert headers["cache-control"] == "max-age=9"
    assert headers["x-content-type-options"] == "nosniff"


async def test_a_fault_of_ours_is_answered_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        found = await through(fail)
    assert found.status == 500
    assert found.json["error"] == "internal_error"
    assert "hunter2" not in found.body.decode()
    assert caplog.records


async def test_a_request_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "API_REQUEST_TIMEOUT_S", 0.01)
    found = await through(hang)
    assert (found.status, found.headers["connection"]) == (408, "close")


async def test_a_long_head_is_refused() -> None:
    found = await through(answer, path="/" + "x" * API_HEAD_MAX_BYTES)
    assert found.status == 431
    assert set(json.loads(found.body)) == {"error", "message"}
