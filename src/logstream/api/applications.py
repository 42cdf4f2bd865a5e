"""``/applications``: the applications in which a key is granted an environment."""

from typing import Annotated, Final

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import PathParameter

from logstream.api.hal import Address, Link, Links
from logstream.api.listing import Pagination, Wanted, page
from logstream.api.refusal import CONTENT_TYPE
from logstream.api.visitor import Visitor
from logstream.store.entities import Application

_OWNER_UUID: Final = "00000000-0000-4000-8000-000000000000"
_OWNER_NAME: Final = "Self-hosted"


class Hosting(msgspec.Struct, frozen=True, kw_only=True):
    """How an application is hosted; its id is the site."""

    type: str
    id: str


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription or an organization: there is only one of each here."""

    uuid: str
    name: str


class LinkedOwner(msgspec.Struct, frozen=True, kw_only=True, rename={"links": "_links"}):
    """The same, with its links."""

    uuid: str
    name: str
    links: Links


class Owners(msgspec.Struct, frozen=True, kw_only=True):
    """Whom an application belongs to."""

    subscription: LinkedOwner
    organization: LinkedOwner


class ApplicationItem(msgspec.Struct, frozen=True, kw_only=True, rename={"links": "_links"}):
    """One application in a list."""

    id: int
    uuid: str
    name: str
    hosting: Hosting
    subscription: Owner
    organization: Owner
    flags: dict[str, bool]
    status: str
    type: str
    links: Links


class ApplicationDetail(
    ApplicationItem, frozen=True, kw_only=True, rename={"links": "_links", "embedded": "_embedded"}
):
    """One application by itself."""

    embedded: Owners


class ApplicationItems(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a list of applications."""

    items: list[ApplicationItem]


class ApplicationList(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"links": "_links", "embedded": "_embedded"},
):
    """Applications."""

    total: int
    pagination: Pagination
    links: Links
    embedded: ApplicationItems


@get("/applications", media_type=CONTENT_TYPE, sync_to_thread=True, summary="List applications")
def list_applications(
    visitor: NamedDependency[Visitor], wanted: NamedDependency[Wanted]
) -> ApplicationList:
    """List the applications that the key may see."""
    items = [_item(application, visitor.address) for application in visitor.applications()]
    shown = page(items, wanted, address=visitor.address, path="/applications", parent="/")
    return ApplicationList(
        total=shown.pagination.total,
        pagination=shown.pagination,
        links=shown.links,
        embedded=ApplicationItems(items=shown.items),
    )


@get(
    "/applications/{application_uuid:str}",
    media_type=CONTENT_TYPE,
    sync_to_thread=True,
    summary="Show an application",
)
def show_application(
    visitor: NamedDependency[Visitor],
    application_uuid: Annotated[str, PathParameter(description="The application's UUID.")],
) -> ApplicationDetail:
    """Show one application."""
    application = visitor.application(application_uuid)
    address = visitor.address
    path = f"/applications/{application.uuid}"
    item = msgspec.structs.asdict(_item(application, address))
    item["links"] = {
        "self": address.link(path),
        "environments": address.link(f"{path}/environments"),
        "parent": address.link("/applications"),
    }
    owner = LinkedOwner(uuid=_OWNER_UUID, name=_OWNER_NAME, links={"self": address.link("/")})
    return ApplicationDetail(**item, embedded=Owners(subscription=owner, organization=owner))


def _item(application: Application, address: Address) -> ApplicationItem:
    owner = Owner(uuid=_OWNER_UUID, name=_OWNER_NAME)
    self_link: Link = address.link(f"/applications/{application.uuid}")
    return ApplicationItem(
        id=application.number,
        uuid=application.uuid,
        name=application.name,
        hosting=Hosting(type="unknown", id=application.site),
        subscription=owner,
        organization=owner,
        flags={"remote_admin": False},
        status="normal",
        type="drupal",
        links={"self": self_link},
    )
