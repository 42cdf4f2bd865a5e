"""A TCP proxy before a hub, so that a test can cut and freeze what passes through it."""

import selectors
import socket
import threading
import time
from contextlib import suppress

_CHUNK_BYTES = 64 * 1024


class Proxy:
    """Passes connections on to a port of this machine, on a thread of its own."""

    def __init__(self, target_port: int) -> None:
        self._target = ("127.0.0.1", target_port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._frozen_until = 0.0
        self._open = True
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every connection."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for side in pair:
                with suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)

    def freeze(self, seconds: float) -> None:
        """Pass nothing on for a while; the connections stay."""
        self._frozen_until = time.monotonic() + seconds

    def close(self) -> None:
        self._open = False
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while self._open:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self._target, timeout=5)
            except OSError:
                near.close()
                continue
            pair = (near, far)
            with self._lock:
                self._pairs.add(pair)
            threading.Thread(target=self._pass_on, args=(pair,), daemon=True).start()

    def _pass_on(self, pair: tuple[socket.socket, socket.socket]) -> None:
        near, far = pair
        other = {near: far, far: near}
        with selectors.DefaultSelector() as selector, near, far:
            for side in pair:
                side.settimeout(30)
                selector.register(side, selectors.EVENT_READ)
            with suppress(OSError):
                while True:
                    for key, _ in selector.select(1.0):
                        side = near if key.fileobj is near else far
                        while time.monotonic() < self._frozen_until:
                            time.sleep(0.02)
                        data = side.recv(_CHUNK_BYTES)
                        if not data:
                            return
                        other[side].sendall(data)
        with self._lock:
            self._pairs.discard(pair)
