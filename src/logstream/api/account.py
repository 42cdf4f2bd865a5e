"""``/account``: who the access token's key belongs to, as far as a self-hosted service knows it."""

import uuid
from datetime import UTC, datetime
from typing import Final

import msgspec
from litestar import get
from litestar.di import NamedDependency

from logstream.api.hal import Links
from logstream.api.refusal import CONTENT_TYPE
from logstream.api.visitor import Visitor

_PICTURE: Final = "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'/%3E"
"""Nobody has a picture; clients expect one that can be loaded."""
_NOBODY_SAID: Final = "--"
"""What the published shape has for a country or a job that was not told."""


class Account(msgspec.Struct, frozen=True, kw_only=True, rename={"links": "_links"}):
    """The holder of a key."""

    id: int
    uuid: str
    name: str
    first_name: str
    last_name: str
    last_login_at: str | None
    created_at: str
    mail: str
    phone: dict[str, str | None]
    job_title: str
    job_function: str
    company: str
    country: str
    timezone: str
    picture_url: str
    flags: dict[str, bool]
    links: Links


@get("/account", media_type=CONTENT_TYPE, sync_to_thread=False, summary="Who am I?")
def show_account(visitor: NamedDependency[Visitor]) -> Account:
    """Show whom the access token's key belongs to."""
    key = visitor.key
    return Account(
        id=key.number,
        uuid=_uuid_of(key.id),
        name=key.id,
        first_name=key.label or key.id,
        last_name="",
        last_login_at=None,
        created_at=datetime.fromtimestamp(key.created_at_s, UTC).isoformat(),
        mail=f"{key.id}@logstream.invalid",
        phone={"office": None, "mobile": None, "tfa": None},
        job_title="",
        job_function=_NOBODY_SAID,
        company="",
        country=_NOBODY_SAID,
        timezone="UTC",
        picture_url=_PICTURE,
        flags={"active": True, "tfa": False, "support": False},
        links={
            "self": visitor.address.link("/account"),
            "applications": visitor.address.link("/applications"),
            "parent": visitor.address.link("/"),
        },
    )


def _uuid_of(key_id: str) -> str:
    try:
        return str(uuid.UUID(key_id))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, key_id))
