"""Which colour a line has: by its log type, and by its HTTP status where it records a request.

``ORIGINAL`` gives the very bytes of the original client, which ``--color`` promises; ``FULL``
colours more log types.
"""

from typing import Final, NamedTuple

RESET: Final = "\x1b[0m"
_GREEN: Final = "\x1b[32;1m"
_RED: Final = "\x1b[31;1m"
_YELLOW: Final = "\x1b[33;1m"
_BLUE: Final = "\x1b[34;1m"
_MAGENTA: Final = "\x1b[35;1m"
_BY_STATUS: Final = {"1": _GREEN, "2": _GREEN, "3": _GREEN, "4": _YELLOW, "5": _RED}


class Palette(NamedTuple):
    """Colours of log types; ``requests`` are those whose status decides."""

    requests: frozenset[str]
    fixed: dict[str, str]

    def start(self, log_type: str, http_status: str) -> str:
        """Give what begins a line's colour; empty where it has none."""
        if log_type in self.requests:
            return _BY_STATUS.get(http_status[:1], "")
        return self.fixed.get(log_type, "")


ORIGINAL: Final = Palette(
    frozenset(("apache-request", "bal-access")),
    {"apache-error": _RED, "php-error": _RED, "drupal-watchdog": _BLUE},
)
FULL: Final = Palette(
    ORIGINAL.requests | {"varnish-request", "bal-request", "drupal-request"},
    {**ORIGINAL.fixed, "mysql-slow": _MAGENTA},
)
