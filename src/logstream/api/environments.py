"""``/environments`` and the environments of an application: those that a key is granted."""

import re
from typing import Annotated, Final

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import PathParameter

from logstream.api.hal import Address, Links
from logstream.api.listing import Pagination, Wanted, page
from logstream.api.refusal import CONTENT_TYPE
from logstream.api.visitor import Visitor
from logstream.store.entities import Environment

_NOT_FOR_HOST_NAMES: Final = re.compile(r"[^a-z0-9]+")
_LABEL_MAX_CHARS: Final = 63
"""Of one part of a host name (RFC 1035)."""
_FLAGS: Final = (
    "cde",
    "cdn",
    "cloud-actions",
    "eips",
    "email",
    "hsd",
    "livedev",
    "multicert",
    "multi_region",
    "production",
    "production_mode",
    "remote_admin",
    "varnish",
    "varnish_over_ssl",
)

EnvironmentId = Annotated[
    str, PathParameter(description="The environment's id: <number>-<application uuid>.")
]


class ApplicationStub(msgspec.Struct, frozen=True, kw_only=True):
    """The application that an environment belongs to."""

    name: str
    uuid: str


class VersionControl(msgspec.Struct, frozen=True, kw_only=True):
    """Where an environment's code is; unknown here."""

    type: str
    path: str | None
    url: str


class EnvironmentDetail(msgspec.Struct, frozen=True, kw_only=True, rename={"links": "_links"}):
    """One environment, in a list or by itself."""

    id: str
    label: str
    name: str
    application: ApplicationStub
    domains: list[str]
    active_domain: str
    default_domain: str
    image_url: str | None
    ssh_url: str
    ips: list[str]
    region: str
    balancer: str
    platform: str
    status: str
    type: str
    size: str
    weight: int
    vcs: VersionControl
    flags: dict[str, bool]
    configuration: None
    artifact: None
    links: Links


class EnvironmentItems(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a list of environments."""

    items: list[EnvironmentDetail]


class EnvironmentList(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"links": "_links", "embedded": "_embedded"},
):
    """Environments."""

    total: int
    pagination: Pagination
    links: Links
    embedded: EnvironmentItems


@get(
    "/applications/{application_uuid:str}/environments",
    media_type=CONTENT_TYPE,
    sync_to_thread=True,
    summary="List an application's environments",
)
def list_environments(
    visitor: NamedDependency[Visitor],
    wanted: NamedDependency[Wanted],
    application_uuid: Annotated[str, PathParameter(description="The application's UUID.")],
) -> EnvironmentList:
    """List the environments of an application that the key may see."""
    application = visitor.application(application_uuid)
    parent = f"/applications/{application.uuid}"
    items = [
        _detail(environment, visitor.address) for environment in visitor.environments(application)
    ]
    shown = page(
        items, wanted, address=visitor.address, path=f"{parent}/environments", parent=parent
    )
    return EnvironmentList(
        total=shown.pagination.total,
        pagination=shown.pagination,
        links=shown.links,
        embedded=EnvironmentItems(items=shown.items),
    )


@get(
    "/environments/{environment_id:str}",
    media_type=CONTENT_TYPE,
    sync_to_thread=True,
    summary="Show an environment",
)
def show_environment(
    visitor: NamedDependency[Visitor], environment_id: EnvironmentId
) -> EnvironmentDetail:
    """Show one environment."""
    return _detail(visitor.environment(environment_id), visitor.address)


def _detail(environment: Environment, address: Address) -> EnvironmentDetail:
    path = f"/environments/{environment.id}"
    domain = unreal_domain(environment.application.site_name, environment.name)
    return EnvironmentDetail(
        id=environment.id,
        label=environment.label,
        name=environment.name,
        application=ApplicationStub(
            name=environment.application.name, uuid=environment.application.uuid
        ),
        domains=[domain],
        active_domain=domain,
        default_domain=domain,
        image_url=None,
        ssh_url="",
        ips=[],
        region="self-hosted",
        balancer="balancers",
        platform="unknown",
        status="normal",
        type="drupal",
        size="unknown",
        weight=0,
        vcs=VersionControl(type="git", path=None, url=""),
        flags={flag: flag == "production" and environment.name == "prod" for flag in _FLAGS},
        configuration=None,
        artifact=None,
        links={
            "self": address.link(path),
            "application": address.link(f"/applications/{environment.application.uuid}"),
            "servers": address.link(f"{path}/servers"),
            "logs": address.link(f"{path}/logs"),
            "logstream": address.link(f"{path}/logstream"),
            "parent": address.link(f"/applications/{environment.application.uuid}/environments"),
        },
    )


def unreal_domain(*names: str) -> str:
    """Give a valid host name, made of ``names``, that reaches nobody (RFC 2606)."""
    parts = (_NOT_FOR_HOST_NAMES.sub("-", name.lower())[:_LABEL_MAX_CHARS] for name in names)
    return ".".join([*(part.strip("-") for part in parts), "invalid"])
