"""``/environments/{id}/servers``: the servers that logtailors' keys offer in an environment."""

from typing import Final

import msgspec
from litestar import get
from litestar.di import NamedDependency

from logstream.api.environments import EnvironmentId, unreal_domain
from logstream.api.hal import Address, Links
from logstream.api.listing import Pagination, Wanted, page
from logstream.api.refusal import CONTENT_TYPE
from logstream.api.visitor import Visitor
from logstream.store.entities import Environment, Server

_UNKNOWN_IP: Final = "0.0.0.0"  # noqa: S104 - shown, not listened on
_ROLES: Final = {"bal": "bal", "db": "db", "dbmaster": "db"}
"""Roles by the part of a server's name before its ``-``; all other servers are web servers."""
_FLAGS: Final = (
    "elastic_ip",
    "active_web",
    "active_bal",
    "primary_db",
    "web",
    "database",
    "balancer",
    "fs",
    "memcache",
    "dedicated",
    "self_service",
)
_FLAGS_OF_ROLE: Final = {
    "web": {"web", "active_web"},
    "bal": {"balancer", "active_bal"},
    "db": {"database"},
}


class EnvironmentStub(msgspec.Struct, frozen=True, kw_only=True):
    """The environment that a server is listed in."""

    id: str
    name: str


class ServerDetail(msgspec.Struct, frozen=True, kw_only=True, rename={"links": "_links"}):
    """One server."""

    id: int
    name: str
    hostname: str
    ssh_user: str
    ip: str
    status: str
    region: str
    roles: list[str]
    ami_type: str
    operating_system: str
    configuration: dict[str, int | None]
    flags: dict[str, bool]
    environment: EnvironmentStub
    links: Links


class ServerItems(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a list of servers."""

    items: list[ServerDetail]


class ServerList(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"links": "_links", "embedded": "_embedded"},
):
    """Servers."""

    total: int
    pagination: Pagination
    links: Links
    embedded: ServerItems


@get(
    "/environments/{environment_id:str}/servers",
    media_type=CONTENT_TYPE,
    sync_to_thread=True,
    summary="List an environment's servers",
)
def list_servers(
    visitor: NamedDependency[Visitor],
    wanted: NamedDependency[Wanted],
    environment_id: EnvironmentId,
) -> ServerList:
    """List the servers for which logtailors have keys in this environment."""
    environment = visitor.environment(environment_id)
    parent = f"/environments/{environment.id}"
    found = visitor.office.store.list_servers(environment)
    items = [_detail(server, environment, visitor.address) for server in found]
    shown = page(items, wanted, address=visitor.address, path=f"{parent}/servers", parent=parent)
    return ServerList(
        total=shown.pagination.total,
        pagination=shown.pagination,
        links=shown.links,
        embedded=ServerItems(items=shown.items),
    )


def _detail(server: Server, environment: Environment, address: Address) -> ServerDetail:
    role = _ROLES.get(server.name.partition("-")[0], "web")
    return ServerDetail(
        id=server.number,
        name=server.name,
        hostname=unreal_domain(server.name),
        ssh_user="",
        ip=_UNKNOWN_IP,
        status="normal",
        region="self-hosted",
        roles=[role],
        ami_type="",
        operating_system="",
        configuration={"ecu": None, "memory": None, "memcache": None},
        flags={flag: flag in _FLAGS_OF_ROLE[role] for flag in _FLAGS},
        environment=EnvironmentStub(id=environment.id, name=environment.name),
        links={"self": address.link(f"/environments/{environment.id}/servers")},
    )
