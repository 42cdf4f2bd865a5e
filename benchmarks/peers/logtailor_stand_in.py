"""A logtailor that only sends: ready-made frames of one source, as fast as the hub takes them.

Arguments: the hub's URL, the file with its secret, site, environment. Prints the bytes that one of
its frames has on the way to a client once it offers; sends without end after the source was enabled
and a line has come on standard input.
"""

import json
import sys
import time
from pathlib import Path

from frames import SOURCE, dial, frame, line_messages, wait_for

from logstream.model.ticket import Role, Ticket, sign

LINES = 20_000


def main() -> None:
    url, secret, site, env = sys.argv[1:5]
    messages = line_messages(LINES)
    frames = b"".join(frame(message, masked=True) for message in messages)
    now = int(time.time())
    ticket = Ticket(role=Role.OFFER, site=site, env=env, server=SOURCE.server, subject="b", t=now)
    signed = sign(ticket, secret=Path(secret).read_bytes().strip())
    hub = dial(url)

    def say(**message: object) -> None:
        hub.sendall(frame(json.dumps(message).encode(), masked=True))

    wait_for(hub, b'"connected"')
    say(cmd="offer", site=site, env=env, server=SOURCE.server, t=now, d=signed)
    wait_for(hub, b'"success"')
    say(cmd="connected", server=SOURCE.server)
    say(cmd="available", server=SOURCE.server, type=SOURCE.log_type, display_type="", display="")
    print(sum(len(frame(message, masked=False)) for message in messages) / LINES, flush=True)
    wait_for(hub, b'"enable"')
    enable = {"cmd": "enable", "type": SOURCE.log_type, "server": SOURCE.server}
    say(cmd="success", server=SOURCE.server, msg=enable)
    sys.stdin.readline()
    while True:
        hub.sendall(frames)


main()
