"""A receiver that goes away and comes back: how soon the lines that it missed begin to come.

Arguments: URL, how often. Standard input begins with the ``stream-environment`` message. Prints the
cursor at which it stood; waits for a line; then connects so often anew, asks for what came after
that cursor, and prints as JSON the milliseconds from each connect to the first frame of lines.
"""

import json
import re
import socket
import sys
import time

from frames import dial, frame, say, wait_for

CAME = re.compile(rb'"type":"([^"]+)","server":"([^"]+)"|"server":"([^"]+)","type":"([^"]+)"')


def opened(url: str, first: bytes) -> tuple[socket.socket, dict[str, object]]:
    """Open a session; give also the ``enable`` of the source that is offered first."""
    client = dial(url, "zstd")
    client.sendall(frame(first, masked=True))
    offered = wait_for(client, b'"available"').rpartition(b'"available"')[2]
    while (found := CAME.search(offered)) is None:
        offered += client.recv(1 << 16)
    server, log_type = found[2] or found[3], found[1] or found[4]
    return client, {"cmd": "enable", "id": 1, "server": server.decode(), "type": log_type.decode()}


def main() -> None:
    """Come back so often."""
    url, rounds = sys.argv[1], int(sys.argv[2])
    first = sys.stdin.readline().strip().encode()
    client, enable = opened(url, first)
    say(client, enable, masked=True)
    began = wait_for(client, b'"now":')
    stood = re.findall(rb'"after":"([^"]*)"', began)[-1].decode()
    client.close()
    print(stood, flush=True)
    sys.stdin.readline()
    taken_ms = []
    for _ in range(rounds):
        began_s = time.perf_counter()
        client, enable = opened(url, first)
        say(client, {**enable, "after": stood}, masked=True)
        wait_for(client, b'"cmd":"lines"')
        taken_ms.append((time.perf_counter() - began_s) * 1000)
        client.close()
    print(json.dumps(taken_ms), flush=True)
    sys.stdin.read()


main()
