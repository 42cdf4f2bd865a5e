"""The Cloud API as an ASGI application: its routes, what each request is given, and its errors."""

import asyncio
import logging
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, Final

import msgspec
from litestar import Litestar, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import QueryParameter
from litestar.types import ASGIApp

from logstream.api import (
    account,
    applications,
    environments,
    logs,
    logstream_details,
    offers,
    page,
    servers,
    session,
    token_exchange,
)
from logstream.api.guard import Guard
from logstream.api.hal import Links
from logstream.api.listing import Wanted
from logstream.api.openapi import SECURITY_SCHEME, describe
from logstream.api.refusal import CONTENT_TYPE, Problem, Refusal, of_status
from logstream.api.visitor import ApiRequest, Office, admit
from logstream.errors import StoreUnavailable
from logstream.model.limits import API_BODY_MAX_BYTES, SECRET_CHECKS_MAX

_NUMBER: Final = {"one_of": None, "type": OpenAPIType.INTEGER}
_FilterText = Annotated[
    str | None,
    QueryParameter(description="Conditions: field=value or field=@*part*; `,` is or, `;` is and."),
]
_SortText = Annotated[
    str | None, QueryParameter(description="Fields, separated by commas; -field descends.")
]
_NumberText = Annotated[str | None, QueryParameter(schema_extra=_NUMBER)]
"""Read as text, so that what is no number is refused in our words."""

_log: Final = logging.getLogger(__name__)


class Index(msgspec.Struct, frozen=True, kw_only=True, rename={"links": "_links"}):
    """Where everything begins."""

    links: Links


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the API can do its work."""

    status: str


@get("/", media_type=CONTENT_TYPE, sync_to_thread=False, summary="Where to begin")
def show_index(request: ApiRequest, office: NamedDependency[Office]) -> Index:
    """Link to what there is."""
    address = office.address(request)
    paths = ("/account", "/applications", "/offers", "/auth/oauth/token")
    links = {path.rpartition("/")[2]: address.link(path) for path in paths}
    return Index(
        links={"self": address.link("/"), "service-desc": address.link("/openapi.json"), **links}
    )


@get("/healthz", sync_to_thread=True, summary="Is the API alive?")
def show_health(office: NamedDependency[Office]) -> Health:
    """Ask the database something small."""
    office.store.ping()
    return Health(status="ok")


PROTECTED: Final[tuple[HTTPRouteHandler, ...]] = (
    account.show_account,
    applications.list_applications,
    applications.show_application,
    environments.list_environments,
    environments.show_environment,
    servers.list_servers,
    logs.list_logs,
    logs.download_log,
    logstream_details.show_logstream,
    offers.list_offers,
)
"""What needs an access token."""

OPEN: Final[tuple[HTTPRouteHandler, ...]] = (show_index, token_exchange.issue_token)
"""What needs none."""


def create_app(office: Office) -> ASGIApp:
    """Make the application."""
    base_path = office.config.base_path

    # The framework would serve the description by itself, along with an HTML page of its own for
    # every unknown path beside it: so it is made, once, by an application that serves nothing.
    @cache
    def published() -> dict[str, Any]:
        return _framework(office, [], describe(base_path)).openapi_schema.to_schema()

    @get(f"{base_path}/openapi.json", sync_to_thread=True, media_type="application/json")
    def show_openapi() -> dict[str, Any]:
        return published()

    return Guard(_framework(office, [show_openapi], None))


def _framework(
    office: Office,
    handlers: Sequence[HTTPRouteHandler | Router],
    openapi_config: OpenAPIConfig | None,
) -> Litestar:
    checks = asyncio.Semaphore(SECRET_CHECKS_MAX)
    config = office.config
    if config.base_path:
        served = page.handlers(page.Page(config.hub_urls))
        served += [session.begin_session, session.show_session, session.end_session]
        handlers = [Router(config.page_path or "/", route_handlers=served), *handlers]
    return Litestar(
        [_router(config.base_path), show_health, *handlers],
        dependencies={
            "office": Provide(lambda: office, sync_to_thread=False),
            "checks": Provide(lambda: checks, sync_to_thread=False),
        },
        exception_handlers={
            Refusal: _refused,
            HTTPException: _refused_by_framework,
            StoreUnavailable: _store_unavailable,
        },
        openapi_config=openapi_config,
        request_max_body_size=API_BODY_MAX_BYTES,
        logging_config=None,
    )


def _router(base_path: str) -> Router:
    protected = Router(
        "/",
        route_handlers=list(PROTECTED),
        security=[{SECURITY_SCHEME: []}],
        dependencies={
            "visitor": Provide(admit, sync_to_thread=True),
            "wanted": Provide(_wanted, sync_to_thread=False),
        },
    )
    return Router(base_path or "/", route_handlers=[protected, *OPEN])


def _wanted(
    filter: _FilterText = None,  # noqa: A002 - the query's own word
    sort: _SortText = None,
    limit: _NumberText = None,
    offset: _NumberText = None,
) -> Wanted:
    return Wanted(filter=filter, sort=sort, limit=limit, offset=offset)


def _refused(_request: ApiRequest, refusal: Refusal) -> Response[Problem]:
    return Response(
        refusal.shape(),
        status_code=refusal.status,
        headers=refusal.headers,
        media_type=CONTENT_TYPE,
    )


def _refused_by_framework(request: ApiRequest, exc: HTTPException) -> Response[Problem]:
    return _refused(request, of_status(exc.status_code, headers=exc.headers))


def _store_unavailable(request: ApiRequest, exc: StoreUnavailable) -> Response[Problem]:
    _log.error("%s", exc)
    return _refused(request, Refusal(503, "The database does not answer: try again later."))
