"""A Cloud API on a real socket: answers what a test laid down, and remembers what was asked."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, urlsplit


class Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str


class Reply(NamedTuple):
    """One answer; ``body`` is made JSON unless it is bytes."""

    status: int
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()


Answer = Reply | Callable[[Asked], Reply]


class CloudApiServer:
    """Serves ``/api`` on loopback.

    ``answers`` maps paths below ``/api`` to an answer, or to a list of answers of which the last
    one stays.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers: dict[str, Answer | list[Answer]] = {
            "/auth/oauth/token": Reply(200, {"access_token": "token-1", "expires_in": 300})
        }
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.serve(self)

            def do_POST(self) -> None:
                server.serve(self)

            def log_message(self, *args: Any) -> None: ...

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/api"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        length = int(request.headers.get("Content-Length") or 0)
        asked = Asked(
            request.command,
            parts.path.removeprefix("/api"),
            {name: values[-1] for name, values in parse_qs(parts.query).items()},
            {name.lower(): value for name, value in request.headers.items()},
            request.rfile.read(length).decode(),
        )
        self.asked.append(asked)
        reply = self._reply(asked)
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        request.send_response(reply.status)
        for name, value in reply.headers:
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def paths(self) -> list[str]:
        """The paths that were asked for, in order, without the token's."""
        return [asked.path for asked in self.asked if asked.path != "/auth/oauth/token"]

    def _reply(self, asked: Asked) -> Reply:
        answer = self.answers.get(asked.path, Reply(404, {"error": "not_found", "message": "?"}))
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        return answer(asked) if callable(answer) else answer


def hal(items: list[dict[str, Any]], total: int | None = None) -> dict[str, Any]:
    """A list as the Cloud API gives it."""
    return {"total": len(items) if total is None else total, "_embedded": {"items": items}}


def serve_application(server: CloudApiServer, stream_url: str) -> None:
    """Lay down one application ``app`` with the environment ``dev``, streamed at ``stream_url``."""
    uuid = "a47ac10b-58cc-4372-a567-0e02b2c3d470"
    application = {"uuid": uuid, "name": "app", "hosting": {"id": "devcloud:app"}}
    server.answers["/applications"] = Reply(200, hal([application]))
    server.answers[f"/applications/{uuid}"] = Reply(200, application)
    environment = {"id": f"24-{uuid}", "name": "dev", "label": "Dev"}
    server.answers[f"/applications/{uuid}/environments"] = Reply(200, hal([environment]))
    params = {"t": 1516990002, "hmac": "d8b940bb.key-1", "environment": "dev", "site": "c:app"}
    server.answers[f"/environments/24-{uuid}/logstream"] = Reply(
        200, {"logstream": {"url": stream_url, "params": params}}
    )
