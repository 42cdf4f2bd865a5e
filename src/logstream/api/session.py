"""``/session``, for the page: begin a session with a key or a one-time link, show it, end it.

The session is an ``HttpOnly``, ``SameSite=Strict`` cookie, which scripts cannot read and other
sites' requests do not carry. What changes state must also carry the header ``X-Logstream: 1``,
which no other site can send without a permission that is never given.
"""

import asyncio
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec
from litestar import Response, delete, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency

from logstream.api.refusal import CONTENT_TYPE, Refusal, unauthorized
from logstream.api.session_token import COOKIE
from logstream.api.visitor import ApiRequest, Office
from logstream.model.limits import API_SECRET_MAX_CHARS, NAME_MAX_CHARS, PAGE_SESSION_LIFE_S
from logstream.store.entities import Key, KeyKind

_HEADER: Final = "x-logstream"
_JSON: Final = "application/json"


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key with its secret, or the token of a one-time link."""

    key: str = ""
    secret: str = ""
    token: str = ""


class SessionShown(msgspec.Struct, frozen=True, kw_only=True):
    """A session, as the page shows it.

    Attributes:
        key: The key that it was begun with.
        user: Whose it is.
        ends_at_s: When it ends, Unix seconds.
    """

    key: str
    user: str
    ends_at_s: int


@post("/session", media_type=CONTENT_TYPE, status_code=201, include_in_schema=False)
async def begin_session(
    request: ApiRequest, office: NamedDependency[Office], checks: NamedDependency[asyncio.Semaphore]
) -> Response[SessionShown]:
    """Let a person's key in, and set the cookie."""
    _demand_own_page(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        raise Refusal(415, f"The body must be {_JSON}.")
    asked = _read(await request.body())
    if asked.token:
        key_id = office.one_time_links.spend(asked.token, now_s=office.now())
        key = None if key_id is None else await asyncio.to_thread(office.store.find_key, key_id)
        refusal = unauthorized("This link was used before or is too old: sign in with a key.")
    else:
        async with checks:
            key = await asyncio.to_thread(office.store.authenticate, asked.key, asked.secret)
        refusal = unauthorized("The key or its secret is not right.")
    if key is None:
        raise refusal
    if key.kind is not KeyKind.PERSON:
        raise Refusal(403, "This key offers logs and may not watch them: use a person's key.")
    token = office.sessions.issue(key.id)
    return Response(
        _shown(key, office.sessions.read(token).ends_at_s),
        cookies=[_cookie(request, office, token, PAGE_SESSION_LIFE_S)],
    )


@get("/session", media_type=CONTENT_TYPE, sync_to_thread=True, include_in_schema=False)
def show_session(request: ApiRequest, office: NamedDependency[Office]) -> SessionShown:
    """Show whose session it is."""
    cookie = request.cookies.get(COOKIE)
    if cookie is None:
        raise unauthorized("There is no session: sign in.")
    session = office.sessions.read(cookie)
    key = office.store.find_key(session.key_id)
    if key is None:
        raise unauthorized("The key of this session is revoked.")
    return _shown(key, session.ends_at_s)


@delete("/session", sync_to_thread=False, include_in_schema=False)
def end_session(request: ApiRequest, office: NamedDependency[Office]) -> Response[None]:
    """Make the browser forget the cookie."""
    _demand_own_page(request)
    return Response(None, status_code=204, cookies=[_cookie(request, office, "", 0)])


def _demand_own_page(request: ApiRequest) -> None:
    if request.headers.get(_HEADER) != "1":
        raise Refusal(403, "The header X-Logstream: 1 is missing: only the page may ask this.")


def _read(body: bytes) -> SignIn:
    try:
        asked = msgspec.json.decode(body, type=SignIn)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Refusal(400, "The body must be key and secret, or token, as JSON.") from None
    if bool(asked.token) == bool(asked.key or asked.secret):
        raise Refusal(400, "Give key and secret, or token.")
    if len(asked.key) > NAME_MAX_CHARS or max(len(asked.secret), len(asked.token)) > (
        API_SECRET_MAX_CHARS
    ):
        raise unauthorized("The key or its secret is not right.")
    return asked


def _shown(key: Key, ends_at_s: int) -> SessionShown:
    return SessionShown(key=key.id, user=key.label or key.id, ends_at_s=ends_at_s)


def _cookie(request: ApiRequest, office: Office, value: str, life_s: int) -> Cookie:
    root = urlsplit(office.address(request).root)
    strict: Literal["strict"] = "strict"
    return Cookie(
        key=COOKIE,
        value=value,
        max_age=life_s,
        path=root.path.removesuffix(office.config.base_path) + office.config.page_path + "/",
        secure=root.scheme == "https",
        httponly=True,
        samesite=strict,
    )
