"""``logstream up --demo``: a sample application whose servers write logs, and a tail of it.

The traffic goes to real files, which real logtailors follow; what is printed is the output of a
real ``logstream tail``, run as a person would run it.
"""

import asyncio
import contextlib
import random
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from logstream.cli import settings
from logstream.cli.demo_traffic import Traffic
from logstream.cli.embedded import Embedded, EmbeddedConfig, Listening
from logstream.cli.ready import announce, write_ready_file
from logstream.cli.running import serve_until_stopped
from logstream.cli.state import PersonKey, StateDirectory
from logstream.logtailor.config import SourceConfig

#: Lively, and still to be read.
VISITS_PER_S: Final = 4.0
APPLICATION: Final = "Demo"
SITE: Final = "demo:demo"


class Demo:
    """The demo, from start to Ctrl-C.

    Args:
        listening: Where to serve.
        state: Also holds the log files.
        key: The key that people use.
        ready_file: Written once all is up.
    """

    def __init__(
        self,
        listening: Listening,
        state: StateDirectory,
        key: PersonKey,
        ready_file: Path | None,
    ) -> None:
        self._state = state
        self._key = key
        self._ready_file = ready_file
        self._traffic = Traffic(state.path / "demo-logs", seed=random.getrandbits(32))
        self._config = EmbeddedConfig(
            listening=listening,
            application=APPLICATION,
            site=SITE,
            servers=_servers(self._traffic.layout()),
        )

    async def run(self) -> None:
        """Serve, write, and show, until a signal comes."""
        service = Embedded(self._config, self._state, self._key)
        tails: list[Process] = []

        async def show() -> None:
            await service.start()
            environment = self._config.environments[0]
            announce(service, self._config, self._state, environment)
            if self._ready_file is not None:
                write_ready_file(self._ready_file, service, self._config, self._key)
            click.echo("These are its lines; Ctrl-C ends the demo.\n")
            # A tail that ends (its output was closed) does not end the service.
            tails.append(await self._tail(service, environment))
            await self._write()

        async def stop() -> None:
            for tail in tails:
                with contextlib.suppress(ProcessLookupError):
                    tail.terminate()
                await tail.wait()
            await service.stop()

        await serve_until_stopped(show, stop)

    async def _tail(self, service: Embedded, environment: str) -> Process:
        words = [
            "tail",
            service.application_uuid,
            environment,
            "-t",
            "all",
            "-c",
            "server",
            "type",
            "text",
        ]
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "logstream",
            *words,
            env={
                **settings.environment(),
                "LOGSTREAM_ENDPOINT": service.endpoint,
                "LOGSTREAM_API_KEY": self._key.api_key,
                "LOGSTREAM_API_SECRET": self._key.api_secret,
            },
        )

    async def _write(self) -> None:
        while True:
            self._traffic.visit(time.time())
            await asyncio.sleep(random.expovariate(VISITS_PER_S))


def _servers(layout: Mapping[tuple[str, str, str], Path]) -> dict[str, list[SourceConfig]]:
    servers: dict[str, list[SourceConfig]] = {}
    for (environment, server, log_type), path in layout.items():
        source = SourceConfig(site=SITE, environment=environment, type=log_type, paths=[str(path)])
        servers.setdefault(server, []).append(source)
    return servers
