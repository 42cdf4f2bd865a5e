"""Many receivers in one process: open sockets, shake hands, enable one source, count bytes.

Arguments: URL, how many read, how many read nothing, seconds to count (0: enable nothing), bytes at
which one who reads is content (0: never); on standard input the ``stream-environment`` message.
Prints ``ready``, waits for a line, then counts until all are content or the time is over, and
prints as JSON the bytes that came to all who read, the least that came to one of them and
the seconds it took; stays until standard input ends.
"""

import json
import resource
import selectors
import socket
import sys
import time

from frames import SOURCE, dial, frame, wait_for

ENABLE = json.dumps({"cmd": "enable", "type": SOURCE.log_type, "server": SOURCE.server}).encode()


def opened(url: str, first: bytes, *, enable: bool) -> socket.socket:
    client = dial(url)
    client.sendall(frame(first, masked=True))
    if enable:
        wait_for(client, b'"available"')
        client.sendall(frame(ENABLE, masked=True))
        wait_for(client, b'"success"')
    else:
        wait_for(client, b'"connected"')
    return client


def count_bytes(
    clients: list[socket.socket], seconds: float, content_bytes: int
) -> dict[str, float]:
    chooser = selectors.DefaultSelector()
    for number, client in enumerate(clients):
        client.setblocking(False)
        chooser.register(client, selectors.EVENT_READ, number)
    buffer = bytearray(1 << 20)
    counts = [0] * len(clients)
    began = time.perf_counter()
    while time.perf_counter() - began < seconds and not 0 < content_bytes <= min(counts):
        for key, _ in chooser.select(0.1):
            counts[key.data] += clients[key.data].recv_into(buffer)
    elapsed = time.perf_counter() - began
    return {
        "bytes": sum(counts),
        "least": min(counts),
        "seconds": elapsed,
    }


def main() -> None:
    url, count, stalled, seconds, content_bytes = sys.argv[1], *map(int, sys.argv[2:6])
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    first = sys.stdin.readline().strip().encode()
    clients = [opened(url, first, enable=seconds > 0) for _ in range(count + stalled)]
    print("ready", flush=True)
    sys.stdin.readline()
    if seconds:
        print(json.dumps(count_bytes(clients[:count], seconds, content_bytes)), flush=True)
    sys.stdin.read()


main()
