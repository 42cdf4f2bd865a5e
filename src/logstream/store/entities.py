"""What the store keeps: applications, their environments, and keys, as plain values.

Times are Unix seconds. No value here holds a secret: a key's secret leaves the store once, when the
key is created, in ``Credentials``.
"""

from enum import StrEnum
from typing import NamedTuple

import msgspec


class KeyKind(StrEnum):
    """Who holds a key, and so what it may ask for."""

    PERSON = "person"
    """Watches: gets stream tickets."""
    LOGTAILOR = "logtailor"
    """Offers the sources of one server: gets offer tickets for it."""
    HUB = "hub"
    """Offers the sources of every server that is behind it: gets offer tickets for ``*``."""


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer owns.

    Attributes:
        number: Numeric id, never given twice.
        uuid: The id by which the Cloud API knows it.
        name: For people; no two applications share one.
        site: Hosting id, ``realm:sitename``; what the stream protocol calls an application.
        created_at_s: When it was created.
    """

    number: int
    uuid: str
    name: str
    site: str
    created_at_s: int

    @property
    def site_name(self) -> str:
        """The ``sitename`` of ``realm:sitename``."""
        return self.site.partition(":")[2]


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """One environment, with the application that it belongs to.

    Attributes:
        number: Numeric id, never given twice.
        name: ``dev``, ``test``, ``prod``, …; unique in its application.
        label: The name for people.
        application: What it belongs to.
        created_at_s: When it was created.
    """

    number: int
    name: str
    label: str
    application: Application
    created_at_s: int

    @property
    def id(self) -> str:
        """The id by which the Cloud API knows it: ``<number>-<application uuid>``."""
        return f"{self.number}-{self.application.uuid}"


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """A machine that a logtailor's key was created for.

    Attributes:
        number: Numeric id: the number of its oldest key that is not revoked.
        name: ``srv-6``, ``bal-4``, …
    """

    number: int
    name: str


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """Who may ask the Cloud API for what. Its secret is not here, nor its hash.

    Attributes:
        number: Numeric id, never given twice.
        id: What its holder calls ``api_key``, and the subject of its tickets.
        kind: Who holds it.
        server: Empty for a person, a name for a logtailor, ``*`` for a hub.
        label: What it is for, for people; may be empty.
        created_at_s: When it was created.
        revoked_at_s: When it was revoked, or null.
        environments: The ids of the environments that it is granted.
    """

    number: int
    id: str
    kind: KeyKind
    server: str
    label: str
    created_at_s: int
    revoked_at_s: int | None
    environments: tuple[str, ...]


class Credentials(NamedTuple):
    """A key's id and its secret, shown once: the store keeps only a hash.

    The secret is not part of the representation, so that it reaches no log by accident.
    """

    key_id: str
    secret: str

    def __repr__(self) -> str:
        return f"Credentials(key_id={self.key_id!r}, secret=…)"
