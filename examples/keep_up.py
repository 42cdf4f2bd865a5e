"""Print what was written since the last run, then end; FILE keeps how far that was.

python examples/keep_up.py APPLICATION ENV FILE
"""

import os
import sys
from pathlib import Path

import logstream

application, environment, name = sys.argv[1:]
kept = Path(name)
position = dict(logstream.Position.parse(kept.read_text("ascii")) if kept.exists() else {})
lines = logstream.stream_sync(
    application,
    environment,
    types=None,
    credentials=logstream.find_credentials(os.environ),
    endpoint=os.environ.get("LOGSTREAM_ENDPOINT", ""),
    follow=False,
    after=position,
)
for line in lines:
    print(line.server, line.disp_time, line.text)
    position[logstream.Source(line.server, line.log_type)] = line.cursor or ""
kept.write_text(logstream.Position(position).render(), "ascii")
