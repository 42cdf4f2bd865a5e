import asyncio
import errno
import socket

import pytest

from logstream.errors import ConfigError
from logstream.model.limits import SEND_BUFFER_BYTES
from logstream.transport import listening
from logstream.transport.listening import Listening, open_sockets


async def test_a_connection_is_handed_over_with_its_bounded_send_buffer() -> None:
    accepted: asyncio.Queue[socket.socket] = asyncio.Queue()
    door = Listening(await open_sockets("127.0.0.1", 0), accepted.put_nowait)
    with (
        socket.create_connection(("127.0.0.1", door.port)),
        await asyncio.wait_for(accepted.get(), 30) as sock,
    ):
        size = sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        assert size in {SEND_BUFFER_BYTES, 2 * SEND_BUFFER_BYTES}  # Linux doubles it
        assert not sock.getblocking()
    door.stop()
    door.stop()


async def test_all_addresses_of_a_name_share_a_port() -> None:
    sockets = await open_sockets("", 0)
    assert len({sock.getsockname()[1] for sock in sockets}) == 1
    for sock in sockets:
        sock.close()


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
async def test_every_address_of_the_machine_has_both_kinds() -> None:
    (listener,) = await open_sockets("::", 0)
    listener.listen()
    with socket.create_connection(("127.0.0.1", listener.getsockname()[1]), timeout=5):
        pass
    listener.close()


async def test_a_taken_port_is_named() -> None:
    (taken,) = await open_sockets("127.0.0.1", 0)
    taken.listen()
    port = taken.getsockname()[1]
    with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1:{port}: address already"):
        await open_sockets("127.0.0.1", port)
    taken.close()


async def test_an_unknown_host_is_named() -> None:
    with pytest.raises(ConfigError, match=r"cannot listen on no-such-host\.invalid:1: "):
        await open_sockets("no-such-host.invalid", 1)


async def test_accepting_pauses_when_the_system_has_no_more_descriptors(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listening, "ACCEPT_PAUSE_S", 0.01)
    accepted: asyncio.Queue[socket.socket] = asyncio.Queue()
    sockets = [ExhaustedOnce(sock) for sock in await open_sockets("127.0.0.1", 0)]
    door = Listening(sockets, accepted.put_nowait)  # type: ignore[arg-type]
    with socket.create_connection(("127.0.0.1", door.port)):
        (await asyncio.wait_for(accepted.get(), 30)).close()
    assert caplog.messages == ["cannot accept connections: too many open files"]
    door.stop()


class ExhaustedOnce:
    """A listening socket that first finds no file descriptor."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._accepts = [OSError(errno.EMFILE, "too many open files"), ConnectionAbortedError()]

    def accept(self) -> tuple[socket.socket, object]:
        if self._accepts:
            raise self._accepts.pop(0)
        return self._sock.accept()

    def __getattr__(self, name: str) -> object:
        return getattr(self._sock, name)
