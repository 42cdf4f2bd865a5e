"""What the Cloud API answers with: the few keys that are used of each shape.

Unknown keys are ignored. Source: the published description of Acquia's Cloud API v2 (HAL+JSON).
"""

import msgspec


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Whose credentials these are."""

    uuid: str = ""
    name: str = ""
    mail: str = ""


class Hosting(msgspec.Struct, frozen=True, kw_only=True):
    """Where an application is hosted; ``id`` is ``realm:sitename``."""

    id: str = ""
    type: str = ""


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer owns."""

    uuid: str
    name: str = ""
    hosting: Hosting | None = None

    @property
    def hosting_id(self) -> str:
        """``realm:sitename``; empty where it is not hosted."""
        return self.hosting.id if self.hosting else ""


class ApplicationEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """One environment of an application.

    Attributes:
        id: ``<number>-<application uuid>``.
        name: ``dev``, ``test``, ``prod``, …
        label: The name that people gave it.
    """

    id: str
    name: str = ""
    label: str = ""


class ConnectionDetails(msgspec.Struct, frozen=True, kw_only=True):
    """Where and with which ticket to stream one environment; good for a few minutes.

    Attributes:
        url: Of the hub, ``wss://…``.
        site: ``realm:sitename``.
        env: The environment's name.
        t: When the ticket was signed; passed on as it came, a number or a string of digits.
        hmac: The ticket's signature, which no ``repr`` shows.
        protocols: What the hub speaks beyond the base protocol.
    """

    url: str
    site: str
    env: str
    t: int | str
    hmac: str
    protocols: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"ConnectionDetails(url={self.url!r}, site={self.site!r}, env={self.env!r})"


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A logtailor's ticket for one environment, and the hubs to take it to.

    Attributes:
        site: ``realm:sitename``.
        environment: The environment's name.
        server: The server that the key is bound to; ``*`` for a hub's key.
        t: When the ticket was signed.
        hmac: The ticket's signature, which no ``repr`` shows.
        hubs: The hubs' URLs.
    """

    site: str
    environment: str
    server: str
    t: int | float | str
    hmac: str
    hubs: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return (
            f"Offer(site={self.site!r}, environment={self.environment!r}, "
            f"server={self.server!r}, hubs={self.hubs!r})"
        )
