"""A logtailor that only sends: ready-made frames of one source, as fast as the hub takes them.

Arguments: the hub's URL, the file with its secret, site, environment; then how many lines, and how
many a second (0: no end, no pause). Prints the bytes that one of its frames has on the way to a
client once it offers; sends after the source was enabled and a line has come on standard input.
"""

import json
import socket
import sys
import time
from pathlib import Path

from frames import SOURCE, dial, frame, line_messages, wait_for

from logstream.model.ticket import Role, Ticket, sign

LINES, BURST_LINES = 20_000, 200


def main() -> None:
    url, secret, site, env = sys.argv[1:5]
    total, per_s = map(int, sys.argv[5:7])
    messages = line_messages(LINES)
    frames = [frame(message, masked=True) for message in messages]
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
    if total:
        send_paced(hub, frames, total, per_s)
        sys.stdin.read()
    while True:
        hub.sendall(b"".join(frames))


def send_paced(hub: socket.socket, frames: list[bytes], total: int, per_s: int) -> None:
    began = time.monotonic()
    for sent in range(0, total, BURST_LINES):
        time.sleep(max(0.0, began + sent / per_s - time.monotonic()))
        at = sent % LINES
        hub.sendall(b"".join(frames[at : at + BURST_LINES]))


main()
