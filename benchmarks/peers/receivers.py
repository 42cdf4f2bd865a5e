"""Many receivers in one process: open sockets, shake hands, enable one source, count bytes.

Arguments: URL, how many, how many of them read nothing, seconds to count (0: enable nothing); on
standard input the ``stream-environment`` message. Prints ``ready``, waits for a line, then counts,
and prints as JSON the bytes that came to those who read, the least that came to one of them and the
seconds it took; stays until standard input ends.
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


def count_bytes(clients: list[socket.socket], seconds: float) -> dict[str, float]:
    chooser = selectors.DefaultSelector()
    for number, client in enumerate(clients):
        client.setblocking(False)
        chooser.register(client, selectors.EVENT_READ, number)
    buffer = bytearray(1 << 20)
    counts = [0] * len(clients)
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        for key, _ in chooser.select(0.1):
            counts[key.data] += clients[key.data].recv_into(buffer)
    elapsed = time.perf_counter() - began
    return {"bytes": sum(counts), "least": min(counts), "seconds": elapsed}


def main() -> None:
    url, count, stalled, seconds = sys.argv[1], *map(int, sys.argv[2:5])
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    first = sys.stdin.readline().strip().encode()
    clients = [opened(url, first, enable=seconds > 0) for _ in range(count + stalled)]
    print("ready", flush=True)
    sys.stdin.readline()
    if seconds:
        print(json.dumps(count_bytes(clients[:count], seconds)), flush=True)
    sys.stdin.read()


main()
