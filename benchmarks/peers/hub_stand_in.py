"""A hub that only sends: ready-made frames, as fast as the client takes them.

Prints its URL; accepts clients one after the other, offers one source, and sends lines without end
once it is enabled.
"""

import json
import socket

from frames import SOURCE, answer_handshake, frame, line_messages, skip_messages

LINES = 20_000


def say(client: socket.socket, message: dict[str, object]) -> None:
    client.sendall(frame(json.dumps(message).encode(), masked=False))


def serve(client: socket.socket, frames: bytes) -> None:
    answer_handshake(client)
    say(client, {"cmd": "connected", "server": "logstream-stand-in"})
    say(client, {"cmd": "available", "server": SOURCE.server, "type": SOURCE.log_type})
    skip_messages(client, 2)  # stream-environment, enable
    enable = {"cmd": "enable", "type": SOURCE.log_type, "server": SOURCE.server}
    say(client, {"cmd": "success", "server": SOURCE.server, "msg": enable})
    while True:
        client.sendall(frames)


def main() -> None:
    frames = b"".join(frame(message, masked=False) for message in line_messages(LINES))
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(f"ws://127.0.0.1:{server.getsockname()[1]}/ah_websocket/logstream/v1", flush=True)
        while True:
            client, _ = server.accept()
            with client:
                try:
                    serve(client, frames)
                except OSError:
                    continue  # the client has seen enough


main()
