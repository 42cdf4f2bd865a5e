"""Show errors as they happen; ends after COUNT of them, if it is given.

python examples/watch_errors.py APPLICATION ENV [COUNT]
"""

import asyncio
import os
import sys
from contextlib import aclosing

import logstream


async def watch(application: str, environment: str, count: str = "0") -> None:
    """Print errors."""
    credentials = logstream.find_credentials(os.environ)
    endpoint = os.environ.get("LOGSTREAM_ENDPOINT", "")
    errors = ("php-error", "apache-error")
    lines = logstream.stream(
        application, environment, types=errors, credentials=credentials, endpoint=endpoint
    )
    left = int(count)
    async with aclosing(lines):
        async for line in lines:
            print(f"{line.disp_time} {line.server}: {line.text}", flush=True)
            if not (left := left - 1):
                return


asyncio.run(watch(*sys.argv[1:]))
