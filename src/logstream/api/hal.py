"""HAL: the ``_links`` of every answer, and the address that they begin with."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlencode

import msgspec

from logstream.api.refusal import Refusal

_AUTHORITY: Final = re.compile(
    r"([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?"
)
_PATH_SAFE: Final = "/-._~:@!$&'()*+,;="


class Link(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One link.

    Attributes:
        href: An absolute URL, or with ``templated`` a URI template.
        templated: Whether ``href`` is a template.
    """

    href: str
    templated: bool = False


Links = dict[str, Link]
"""The ``_links`` of an answer, by their relation."""


class Address:
    """Where the API is, as the sender of a request knows it.

    Args:
        root: The URL of the API's base path, without a slash at its end.
    """

    def __init__(self, root: str) -> None:
        self.root = root

    def href(self, path: str = "", query: Mapping[str, str] | None = None) -> str:
        """Give the URL of ``path``, which begins with a slash (or is the root itself)."""
        asked = f"?{urlencode(query)}" if query else ""
        return f"{self.root}{quote(path, safe=_PATH_SAFE)}{asked}"

    def link(self, path: str = "", query: Mapping[str, str] | None = None) -> Link:
        """Link to ``path``."""
        return Link(href=self.href(path, query))

    def template(self, path: str, parameter: str) -> Link:
        """Link to ``path`` with one query parameter to fill in."""
        return Link(href=f"{self.href(path)}{{?{parameter}}}", templated=True)


def address_of(
    *,
    public_url: str | None,
    base_path: str,
    scheme: str,
    host: str | None,
    bound: tuple[str, int],
) -> Address:
    """Find the address by which the sender of a request knows the API.

    Args:
        public_url: The one that is configured, if there is one.
        base_path: Where the API is below its address.
        scheme: ``http`` or ``https``, as the request came (or a trusted proxy says).
        host: The request's ``Host`` (or a trusted proxy's word), if it has one.
        bound: Host and port that the request arrived at.

    Raises:
        Refusal: The host is none that could stand in a link.
    """
    if public_url is not None:
        return Address(public_url.rstrip("/") + base_path)
    if scheme not in {"http", "https"}:
        raise Refusal(400, "X-Forwarded-Proto must be http or https.")
    if host is None:
        name = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
        host = f"{name}:{bound[1]}"
    elif _AUTHORITY.fullmatch(host) is None:
        raise Refusal(400, "The Host header is not a host name with an optional port.")
    return Address(f"{scheme}://{host}{base_path}")
