"""``/auth/oauth/token``, ``/token``: a key's id and secret for an access token (RFC 6749, 4.4)."""

import asyncio
import base64
import binascii
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.openapi.spec import (
    OpenAPIMediaType,
    Operation,
    RequestBody,
    Schema,
)
from litestar.openapi.spec.enums import OpenAPIType

from logstream.api.refusal import CONTENT_TYPE, Refusal
from logstream.api.visitor import ApiRequest, Office
from logstream.model.limits import ACCESS_TOKEN_LIFE_S, API_SECRET_MAX_CHARS, NAME_MAX_CHARS

_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
_FIELDS_MAX: Final = 16
_FIELDS: Final = ("grant_type", "client_id", "client_secret")


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """What a client shows from now on, as ``Authorization: Bearer …``."""

    access_token: str
    token_type: str
    expires_in: int


@dataclass
class TokenOperation(Operation):
    """The published description of the request's body, which we read by ourselves."""

    def __post_init__(self) -> None:
        """Describe the three fields."""
        schema = Schema(
            type=OpenAPIType.OBJECT,
            required=["grant_type"],
            properties={
                "grant_type": Schema(type=OpenAPIType.STRING, enum=["client_credentials"]),
                "client_id": Schema(type=OpenAPIType.STRING),
                "client_secret": Schema(type=OpenAPIType.STRING),
            },
        )
        self.request_body = RequestBody(
            required=True,
            content={kind: OpenAPIMediaType(schema=schema) for kind in (_FORM, _JSON)},
        )


@post(
    ["/auth/oauth/token", "/token"],
    media_type=CONTENT_TYPE,
    status_code=200,
    operation_class=TokenOperation,
    summary="Get an access token",
)
async def issue_token(
    request: ApiRequest, office: NamedDependency[Office], checks: NamedDependency[asyncio.Semaphore]
) -> AccessToken:
    """Exchange a key's id and secret, by form fields, JSON or HTTP Basic, for an access token."""
    fields = _read_fields(request.headers.get("content-type", ""), await request.body())
    grant_type = fields.get("grant_type")
    if grant_type is None:
        raise Refusal(400, "grant_type is missing: use client_credentials.", code="invalid_request")
    if grant_type != "client_credentials":
        raise Refusal(400, "grant_type must be client_credentials.", code="unsupported_grant_type")
    header = request.headers.get("authorization")
    if header is not None and header[:6].lower() == "basic ":
        key_id, secret = _read_basic(header[6:])
    else:
        key_id, secret = fields.get("client_id", ""), fields.get("client_secret", "")
    if len(key_id) > NAME_MAX_CHARS or len(secret) > API_SECRET_MAX_CHARS:
        raise _invalid_client()
    async with checks:
        key = await asyncio.to_thread(office.store.authenticate, key_id, secret)
    if key is None:
        raise _invalid_client()
    return AccessToken(
        access_token=office.tokens.issue(key.id),
        token_type="Bearer",  # noqa: S106 - the name of the scheme
        expires_in=ACCESS_TOKEN_LIFE_S,
    )


def _invalid_client() -> Refusal:
    return Refusal(
        401,
        "The client credentials are not valid.",
        code="invalid_client",
        headers={"WWW-Authenticate": "Bearer"},
    )


def _read_fields(content_type: str, body: bytes) -> dict[str, str]:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == _JSON:
        return _read_json(body)
    if kind not in {"", _FORM}:
        raise Refusal(415, f"The body must be {_FORM} or {_JSON}.")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_FIELDS_MAX,
        )
    except ValueError:
        raise Refusal(
            400, "The body is not a form that can be read.", code="invalid_request"
        ) from None
    names = [name for name, _ in pairs]
    for name in _FIELDS:
        if names.count(name) > 1:
            raise Refusal(400, f"{name} must be given once.", code="invalid_request")
    return dict(pairs)


def _read_json(body: bytes) -> dict[str, str]:
    try:
        read = msgspec.json.decode(body, type=dict[str, str])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal(
            400, "The body is not a JSON object of strings.", code="invalid_request"
        ) from None
    return read


def _read_basic(credentials: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(credentials.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise _invalid_client() from None
    key_id, _, secret = text.partition(":")
    return key_id, secret
