"""A logtailor that only sends: ready-made lines of one source, as fast as the hub takes them.

Arguments: the hub's URL, the file with its secret, site, environment, the form of the lines
(``plain`` or ``zstd``; ``base`` for a hub that knows no other); then how many lines, and how many a
second (0: no end, no pause). Prints ``offering`` once it offers; sends after the source was enabled
and a line has come on standard input.
"""

import json
import socket
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from frames import (
    BATCH_LINES,
    LINES,
    SOURCE,
    START,
    Batches,
    cursor,
    dial,
    frame,
    line_messages,
    say,
    wait_for,
)

from logstream.model.ticket import Role, Ticket, sign


def main() -> None:
    """Offer, and send."""
    url, secret, site, env, form = sys.argv[1:6]
    total, per_s = map(int, sys.argv[6:8])
    blocks = ready_made(form)
    now = int(time.time())
    ticket = Ticket(role=Role.OFFER, site=site, env=env, server=SOURCE.server, subject="b", t=now)
    signed = sign(ticket, secret=Path(secret).read_bytes().strip())
    hub = dial(url, form)

    def tell(**message: object) -> None:
        say(hub, message, masked=True)

    wait_for(hub, b'"connected"')
    tell(cmd="offer", site=site, env=env, server=SOURCE.server, t=now, d=signed)
    wait_for(hub, b'"success"')
    tell(cmd="connected", server=SOURCE.server)
    tell(cmd="available", server=SOURCE.server, type=SOURCE.log_type, display_type="", display="")
    print("offering", flush=True)
    tell(**enabled(wait_for(hub, b'"enable"'), form))
    sys.stdin.readline()
    if total:
        send_paced(hub, blocks, total, per_s)
        sys.stdin.read()
    for block in blocks:
        hub.sendall(block)


def ready_made(form: str) -> Iterator[bytes]:
    """Give what to send: blocks of ``BATCH_LINES`` lines, without end."""
    if form != "base":
        return iter(Batches(form, masked=True))
    frames = [frame(message, masked=True) for message in line_messages(LINES)]
    starts = range(0, LINES, BATCH_LINES)
    return cycle([b"".join(frames[start : start + BATCH_LINES]) for start in starts])


def enabled(received: bytes, form: str) -> dict[str, object]:
    """Give the answer of the ``enable`` that ends what was received."""
    start = received.rindex(b'{"cmd":"enable"') if form != "base" else received.rindex(b"{")
    wish, _ = json.JSONDecoder().raw_decode(received[start:].decode("utf-8", "ignore"))
    answer: dict[str, object] = {"cmd": "success", "server": SOURCE.server, "msg": wish}
    if form != "base":
        answer |= {"id": wish["id"], "stream": "", "after": cursor(START), "now": time.time()}
    return answer


def send_paced(hub: socket.socket, blocks: Iterator[bytes], total: int, per_s: int) -> None:
    """Send so many lines, at a steady pace."""
    began = time.monotonic()
    for number, block in enumerate(islice(blocks, total // BATCH_LINES)):
        time.sleep(max(0.0, began + number * BATCH_LINES / per_s - time.monotonic()))
        hub.sendall(block)


main()
