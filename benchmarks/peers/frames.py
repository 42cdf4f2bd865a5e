"""What the stand-ins and receivers share: ready-made lines, and the little WebSocket they need.

They must cost next to no CPU, so that what they are connected to is measured; and they must not
stand on the product's own transport, whose cost would hide.
"""

import base64
import hashlib
import re
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from measuring import lines

from logstream.formats.catalogue import format_for
from logstream.model.source import Source
from logstream.protocol.base_lines import BaseLineEncoder

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SOURCE = Source("stand-in", "apache-request")


def line_messages(count: int) -> list[bytes]:
    """Give ``line`` messages as our logtailor writes them."""
    texts = lines(count).decode().splitlines()
    columns = format_for(SOURCE.log_type).columns(texts, now_s=0)
    return BaseLineEncoder(SOURCE).encode(texts, **columns._asdict(), now_s=0)


def frame(message: bytes, *, masked: bool) -> bytes:
    """Frame a text message under 64 KiB; a mask of zeros is as good as any here."""
    size, bit, mask = len(message), 0x80 * masked, bytes(4 * masked)
    if size < 126:
        return bytes((0x81, bit | size)) + mask + message
    return bytes((0x81, bit | 126)) + size.to_bytes(2, "big") + mask + message


def dial(url: str) -> socket.socket:
    """Open a WebSocket as a client."""
    parts = urlsplit(url)
    client = socket.create_connection((parts.hostname or "", parts.port or 80))
    client.sendall(
        f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
    )
    return client


def answer_handshake(client: socket.socket) -> None:
    """Open a WebSocket as a server."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += client.recv(4096)
    found = re.search(rb"(?i)sec-websocket-key: *(\S+)", request)
    assert found is not None
    accept = base64.b64encode(hashlib.sha1(found[1] + GUID).digest())
    client.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def wait_for(client: socket.socket, text: bytes) -> None:
    """Read until ``text`` has come."""
    client.settimeout(20)
    seen = b""
    while text not in seen:
        block = client.recv(1 << 16)
        assert block, seen
        seen = seen[-4096:] + block
    client.settimeout(None)


def skip_messages(client: socket.socket, count: int) -> None:
    """Read so many masked messages under 64 KiB."""
    source = client.makefile("rb")
    for _ in range(count):
        size = source.read(2)[1] & 0x7F
        if size == 126:
            size = int.from_bytes(source.read(2), "big")
        source.read(4 + size)
