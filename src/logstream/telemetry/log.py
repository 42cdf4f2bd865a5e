"""How a service writes its own log: one line an event, on standard error, with the time in UTC.

Warnings of the libraries come the same way: they may repeat what strangers sent, too.
"""

import logging
import sys
import time
from typing import Any


class OneLine(logging.Formatter):
    """Makes one line of an event, whatever strangers sent that is repeated in it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Give the line, with what is not printable escaped."""
        return _printable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """Give a traceback: as many lines as it has, each as printable as the event's."""
        return "\n".join(map(_printable, super().formatException(ei).split("\n")))


def _printable(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)


def set_up(*, debug: bool = False, quiet: bool = False) -> None:
    """Write Logstream's own events to standard error.

    Args:
        debug: Also those that only a developer wants.
        quiet: Only what is wrong.
    """
    handler = logging.StreamHandler(sys.stderr)
    formatter = OneLine("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.lastResort = handler  # of the libraries, which have no handlers
    logger = logging.getLogger("logstream")
    logger.handlers[:] = [handler]
    usual = logging.WARNING if quiet else logging.INFO
    logger.setLevel(logging.DEBUG if debug else usual)
    logger.propagate = False
