"""A hub that only sends: ready-made lines, as fast as the client takes them.

Argument: their form, ``base``, ``plain`` or ``zstd``. Prints its URL; accepts clients one after the
other, offers one source, and sends lines without end once it is enabled.
"""

import socket
import sys
from collections.abc import Iterator
from itertools import repeat

from frames import (
    LINES,
    SOURCE,
    START,
    Batches,
    answer_handshake,
    cursor,
    frame,
    line_messages,
    messages,
    say,
)


def serve(client: socket.socket, form: str, blocks: Iterator[bytes]) -> None:
    """Open a session, and send."""
    answer_handshake(client, form)
    extended = form != "base"

    def tell(**message: object) -> None:
        say(client, message, masked=False)

    tell(cmd="connected", server="logstream-stand-in")
    for received in messages(client):
        answer: dict[str, object] = {"cmd": "success", "server": SOURCE.server, "msg": received}
        if extended and "id" in received:
            answer["id"] = received["id"]
        match received["cmd"]:
            case "stream-environment":
                if extended:
                    tell(**answer, life_s=3600)
                tell(cmd="available", server=SOURCE.server, type=SOURCE.log_type)
            case "keepalive":
                tell(**answer)
            case "enable" if extended:
                tell(**answer, stream="", after=cursor(START), now=0.0)
                break
            case "enable":
                tell(**answer)
                break
    for block in blocks:
        client.sendall(block)


def main() -> None:
    """Serve without end."""
    form = sys.argv[1]
    together = b""
    if form == "base":
        together = b"".join(frame(message, masked=False) for message in line_messages(LINES))
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(f"ws://127.0.0.1:{server.getsockname()[1]}/ah_websocket/logstream/v1", flush=True)
        while True:
            client, _ = server.accept()
            blocks = repeat(together) if form == "base" else iter(Batches(form, masked=False))
            with client:
                try:
                    serve(client, form, blocks)
                except OSError:
                    continue  # the client has seen enough


main()
