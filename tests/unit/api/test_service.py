"""The service in a running loop; more of it over real HTTP in tests/integration/api."""

import asyncio
import signal
import socket

import msgspec
import pytest
import uvicorn

from doubles.cloud_api import SECRET, CloudApi
from logstream.api.service import ApiService
from logstream.errors import ConfigError


async def fetch(port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path.encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_it_serves_until_it_is_stopped_and_leaves_signals_alone(api: CloudApi) -> None:
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    service = ApiService(api.office.config, api.store, secret=SECRET)
    port = await service.start()
    assert (await fetch(port, "/healthz")).startswith(b"HTTP/1.1 200 OK")
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
    await service.stop()
    await service.stop()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    api.store.ping()


async def test_stopping_what_was_not_started_is_fine(api: CloudApi) -> None:
    await ApiService(api.office.config, api.store, secret=SECRET).stop()


async def test_an_address_in_use_is_told(api: CloudApi) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config = msgspec.structs.replace(api.office.config, port=port)
        with pytest.raises(ConfigError, match=f"127.0.0.1:{port}: Address already in use"):
            await ApiService(config, api.store, secret=SECRET).start()


async def test_an_address_that_is_taken_just_before_it_listens_is_told(
    api: CloudApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def startup(_: object, sockets: list[socket.socket]) -> None:
        for sock in sockets:
            sock.close()
        raise OSError("address in use")

    monkeypatch.setattr(uvicorn.Server, "startup", startup)
    service = ApiService(api.office.config, api.store, secret=SECRET)
    with pytest.raises(ConfigError, match=r"cannot listen on 127\.0\.0\.1:\d+: address in use"):
        await service.start()
    await service.stop()


async def test_a_certificate_that_cannot_be_read_is_told(api: CloudApi) -> None:
    config = msgspec.structs.replace(
        api.office.config, tls_certificate="/none.pem", tls_key="/none.key"
    )
    with pytest.raises(ConfigError, match=r"/none\.pem .*No such file"):
        await ApiService(config, api.store, secret=SECRET).start()
