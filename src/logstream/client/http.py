"""One bounded HTTP call: in time, in size, and in the number of tries.

Stands on urllib3, which is imported with the first call: most commands need none. Redirects are not
followed, so that neither a key nor a token is ever sent to another host.
"""

import random
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlencode, urlsplit

from logstream.errors import ApiError, ConfigError
from logstream.model.limits import (
    HTTP_ANSWER_MAX_BYTES,
    HTTP_ANSWER_MAX_S,
    HTTP_ATTEMPTS_MAX,
    HTTP_RETRY_WAIT_MAX_S,
    HTTP_TIMEOUT_S,
)

if TYPE_CHECKING:
    import urllib3

BUSY: Final = frozenset((429, 502, 503, 504))
"""Statuses that go away: too many requests, and gateways whose service restarts."""
_FIRST_WAIT_S: Final = 0.5
_FORM: Final = "application/x-www-form-urlencoded"
_NO_TLS: Final = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
_READ_BYTES: Final = 64 * 1024


class Answer(NamedTuple):
    """A whole answer."""

    status: int
    body: bytes
    retry_after_s: float | None


class HttpClient:
    """Makes calls to one service and keeps its connections open.

    Args:
        pause: Waits that many seconds between two tries; tests hand in their own.
    """

    def __init__(self, *, pause: Callable[[float], object] = time.sleep) -> None:
        self._pause = pause
        self._pool: urllib3.PoolManager | None = None

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        fields: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make a call, again where the service is busy or out of reach.

        Args:
            method: ``GET`` or ``POST``.
            url: Holds no secret.
            headers: Of the request.
            fields: A form for the body of a ``POST``.

        Returns:
            The last answer, whatever its status.

        Raises:
            ApiError: With status 0: no whole answer came from that host.
        """
        wait_s = _FIRST_WAIT_S
        for tries_left in reversed(range(HTTP_ATTEMPTS_MAX)):
            asked_s: float | None = None
            try:
                answer = self._call_once(method, url, headers, fields)
            except _Unreachable as failure:
                if not (tries_left and failure.again):
                    raise ApiError(f"cannot reach {host_of(url)}: {failure}") from None
            else:
                if answer.status not in BUSY or not tries_left:
                    return answer
                asked_s = answer.retry_after_s
            jittered_s = wait_s * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, no secret
            self._pause(min(max(jittered_s, asked_s or 0.0), HTTP_RETRY_WAIT_MAX_S))
            wait_s *= 2
        raise AssertionError

    def close(self) -> None:
        """Close the connections that are kept open."""
        if self._pool is not None:
            self._pool.clear()
            self._pool = None

    def _call_once(
        self, method: str, url: str, headers: Mapping[str, str], fields: Mapping[str, str] | None
    ) -> Answer:
        import urllib3  # noqa: PLC0415 - takes 30 ms, and most commands make no call

        if self._pool is None:
            self._pool = urllib3.PoolManager(num_pools=2, timeout=HTTP_TIMEOUT_S)
        until_s = time.monotonic() + HTTP_ANSWER_MAX_S
        try:
            response = self._pool.request(
                method,
                url,
                headers={**headers, "Content-Type": _FORM} if fields is not None else dict(headers),
                body=None if fields is None else urlencode(fields),
                preload_content=False,
                redirect=False,
                retries=False,
            )
            try:
                body = _read(response, until_s)
            finally:
                response.close()
        except urllib3.exceptions.SSLError as failure:
            raise _Unreachable(_tls_reason(failure), again=False) from None
        except urllib3.exceptions.LocationValueError as failure:
            raise ConfigError(f"not an address: {url} ({failure})") from None
        except (urllib3.exceptions.HTTPError, OSError) as failure:
            raise _Unreachable(_reason(failure)) from None
        return Answer(response.status, body, _seconds(response.headers.get("retry-after", "")))


def host_of(url: str) -> str:
    """Give the host of ``url``, with its port where it names one, as messages do."""
    return urlsplit(url).netloc.rpartition("@")[2]


class _Unreachable(Exception):
    """No whole answer; ``again`` where another try may bring one."""

    def __init__(self, reason: str, *, again: bool = True) -> None:
        super().__init__(reason)
        self.again = again


def _read(response: "urllib3.BaseHTTPResponse", until_s: float) -> bytes:
    """Read a body within its bounds of size and time."""
    parts: list[bytes] = []
    size_bytes = 0
    while part := response.read1(_READ_BYTES):
        parts.append(part)
        size_bytes += len(part)
        if size_bytes > HTTP_ANSWER_MAX_BYTES:
            raise _Unreachable(
                f"its answer has more than {HTTP_ANSWER_MAX_BYTES} bytes", again=False
            )
        if time.monotonic() > until_s:
            raise _Unreachable(f"its answer took more than {HTTP_ANSWER_MAX_S:.0f} s", again=False)
    return b"".join(parts)


def _tls_reason(failure: BaseException) -> str:
    """Say what TLS did not like, without OpenSSL's file names and codes."""
    inner: BaseException | None = failure
    while inner is not None:
        if verdict := getattr(inner, "verify_message", None):
            return f"its TLS certificate was not accepted: {verdict}"
        if reason := getattr(inner, "reason", None):
            if reason in _NO_TLS:
                return "it does not speak TLS; should the address begin with http://?"
            if isinstance(reason, str):
                return f"TLS failed: {reason.lower().replace('_', ' ')}"
        inner = inner.__cause__ or inner.__context__
    return "TLS failed"


def _reason(failure: BaseException) -> str:
    """Find the system's own words in what urllib3 wraps several times."""
    inner: BaseException | None = failure
    while inner is not None:
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror[:1].lower() + inner.strerror[1:]
        inner = inner.__cause__ or inner.__context__
    text = str(failure.args[-1] if failure.args else failure)
    if "timed out" in text:
        return f"no answer within {HTTP_TIMEOUT_S:.0f} s"
    return text.rpartition("object at 0x")[2].partition("): ")[2] or text


def _seconds(retry_after: str) -> float | None:
    """Read ``Retry-After``; its form as a date is rare and answered by our own wait."""
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() else None
