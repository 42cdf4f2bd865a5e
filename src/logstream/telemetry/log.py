"""How a service writes its own log: one line an event, on standard error, with the time in UTC."""

import logging
import sys
import time


def set_up(*, debug: bool = False) -> None:
    """Write Logstream's own events to standard error.

    Args:
        debug: Also those that only a developer wants.
    """
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logger = logging.getLogger("logstream")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.DEBUG if debug else logging.INFO)
    logger.propagate = False
