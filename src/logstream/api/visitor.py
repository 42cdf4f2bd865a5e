"""Whose request it is, and what that key may see: the one place where access is decided."""

import time
from collections.abc import Callable
from itertools import count
from typing import Final

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency

from logstream.api.access_token import AccessTokens
from logstream.api.config import ApiConfig
from logstream.api.hal import Address, address_of
from logstream.api.one_time_link import OneTimeLinks
from logstream.api.refusal import not_found, unauthorized
from logstream.api.session_token import COOKIE, SessionTokens
from logstream.model.ticket import Ticket, sign
from logstream.store.entities import Application, Environment, Key
from logstream.store.store import Store

_SCHEME: Final = "bearer"

ApiRequest = Request[None, None, State]


class Office:
    """What all requests share: the configuration, the store, and the shared secret's uses.

    Args:
        config: How the API is run.
        store: Where applications, environments and keys are.
        secret: Shared with the hubs.
        now_s: The clock, Unix seconds.
    """

    def __init__(
        self,
        config: ApiConfig,
        store: Store,
        secret: bytes,
        *,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self.config = config
        self.store = store
        self.tokens = AccessTokens(secret)
        self.sessions = SessionTokens(secret)
        self.one_time_links = OneTimeLinks()
        self._secret = secret
        self._now_s = now_s
        self._turns = count()

    def sign(self, ticket: Ticket) -> str:
        """Sign a ticket with the secret that the hubs share."""
        return sign(ticket, secret=self._secret)

    def now(self) -> int:
        """Give the time, whole Unix seconds."""
        return int(self._now_s())

    def next_hub_url(self) -> str:
        """Give a hub's URL: each in turn, so that who reconnects does not return to a dead one."""
        urls = self.config.hub_urls
        return urls[next(self._turns) % len(urls)]

    def address(self, request: ApiRequest) -> Address:
        """Find the address by which the sender of ``request`` knows the API.

        Raises:
            Refusal: The request's host is none that could stand in a link.
        """
        scheme, host = str(request.scope["scheme"]), request.headers.get("host")
        if self.config.trust_forwarded:
            # A chain of proxies appends; the first is the one that people reach.
            proto = request.headers.get("x-forwarded-proto", scheme)
            scheme = proto.partition(",")[0].strip().lower()
            forwarded = request.headers.get("x-forwarded-host")
            host = forwarded.partition(",")[0].strip() if forwarded is not None else host
        bound = request.scope["server"] or (self.config.host, self.config.port)
        return address_of(
            public_url=self.config.public_url,
            base_path=self.config.base_path,
            scheme=scheme,
            host=host,
            bound=(bound[0], bound[1] or self.config.port),
        )


class Visitor:
    """The holder of a good access token or of a session, and what it may see.

    Attributes:
        key: Its key, as the store has it now.
        address: Where the API is, as it knows it.
        office: What all requests share.
    """

    def __init__(self, key: Key, address: Address, office: Office) -> None:
        self.key = key
        self.address = address
        self.office = office

    def applications(self) -> list[Application]:
        """Give the applications in which the key is granted an environment."""
        return self.office.store.list_applications(key=self.key)

    def application(self, uuid: str) -> Application:
        """Give one of them.

        Raises:
            Refusal: It does not exist, or the key may not see it: the same answer.
        """
        for application in self.applications():
            if application.uuid == uuid.lower():
                return application
        raise not_found("application")

    def environments(self, application: Application | None = None) -> list[Environment]:
        """Give the environments that the key is granted (of one application)."""
        return self.office.store.list_environments(application, key=self.key)

    def environment(self, environment_id: str) -> Environment:
        """Give one of them.

        Raises:
            Refusal: It does not exist, or the key may not see it: the same answer.
        """
        for environment in self.environments():
            if environment.id == environment_id.lower():
                return environment
        raise not_found("environment")


def admit(request: ApiRequest, office: NamedDependency[Office]) -> Visitor:
    """Let the sender of ``request`` in. It reads the store, so it runs in a thread.

    Raises:
        Refusal: There is no access token and no session, or it is not good, or its key is revoked.
    """
    header, cookie = request.headers.get("authorization"), request.cookies.get(COOKIE)
    if header is None and cookie is not None and request.method == "GET":
        key = office.store.find_key(office.sessions.read(cookie).key_id)
        if key is None:
            raise unauthorized("The key of this session is revoked.")
        return Visitor(key, office.address(request), office)
    if header is None:
        raise unauthorized("An access token is needed: Authorization: Bearer <token>.")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != _SCHEME or not token.strip():
        raise unauthorized("The Authorization header must be: Bearer <token>.")
    key = office.store.find_key(office.tokens.read(token.strip()))
    if key is None:
        raise unauthorized("The key that this access token was issued to is revoked.")
    return Visitor(key, office.address(request), office)
