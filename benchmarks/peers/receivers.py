"""Many receivers in one process: open sockets, shake hands, enable one source, count bytes.

Arguments: URL, the form of the lines (``base``, ``plain`` or ``zstd``), how many read, how many
read nothing, seconds to count (0: enable nothing), lines at which one who reads is content
(0: never); on standard input the ``stream-environment`` message.
Prints ``ready``, waits for a line, then counts until all are content or the time is over, and
prints as JSON the lines that came to all who read, the least that came to one of them and the
seconds it took, as the bytes tell; stays until standard input ends.
"""

import json
import resource
import selectors
import socket
import sys
import time

from frames import SOURCE, bytes_a_line, dial, frame, wait_for

ENABLE = json.dumps(
    {"cmd": "enable", "type": SOURCE.log_type, "server": SOURCE.server, "id": 1}
).encode()


def opened(url: str, form: str, first: bytes, *, enable: bool) -> socket.socket:
    """Open a session, and enable the source."""
    client = dial(url, form)
    client.sendall(frame(first, masked=True))
    if enable:
        wait_for(client, b'"available"')
        client.sendall(frame(ENABLE, masked=True))
        # An extended session's opening is answered by a success too.
        wait_for(client, b'"success"' if form == "base" else b'"stream":')
    else:
        wait_for(client, b'"connected"')
    return client


def count_lines(
    clients: list[socket.socket], seconds: float, content_lines: int, line_bytes: float
) -> dict[str, float]:
    """Read until all are content or the time is over."""
    chooser = selectors.DefaultSelector()
    for number, client in enumerate(clients):
        client.setblocking(False)
        chooser.register(client, selectors.EVENT_READ, number)
    buffer = bytearray(1 << 20)
    content_bytes = int(content_lines * line_bytes)
    counts = [0] * len(clients)
    began = time.perf_counter()
    while time.perf_counter() - began < seconds and not 0 < content_bytes <= min(counts):
        for key, _ in chooser.select(0.1):
            counts[key.data] += clients[key.data].recv_into(buffer)
    elapsed = time.perf_counter() - began
    return {
        "lines": sum(counts) / line_bytes,
        "least": min(counts) / line_bytes,
        "seconds": elapsed,
    }


def main() -> None:
    """Open all, and count."""
    url, form = sys.argv[1:3]
    count, stalled, seconds, content_lines = map(int, sys.argv[3:7])
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    line_bytes = bytes_a_line(form)
    first = sys.stdin.readline().strip().encode()
    clients = [opened(url, form, first, enable=seconds > 0) for _ in range(count + stalled)]
    print("ready", flush=True)
    sys.stdin.readline()
    if seconds:
        counted = count_lines(clients[:count], seconds, content_lines, line_bytes)
        print(json.dumps(counted), flush=True)
    sys.stdin.read()


main()
