"""The Cloud API, as a person's or a logtailor's key sees it.

Blocking calls, to be made on a thread of their own beside an event loop. Works against Acquia Cloud
and against any service of the same shape. No message of an error holds a key's secret or a token.
"""

import time
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Final, TypeVar
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID

import msgspec

from logstream.client.cloud_api_types import (
    Account,
    Application,
    ApplicationEnvironment,
    ConnectionDetails,
    Offer,
)
from logstream.client.credentials import Credentials
from logstream.client.foreign_text import one_line
from logstream.client.http import Answer, HttpClient, host_of
from logstream.errors import ApiError, AuthenticationError, ConfigError, NotFound, UsageError
from logstream.model.limits import HTTP_PAGE_ITEMS, HTTP_PAGES_MAX, TOKEN_MARGIN_S

ACQUIA_ENDPOINT: Final = "https://cloud.acquia.com/api"
ACQUIA_TOKEN_URL: Final = "https://accounts.acquia.com/api/auth/oauth/token"  # noqa: S105
_TOKEN_LIFE_S: Final = 300.0
"""Assumed where the service does not say; Acquia's tokens live that long."""
_NAMES_SHOWN: Final = 8

T = TypeVar("T")


class _Page(msgspec.Struct):
    embedded: dict[str, list[msgspec.Raw]] = msgspec.field(name="_embedded", default={})
    links: dict[str, msgspec.Raw] = msgspec.field(name="_links", default={})
    total: int | None = None


class _Token(msgspec.Struct):
    access_token: str
    expires_in: float | None = None


class _Params(msgspec.Struct):
    t: int | float | str
    hmac: str
    environment: str
    site: str


class _Logstream(msgspec.Struct):
    url: str
    params: _Params
    protocols: tuple[str, ...] = ()


class _LogstreamAnswer(msgspec.Struct):
    logstream: _Logstream


class _Failure(msgspec.Struct):
    error: str = ""
    message: str | list[str] = ""
    error_description: str = ""


class CloudAPI:
    """Says which applications and environments there are, and hands out connection details.

    Args:
        credentials: A key and its secret.
        endpoint: The API's base; empty for what the credentials name, else Acquia Cloud.
        token_url: Where the key is exchanged for a token; empty for the service's usual place.
        http: Makes the calls; tests hand in one that does not wait.
        clock: Seconds that only go forward.

    Raises:
        ConfigError: The endpoint is not an ``http`` or ``https`` address.
    """

    def __init__(
        self,
        credentials: Credentials,
        endpoint: str = "",
        token_url: str = "",
        *,
        http: HttpClient | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        chosen = (endpoint or credentials.endpoint or ACQUIA_ENDPOINT).rstrip("/")
        usual = ACQUIA_TOKEN_URL if chosen == ACQUIA_ENDPOINT else f"{chosen}/auth/oauth/token"
        self.endpoint = _checked(chosen)
        self._token_url = _checked(token_url or usual)
        self._credentials = credentials
        self._http = http or HttpClient()
        self._clock = clock
        self._token = ""
        self._token_ends_s = 0.0

    def account(self) -> Account:
        """Say whose credentials these are."""
        return self._get("/account", Account)

    def applications(self) -> list[Application]:
        """List the applications that the key may see."""
        return list(self._items("/applications", Application))

    def find_application(self, application: str) -> Application:
        """Find one application.

        Args:
            application: Its UUID, its name, or its hosting id ``realm:sitename``.

        Raises:
            NotFound: There is none; names some that exist.
            UsageError: Several have that name.
        """
        if _is_uuid(application):
            found = self._get_if_there(f"/applications/{quote(application)}", Application)
            if found is not None:
                return found
        elif ":" not in application and not set(application) & set(",;=@*"):
            # Saves reading hundreds; a service without filters answers with all, which is as well.
            named = self._items("/applications", Application, filter=f"name={application}")
            exact = [each for each in named if each.name == application]
            if exact:
                return _only(exact, application)
        every = self.applications()
        matching = [a for a in every if application in (a.name, a.hosting_id, a.uuid)]
        if matching:
            return _only(matching, application)
        known = _some([a.name or a.uuid for a in every])
        raise NotFound(f"no application {application!r} at {self.host}: {known}")

    def environments(self, application: Application) -> list[ApplicationEnvironment]:
        """List an application's environments that the key may see."""
        path = f"/applications/{quote(application.uuid, safe='')}/environments"
        return list(self._items(path, ApplicationEnvironment))

    def environment(self, application: Application, name: str) -> ApplicationEnvironment:
        """Find one environment of an application by its name (or its id).

        Raises:
            NotFound: There is none; names those that exist.
        """
        every = self.environments(application)
        for environment in every:
            if name in (environment.name, environment.id):
                return environment
        known = _some([e.name for e in every])
        of = application.name or application.uuid
        raise NotFound(f"no environment {name!r} of application {of!r} at {self.host}: {known}")

    def logstream(self, environment_id: str) -> ConnectionDetails:
        """Get fresh connection details for one environment.

        Raises:
            NotFound: There is no such environment, or it has no stream.
        """
        path = f"/environments/{quote(environment_id, safe='')}/logstream"
        found = self._get_if_there(path, _LogstreamAnswer)
        if found is None:
            raise NotFound(f"{self.host} has no log stream for environment {environment_id!r}")
        stream = found.logstream
        if urlsplit(stream.url).scheme not in ("ws", "wss"):
            raise self._odd(f"names {one_line(stream.url)!r} as the stream's address")
        return ConnectionDetails(
            url=stream.url,
            site=stream.params.site,
            env=stream.params.environment,
            t=_passed_on(stream.params.t),
            hmac=stream.params.hmac,
            protocols=stream.protocols,
        )

    def offers(self) -> list[Offer]:
        """Get fresh tickets for all environments that a logtailor's or a hub's key is bound to."""
        return list(self._items("/offers", Offer))

    def close(self) -> None:
        """Close the connections that are kept open; another call opens them again."""
        self._http.close()

    @property
    def host(self) -> str:
        """The endpoint's host, as messages name it."""
        return host_of(self.endpoint)

    @property
    def in_clear(self) -> bool:
        """Whether the key travels to another machine without TLS, for all on the way to read."""
        return any(
            parts.scheme == "http" and not _is_loopback(parts.hostname or "")
            for parts in map(urlsplit, (self.endpoint, self._token_url))
        )

    def _items(self, path: str, kind: type[T], **query: str) -> Iterator[T]:
        """Give all items of a list, page by page."""
        offset = 0
        first: bytes | None = None
        for _ in range(HTTP_PAGES_MAX):
            asked = urlencode({**query, "limit": HTTP_PAGE_ITEMS, "offset": offset})
            page = self._get(f"{path}?{asked}", _Page)
            items = page.embedded.get("items", [])
            if not items or bytes(items[0]) == first:  # a service that knows no offset
                return
            first = bytes(items[0])
            for item in items:
                yield self._decode(bytes(item), path, kind)
            offset += len(items)
            if "next" not in page.links and (page.total is None or offset >= page.total):
                return
        raise self._odd(f"lists more at {path} than anyone can read")

    def _get(self, path: str, kind: type[T]) -> T:
        found = self._get_if_there(path, kind)
        if found is None:
            raise ApiError(f"{self.host} has no {path.partition('?')[0]}", status=404)
        return found

    def _get_if_there(self, path: str, kind: type[T]) -> T | None:
        """Get one answer, or None where there is no such thing."""
        answer = self._authorised(path)
        if answer.status == 401:  # noqa: PLR2004 - the token was revoked, or the service restarted
            self._token = ""
            answer = self._authorised(path)
        if answer.status == 404:  # noqa: PLR2004
            return None
        if answer.status != 200:  # noqa: PLR2004
            raise self._failure(answer, path)
        return self._decode(answer.body, path, kind)

    def _authorised(self, path: str) -> Answer:
        headers = {
            "Authorization": f"Bearer {self._fresh_token()}",
            "Accept": "application/hal+json, application/json",
        }
        return self._http.call("GET", self.endpoint + path, headers=headers)

    def _fresh_token(self) -> str:
        if not self._token or self._clock() >= self._token_ends_s:
            form = {
                "client_id": self._credentials.api_key,
                "client_secret": self._credentials.api_secret,
                "grant_type": "client_credentials",
            }
            headers = {"Accept": "application/json"}
            answer = self._http.call("POST", self._token_url, headers=headers, fields=form)
            if answer.status in (400, 401, 403):
                raise AuthenticationError(
                    f"{host_of(self._token_url)} refuses the API key from "
                    f"{self._credentials.origin}: {_said(answer)}"
                )
            if answer.status != 200:  # noqa: PLR2004
                raise self._failure(answer, urlsplit(self._token_url).path)
            token = self._decode(answer.body, urlsplit(self._token_url).path, _Token)
            if not (token.access_token.isascii() and token.access_token.isprintable()):
                raise self._odd("gave a token that cannot be used")
            life_s = token.expires_in if token.expires_in is not None else _TOKEN_LIFE_S
            self._token = token.access_token
            self._token_ends_s = self._clock() + life_s - min(TOKEN_MARGIN_S, life_s / 2)
        return self._token

    def _decode(self, body: bytes, path: str, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as failure:
            raise self._odd(
                f"gave an answer for {path.partition('?')[0]} that is not the Cloud API's: "
                f"{one_line(str(failure))}"
            ) from None

    def _odd(self, what: str) -> ApiError:
        """Say what is wrong with an answer that came, so that no other try mends it."""
        return ApiError(f"{self.host} {what}", status=200)

    def _failure(self, answer: Answer, path: str) -> ApiError | AuthenticationError:
        where = f"{self.host}{urlsplit(self.endpoint).path}{path.partition('?')[0]}"
        if answer.status in (401, 403):
            return AuthenticationError(
                f"{self.host} refuses the API key from {self._credentials.origin}: {_said(answer)}"
            )
        return ApiError(f"{where} answered {_said(answer)}", status=answer.status)


def _passed_on(t: float | str) -> int | str:
    """Give a ticket's time as the hub must see it: whole numbers stay whole."""
    return int(t) if isinstance(t, float) else t


def _said(answer: Answer) -> str:
    """Give an answer's status and what it says, in one line."""
    try:
        failure = msgspec.json.decode(answer.body, type=_Failure)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return f"{answer.status}"
    message = failure.message if isinstance(failure.message, str) else " ".join(failure.message)
    said = one_line(message or failure.error_description or failure.error)
    return f"{answer.status} ({said})" if said else f"{answer.status}"


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        fits = (
            parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        )
        fits = fits and not parts.query and not parts.fragment and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        shown = one_line(url.rpartition("@")[2])
        raise ConfigError(f"the endpoint {shown!r} is not an address: use https://HOST/api")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _only(applications: list[Application], asked: str) -> Application:
    if len(applications) > 1:
        uuids = _some([a.uuid for a in applications])
        raise UsageError(f"{len(applications)} applications are called {asked!r}: {uuids}")
    return applications[0]


def _some(names: list[str]) -> str:
    """Name a few of what there is."""
    if not names:
        return "the key sees none"
    shown = ", ".join(one_line(name) for name in sorted(names)[:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    return f"there is {shown} and {more} more" if more > 0 else f"there is {shown}"
