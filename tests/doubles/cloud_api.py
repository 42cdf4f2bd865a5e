"""A Cloud API with something in it, asked without a socket or served on one.

Two applications; ``jane`` (a person) and ``srv-6`` (a logtailor) are granted both environments of
the first, ``hub`` is granted one of each, ``bob`` is granted the second application's.
"""

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar.types import ASGIApp, Message

from logstream.api.app import create_app
from logstream.api.config import ApiConfig
from logstream.api.service import ApiService
from logstream.api.visitor import Office
from logstream.store.entities import Application, Environment, KeyKind
from logstream.store.store import Store

SECRET = b"a secret shared with the hubs"
HUB_URL = "wss://hub.example.com/ah_websocket/logstream/v1"
API_SECRET = "open sesame"
NOW_S = 1_600_000_000
UUID = "8b83a104-2f09-4a5e-9210-d663bd873d93"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class CloudApi:
    """The API and what is in it."""

    app: ASGIApp
    office: Office
    store: Store
    application: Application
    dev: Environment
    prod: Environment
    other: Environment

    async def ask(
        self,
        path: str,
        *,
        key: str | None = None,
        method: str = "GET",
        query: Mapping[str, str] | str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """Send one request; ``key`` is whose access token goes with it."""
        sent = {"host": "api.example.com", **(headers or {})}
        if key is not None:
            sent["authorization"] = f"Bearer {self.office.tokens.issue(key)}"
        asked = query if isinstance(query, str) else urlencode(query)
        return await ask(self.app, method, path, query=asked, headers=sent, body=body)

    async def ask_token(
        self, fields: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask for an access token by form."""
        return await self.ask(
            "/api/auth/oauth/token",
            method="POST",
            headers={"content-type": "application/x-www-form-urlencoded", **(headers or {})},
            body=urlencode(fields).encode(),
        )


async def ask(
    app: ASGIApp,
    method: str,
    path: str,
    *,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
) -> Answer:
    """Send one request to an ASGI application."""
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    sent: list[Message] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start: Any = sent[0]
    return Answer(
        status=start["status"],
        headers={name.decode().lower(): value.decode() for name, value in start["headers"]},
        body=b"".join(message.get("body", b"") for message in sent[1:]),  # type: ignore[misc]
    )


@contextlib.contextmanager
def cloud_api(directory: Path, **changes: Any) -> Iterator[CloudApi]:
    """Make a Cloud API whose database is in ``directory``; ``changes`` are to its configuration."""
    database, secret_file = directory / "logstream.db", directory / "secret"
    secret_file.write_bytes(SECRET + b"\n")
    config = ApiConfig(
        database=str(database), secret_file=str(secret_file), hub_urls=[HUB_URL], port=0
    )
    config = msgspec.structs.replace(config, **changes)
    store = Store.open(config.database)
    application = store.create_application("Sample", "devcloud:sample", uuid=UUID)
    dev = store.create_environment(application, "dev")
    prod = store.create_environment(application, "prod")
    other = store.create_environment(store.create_application("Other", "devcloud:other"), "dev")
    for key_id, kind, granted, server in (
        ("jane", KeyKind.PERSON, [dev, prod], None),
        ("srv-6", KeyKind.LOGTAILOR, [dev, prod], "srv-6"),
        ("hub", KeyKind.HUB, [dev, other], None),
        ("bob", KeyKind.PERSON, [other], None),
    ):
        store.create_key(kind, granted, key_id=key_id, secret=API_SECRET, server=server)
    office = Office(config, store, SECRET, now_s=lambda: NOW_S)
    try:
        yield CloudApi(create_app(office), office, store, application, dev, prod, other)
    finally:
        store.close()


@contextlib.contextmanager
def served(api: CloudApi) -> Iterator[int]:
    """Serve ``api`` on a real socket, from a thread; gives the port."""
    loop = asyncio.new_event_loop()
    service = ApiService(api.office.config, api.store, secret=SECRET)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(service.start(), loop).result(timeout=10)
    finally:
        asyncio.run_coroutine_threadsafe(service.stop(), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
