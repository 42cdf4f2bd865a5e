"""One kill test: separate processes on one machine, files that rotate, and random harm to all.

A client writes NDJSON; whenever it is killed, the next goes on from the cursor of the last whole
line of its output. At the end every line that was written must have come once, or lie in a gap
that was declared.
"""

import random
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from doubles.deployment import Deployment
from doubles.kill.account import Shown, faults
from doubles.kill.proxy import Proxy
from doubles.kill.writers import LogFile
from doubles.programs import Program, until

WITHOUT_LOSS: Final = (
    "rename",
    "rename_with_late_writes",
    "rename_and_pause",
    "rename_and_gzip",
    "rename_and_bzip2",
    "rename_and_xz",
)
#: How long lines of older generations may come after the last ones.
SETTLE_S: Final = 20.0
WITH_LOSS: Final = (*WITHOUT_LOSS, "copytruncate", "truncate")


class Plan(NamedTuple):
    """What one run does."""

    seed: int
    seconds: float
    hubs: int = 2
    servers: int = 2
    truncate: bool = False
    lines_per_s: int = 1000
    """For each of two files a server."""
    harm_every_s: float = 1.5
    rotate_every_s: float = 2.0
    catch_up_s: float = 120.0


class KillRun:
    """A deployment under harm."""

    def __init__(self, directory: Path, plan: Plan) -> None:
        self._plan = plan
        self._random = random.Random(plan.seed)
        self._deployment = Deployment(directory)
        self._directory = directory
        self._proxies: list[Proxy] = []
        self._hubs: list[Program] = []
        self._logtailors: dict[str, Program] = {}
        self._files: list[LogFile] = []
        self._client: Program | None = None
        self._clients = 0
        self.shown = Shown()
        self.harm: list[str] = []

    def run(self) -> list[str]:
        """Run it; give what broke the promise."""
        try:
            self._start()
            for file in self._files:
                file.start()
            until(self._all_seen, "each file is seen once", within_s=60)
            ends_at = time.monotonic() + self._plan.seconds
            while time.monotonic() < ends_at:
                time.sleep(self._random.uniform(0, 2 * self._plan.harm_every_s))
                self._do_harm()
            for file in self._files:
                file.stop()
            try:
                until(self._all_came, "the last lines came", within_s=self._plan.catch_up_s)
                until(lambda: not self._faults(), "all is well", within_s=SETTLE_S)
            except AssertionError:
                return [self._state(), *self._faults()]
            return []
        finally:
            self._deployment.close()
            for proxy in self._proxies:
                proxy.close()

    # --- the parts -------------------------------------------------------------------------------

    def _start(self) -> None:
        deployment, plan = self._deployment, self._plan
        urls = []
        for number in range(plan.hubs):
            name = f"logstream-{number}"
            url = deployment.start_hub(name)
            port = int(re.findall(r":([0-9]+)", url)[-1])
            config = self._directory / f"{name}.toml"
            config.write_text(config.read_text().replace("port = 0", f"port = {port}"))
            self._hubs.append(deployment.programs[-1])
            self._proxies.append(Proxy(port))
            urls.append(url.replace(f":{port}", f":{self._proxies[-1].port}"))
        deployment.start_api(urls, "dev")
        for number in range(plan.servers):
            self._start_server(f"srv-{number}")
        self._start_client()

    def _start_server(self, server: str) -> None:
        plan = self._plan
        logs = self._directory / server
        logs.mkdir()
        sources = {}
        for log_type, traces in (("plain-log", False), ("php-error", True)):
            path = logs / f"{server}-{log_type}.log"
            self._files.append(
                LogFile(
                    path,
                    seed=f"{plan.seed} {path.name}",
                    rotations=WITH_LOSS if plan.truncate else WITHOUT_LOSS,
                    traces=traces,
                    lines_per_s=plan.lines_per_s,
                    rotate_every_s=plan.rotate_every_s,
                )
            )
            sources[("dev", log_type)] = str(path)
        self._logtailors[server] = self._deployment.start_logtailor(server, sources)

    def _start_client(self) -> None:
        resume = [] if self.shown.cursor is None else ["--after-cursor", self.shown.cursor]
        self._clients += 1
        directory = self._directory / f"client-{self._clients}"
        self._client = Program(
            ["tail", "mysite", "dev", "-o", "json", "--types", "plain-log", "php-error", *resume],
            directory=directory,
            env=self._deployment.env,
        )
        self._deployment.programs.append(self._client)
        self.shown.follow(directory / "out")

    # --- harm ------------------------------------------------------------------------------------

    def _do_harm(self) -> None:
        ways: list[Callable[[], None]] = [
            self._kill_client,
            self._kill_logtailor,
            self._kill_hub,
            self._cut,
            self._freeze,
        ]
        way = self._random.choice(ways)
        self.harm.append(way.__name__.removeprefix("_"))
        way()
        self.shown.read()

    def _kill_client(self) -> None:
        assert self._client is not None
        self._client.kill()
        self.shown.read()
        time.sleep(self._random.choice((0.0, 0.5, 2.0)))
        self._start_client()

    def _kill_logtailor(self) -> None:
        server = self._random.choice(sorted(self._logtailors))
        self._logtailors[server].kill()
        time.sleep(self._random.choice((0.0, 0.5, 2.0)))
        config = str(self._directory / f"{server}.toml")
        self._logtailors[server] = self._deployment.start("logtailor", "--config", config)

    def _kill_hub(self) -> None:
        number = self._random.randrange(len(self._hubs))
        self._hubs[number].kill()
        time.sleep(self._random.choice((0.0, 0.5, 2.0)))
        config = str(self._directory / f"logstream-{number}.toml")
        self._hubs[number] = self._deployment.start("hub", "--config", config)

    def _cut(self) -> None:
        self._random.choice(self._proxies).cut()

    def _freeze(self) -> None:
        self._random.choice(self._proxies).freeze(self._random.choice((0.5, 2.0, 4.0)))

    # --- what is waited for ----------------------------------------------------------------------

    def _all_seen(self) -> bool:
        self.shown.read()
        return {line.file for line in self.shown.lines} == {file.name for file in self._files}

    def _all_came(self) -> bool:
        self.shown.read()
        assert self._client is not None
        if self._client.process.poll() is not None:
            raise AssertionError(f"the client ended: {self._client.err}")
        came = set(self.shown.lines)
        return all(file.written[-1] in came for file in self._files)

    def _faults(self) -> list[str]:
        self.shown.read()
        return faults(self._files, self.shown)

    def _state(self) -> str:
        assert self._client is not None
        last = self._client.err[-2000:]
        return f"the last lines never came; harm done: {self.harm}; the client said: {last}"

    def keep(self, target: Path) -> None:
        """Keep the run's files for a person to look at."""
        shutil.copytree(self._directory, target, dirs_exist_ok=True)
