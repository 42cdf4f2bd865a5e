"""What stands before the application: bounds, headers of every answer, and a last catch.

A request must be over within ``API_REQUEST_TIMEOUT_S``. HEAD is answered as GET would be (the
server leaves out the body). Whatever the application raises becomes an answer, not a closed socket.
"""

import asyncio
import logging
from typing import Final, cast

from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from logstream.api.refusal import ALWAYS, CONTENT_TYPE, Refusal
from logstream.model.limits import API_HEAD_MAX_BYTES, API_REQUEST_TIMEOUT_S

_log: Final = logging.getLogger(__name__)


class Guard:
    """An ASGI application around ``inner``."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the server passes nothing else on."""
        scope = cast("HTTPScope", scope)
        started = False

        async def guarded_send(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                present = {name.lower() for name, _ in message["headers"]}
                missing = (header for header in ALWAYS if header[0] not in present)
                message["headers"] = [*message["headers"], *missing]
            await send(message)

        if _head_bytes(scope) > API_HEAD_MAX_BYTES:
            await _answer(
                Refusal(431, "The request's path and headers are too long."), guarded_send
            )
            return
        if scope["method"] == "HEAD":
            scope = scope.copy()
            scope["method"] = "GET"
        try:
            async with asyncio.timeout(API_REQUEST_TIMEOUT_S):
                await self._inner(scope, receive, guarded_send)
        except TimeoutError:
            refusal = Refusal(408, "The request took too long.")
        except Exception:  # noqa: BLE001 - the last catch there is
            # Nothing that a request holds is logged: it may be a secret.
            _log.exception("a request could not be answered: %s", scope["method"])
            refusal = Refusal(500, "Something went wrong here.", code="internal_error")
        else:
            return
        if not started:
            await _answer(refusal, guarded_send)


def _head_bytes(scope: HTTPScope) -> int:
    line = len(scope["method"]) + len(scope["raw_path"]) + len(scope["query_string"])
    return line + sum(len(name) + len(value) for name, value in scope["headers"])


async def _answer(refusal: Refusal, send: Send) -> None:
    body = refusal.body()
    await send(
        {
            "type": "http.response.start",
            "status": refusal.status,
            "headers": [
                (b"content-type", CONTENT_TYPE.encode()),
                (b"content-length", str(len(body)).encode()),
                (b"connection", b"close"),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
