"""What the Cloud API says when it does not do what it is asked: an error code and a message."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec

CONTENT_TYPE: Final = "application/hal+json"
"""The media type of every answer but the OpenAPI document's."""

ALWAYS: Final = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)
"""Headers of every answer that does not have them: answers hold tickets and tokens."""

CODES: Final[Mapping[int, str]] = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "payload_too_large",
    415: "unsupported_media_type",
    431: "request_header_fields_too_large",
    503: "service_unavailable",
}
"""The ``error`` of a status where nothing more exact is known."""


class Refusal(Exception):
    """A request that is not done, and what its sender is told.

    Attributes:
        status: The HTTP status code.
        code: The ``error`` of the answer.
        message: The ``message`` of the answer: one line for a person.
        headers: Further headers of the answer.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code if code is not None else CODES[status]
        self.message = message
        self.headers = dict(headers or {})

    def body(self) -> bytes:
        """Encode the answer's body."""
        return msgspec.json.encode(self.shape())

    def shape(self) -> "Problem":
        """Give the answer's body as a value."""
        return Problem(error=self.code, message=self.message)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every answer that is not a success.

    Attributes:
        error: A code for programs.
        message: One line for a person.
    """

    error: str
    message: str


_MESSAGES: Final[Mapping[int, str]] = {
    400: "The request cannot be understood.",
    404: "There is nothing at this path.",
    405: "This method cannot be used here; the Allow header says which can.",
    413: "The request's body is too large.",
}
"""What is said where the web framework, not we, found what is wrong."""


def of_status(status: int, *, headers: Mapping[str, str] | None = None) -> Refusal:
    """Give the refusal of a status for which the web framework, not we, found the reason."""
    return Refusal(
        status,
        _MESSAGES.get(status, f"{HTTPStatus(status).phrase}."),
        code=CODES.get(status, HTTPStatus(status).name.lower()),
        headers=headers,
    )


def not_found(what: str) -> Refusal:
    """Say that ``what`` does not exist or may not be seen; nobody learns which of both."""
    return Refusal(
        404,
        f"The {what} you are trying to access does not exist,"
        " or you do not have permission to access it.",
    )


def unauthorized(message: str) -> Refusal:
    """Say that a request needs an access token, or a better one."""
    return Refusal(401, message, headers={"WWW-Authenticate": "Bearer"})
