"""Listening sockets, and what to do when the system has no more file descriptors.

aiofastnet's own server stumbles there (it asks the socket, not the loop, to stop reading, and from
then on burns a core); here accepting pauses for ``ACCEPT_PAUSE_S``, and says so.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from typing import Final

from logstream.errors import ConfigError
from logstream.model.limits import ACCEPT_PAUSE_S, SEND_BUFFER_BYTES

_logger = logging.getLogger(__name__)

_BACKLOG: Final = 1024
_ACCEPTED_AT_ONCE: Final = 64
_OUT_OF_RESOURCES: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


async def open_sockets(host: str, port: int) -> list[socket.socket]:
    """Bind a socket for each address of ``host``, all of them on one port.

    Args:
        host: A name or an address; empty, or ``::``: every address of the machine.
        port: 0 for any free one.

    Raises:
        ConfigError: The host is unknown, or the port is taken or not allowed.
    """
    where = f"{host or '*'}:{port}"
    try:
        infos = await asyncio.get_running_loop().getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise ConfigError(f"cannot listen on {where}: {error.strerror or error}") from None
    sockets: list[socket.socket] = []
    has_ipv4 = any(family == socket.AF_INET for family, *_ in infos)
    try:
        for family, kind, protocol, _, address in dict.fromkeys(infos):
            bound = sockets[0].getsockname()[1] if sockets else port
            sockets.append(
                _bind(family, kind, protocol, (address[0], bound, *address[2:]), v6_only=has_ipv4)
            )
    except OSError as error:
        for sock in sockets:
            sock.close()
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"cannot listen on {where}: {reason}") from None
    return sockets


class Listening:
    """Accepts connections until it is stopped."""

    def __init__(
        self, sockets: list[socket.socket], accepted: Callable[[socket.socket], None]
    ) -> None:
        """Start.

        Args:
            sockets: From ``open_sockets``; owned from now on.
            accepted: Is given each connection's socket, which it owns.
        """
        self._loop = asyncio.get_running_loop()
        self._sockets = sockets
        self._accepted = accepted
        for sock in sockets:
            sock.listen(_BACKLOG)
            self._resume(sock)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Accept no more."""
        for sock in self._sockets:
            if sock.fileno() >= 0:
                self._loop.remove_reader(sock)
                sock.close()

    def _resume(self, listener: socket.socket) -> None:
        if listener.fileno() >= 0:
            self._loop.add_reader(listener, self._accept, listener)

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                sock, _address = listener.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionAbortedError:
                continue
            except OSError as error:
                if error.errno not in _OUT_OF_RESOURCES:
                    raise
                _logger.warning("cannot accept connections: %s", error.strerror)
                self._loop.remove_reader(listener)
                self._loop.call_later(ACCEPT_PAUSE_S, self._resume, listener)
                return
            sock.setblocking(False)
            self._accepted(sock)


def _bind(
    family: int, kind: int, protocol: int, address: tuple[object, ...], *, v6_only: bool
) -> socket.socket:
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted sockets inherit it.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6_only)
        sock.bind(address)
    except OSError:
        sock.close()
        raise
    return sock
