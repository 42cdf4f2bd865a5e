"""Count the HTTP statuses of the next COUNT requests, in a program without an event loop.

python examples/count_statuses.py APPLICATION ENV COUNT
"""

import os
import sys
from collections import Counter
from itertools import islice

import logstream

application, environment, count = sys.argv[1:]
lines = logstream.stream_sync(
    application,
    environment,
    types=("apache-request", "varnish-request"),
    credentials=logstream.find_credentials(os.environ),
    endpoint=os.environ.get("LOGSTREAM_ENDPOINT", ""),
)
statuses = Counter(line.http_status for line in islice(lines, int(count)))
lines.close()
for status, times in statuses.most_common():
    print(f"{times:6} × {status}")
