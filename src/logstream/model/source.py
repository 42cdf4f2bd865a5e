"""What is watched: environments, the sources in them, and the log types' display names.

Pure values, hashable, cheap to make. Source of the words: `docs/explanation/architecture.md`.
"""

from typing import Final, NamedTuple

from logstream.model.limits import NAME_MAX_CHARS


class Environment(NamedTuple):
    """One environment of one site: what a ticket is for, and what travels on one link."""

    site: str
    """``realm:sitename``; the stream protocol's name for an application."""
    env: str
    """``dev``, ``test``, ``prod``, …"""


class Source(NamedTuple):
    """One log type of one server in one environment: the unit that is enabled and disabled.

    The environment is not part of it: a source is only ever named within one.
    """

    server: str
    log_type: str


HUB_NAMES_START: Final = "logstream-"
"""Of a hub's own name: existing clients tell a hub from a web server by it."""


def is_hub_name(text: str) -> bool:
    """Say whether ``text`` can name a hub."""
    return text.startswith(HUB_NAMES_START) and is_name(text)


def is_name(text: str) -> bool:
    """Say whether ``text`` can name a server, an environment or a log type."""
    return 0 < len(text) <= NAME_MAX_CHARS and text.isprintable()


DISPLAY_NAMES: Final[dict[str, str]] = {
    "apache-request": "Apache request",
    "apache-error": "Apache error",
    "php-error": "PHP error",
    "drupal-request": "Drupal request",
    "drupal-watchdog": "Drupal watchdog",
    "varnish-request": "Varnish request",
    "bal-request": "Balancer request",
    "mysql-slow": "MySQL slow query",
}
"""The log types that Logstream knows without configuration, and how a person would write them."""

DEFAULT_TYPES: Final = ("apache-request", "php-error", "drupal-watchdog", "varnish-request")
"""The log types that are streamed where nobody says which; the same as in other clients."""


def display_name(log_type: str) -> str:
    """Give the name a person would write for ``log_type``; ``my-app-log`` gives ``My app log``."""
    known = DISPLAY_NAMES.get(log_type)
    if known is not None:
        return known
    words = log_type.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:] if words else log_type
