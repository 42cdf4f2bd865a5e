"""What the stand-ins and receivers share: ready-made lines, and the little WebSocket they need.

They must cost next to no CPU, so that what they are connected to is measured; and they must not
stand on the product's own transport, whose cost would hide.
"""

import base64
import hashlib
import json
import re
import socket
import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from measuring import lines

from logstream.formats.catalogue import format_for
from logstream.logtailor.columns import ColumnMaker, body_of
from logstream.model.source import Source
from logstream.protocol.base_lines import BaseLineEncoder
from logstream.protocol.frame import PLAIN, ZSTD, Packed, encode_body, pack

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SOURCE = Source("stand-in", "apache-request")
SUBPROTOCOLS = {"base": "", "plain": PLAIN, "zstd": ZSTD}
"""The forms in which lines travel; the first is one message for each line."""
LINES = 20_000
"""How many different lines there are."""
BATCH_LINES = 200
"""Some 60 KiB of text: what one read of a busy file gives."""
START = 10**12
"""Where the stand-in's file is at first: offsets of one length make frames of one length."""


def line_messages(count: int) -> list[bytes]:
    """Give ``line`` messages as a hub writes them for those who speak the base protocol."""
    texts = lines(count).decode().splitlines()
    columns = format_for(SOURCE.log_type).columns(texts, now_s=0)
    return BaseLineEncoder(SOURCE).encode(texts, **columns._asdict(), now_s=0)


class Batches:
    """Frames of one stream of a file without end, whose cursors chain; only heads are made anew.

    Args:
        form: ``plain`` or ``zstd``.
        masked: As a client's.
    """

    def __init__(self, form: str, *, masked: bool) -> None:
        self._masked = masked
        self._offset = START
        self._bodies: list[tuple[Packed, int]] = []
        maker = ColumnMaker(format_for(SOURCE.log_type), None, float)
        texts = lines(LINES).decode().splitlines()
        for begin in range(0, LINES, BATCH_LINES):
            batch = texts[begin : begin + BATCH_LINES]
            offsets, offset = [], START
            for text in batch:
                offsets.append(offset)
                offset += len(text) + 1
            body = encode_body(body_of(maker.read(batch, offsets, {})))
            packed = pack(body) if form == "zstd" else Packed(body, compressed=False)
            self._bodies.append((packed, offset - START))

    def __iter__(self) -> Iterator[bytes]:
        """Give them, without end."""
        while True:
            for body, text_bytes in self._bodies:
                after, self._offset = self._offset, self._offset + text_bytes
                head = (
                    f'{{"cmd":"lines","server":"{SOURCE.server}","type":"{SOURCE.log_type}",'
                    f'"n":{BATCH_LINES},"after":"{cursor(after)}","next":"{cursor(self._offset)}",'
                    '"stream":"","gen":0}\n'
                ).encode()
                yield frame(head + body.data, masked=self._masked, binary=body.compressed)


def cursor(offset: int) -> str:
    """Give the cursor of a place in the stand-in's file."""
    return f"stand.1.x:{offset}"


def bytes_a_line(form: str) -> float:
    """Give what a line takes on its way to a receiver, on average."""
    if form == "base":
        return sum(len(frame(each, masked=False)) for each in line_messages(LINES)) / LINES
    batches = islice(Batches(form, masked=False), LINES // BATCH_LINES)
    return sum(map(len, batches)) / LINES


def frame(message: bytes, *, masked: bool, binary: bool = False) -> bytes:
    """Frame a message; a mask of zeros is as good as any here."""
    size, bit, mask = len(message), 0x80 * masked, bytes(4 * masked)
    kind = 0x82 if binary else 0x81
    if size < 126:
        return bytes((kind, bit | size)) + mask + message
    if size < 1 << 16:
        return bytes((kind, bit | 126)) + size.to_bytes(2, "big") + mask + message
    return bytes((kind, bit | 127)) + size.to_bytes(8, "big") + mask + message


def say(client: socket.socket, message: Mapping[str, object], *, masked: bool) -> None:
    """Send one message."""
    client.sendall(frame(json.dumps(message).encode(), masked=masked))


def dial(url: str, form: str = "base") -> socket.socket:
    """Open a WebSocket as a client."""
    parts = urlsplit(url)
    client = socket.create_connection((parts.hostname or "", parts.port or 80))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    offer = f"Sec-WebSocket-Protocol: {SUBPROTOCOLS[form]}\r\n" if SUBPROTOCOLS[form] else ""
    client.sendall(
        f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{offer}\r\n".encode()
    )
    return client


def answer_handshake(client: socket.socket, form: str = "base") -> None:
    """Open a WebSocket as a server."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += client.recv(4096)
    found = re.search(rb"(?i)sec-websocket-key: *(\S+)", request)
    assert found is not None
    accept = base64.b64encode(hashlib.sha1(found[1] + GUID).digest())
    chosen = SUBPROTOCOLS[form].encode()
    assert chosen in request
    client.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + (b"Sec-WebSocket-Protocol: %b\r\n" % chosen if chosen else b"")
        + b"Sec-WebSocket-Accept: "
        + accept
        + b"\r\n\r\n"
    )


def wait_for(client: socket.socket, text: bytes) -> bytes:
    """Read until ``text`` has come; give what was read last."""
    client.settimeout(20)
    seen = b""
    while text not in seen:
        block = client.recv(1 << 16)
        assert block, seen
        seen = seen[-4096:] + block
    client.settimeout(None)
    return seen


def messages(client: socket.socket) -> Iterator[dict[str, object]]:
    """Read masked messages under 64 KiB."""
    source = client.makefile("rb")
    while head := source.read(2):
        size = head[1] & 0x7F
        if size == 126:
            size = int.from_bytes(source.read(2), "big")
        mask, masked = source.read(4), source.read(size)
        text = bytes(byte ^ mask[index % 4] for index, byte in enumerate(masked))
        yield json.loads(text)
