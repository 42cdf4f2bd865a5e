"""Real daemons for tests: nginx, then Varnish, then Apache with PHP, writing their real logs.

They run in a directory of the test, on free ports, with the configurations in
``tests/e2e/daemons``; nothing of the machine's own configuration is read or changed. Started by
root, their workers run as ``www-data``, as they do on a server.
"""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import pytest

CONFIGURATIONS = Path(__file__).parents[1] / "e2e" / "daemons"
APACHE_MODULES = Path("/usr/lib/apache2/modules")
SYSTEM_PROGRAMS = "/usr/local/sbin:/usr/sbin:/sbin"
START_MAX_S = 20.0
STOP_MAX_S = 10.0
START_ATTEMPTS = 3


class DidNotStart(Exception):
    """A daemon ended, or was not ready in time; the text ends in what it said."""


@dataclass(frozen=True)
class Programs:
    """Where the programs are."""

    apache: str
    php_module: str
    nginx: str
    varnishd: str
    varnishncsa: str


@dataclass
class Daemon:
    """One running program.

    Attributes:
        name: What to call it in a failure.
        process: What was started; the parent of its workers, unless ``pid_file`` names another.
        output: The file with what it says on standard output and error.
        reopen_signal: Makes it open its log files anew, as logrotate does; None for no log files.
        pid_file: Where a program that puts itself into the background writes its process id.
    """

    name: str
    process: subprocess.Popen[bytes]
    output: Path
    reopen_signal: signal.Signals | None = None
    pid_file: Path | None = None

    @property
    def pid(self) -> int:
        return self.process.pid if self.pid_file is None else int(self.pid_file.read_text())

    def is_running(self) -> bool:
        self.process.poll()
        try:
            state = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, ValueError):
            return False
        return state != "Z"

    def wait_until(self, is_ready: Callable[[], bool]) -> None:
        """Wait for a condition while the program runs.

        Raises:
            DidNotStart: It ended, or the condition did not come true in time.
        """
        deadline_s = time.monotonic() + START_MAX_S
        while not is_ready():
            ended = self.process.poll() is not None and self.pid_file is None
            if ended or time.monotonic() > deadline_s:
                said = self.output.read_text(errors="replace")[-2000:]
                raise DidNotStart(f"{self.name} did not start: {said}")
            time.sleep(0.02)

    def reopen_logs(self) -> None:
        if self.reopen_signal is not None:
            os.kill(self.pid, self.reopen_signal)

    def stop(self) -> None:
        for ending, wait_s in ((signal.SIGTERM, STOP_MAX_S), (signal.SIGKILL, STOP_MAX_S)):
            deadline_s = time.monotonic() + wait_s
            if self.is_running():
                os.kill(self.pid, ending)
            while self.is_running() and time.monotonic() < deadline_s:
                time.sleep(0.02)


@dataclass(frozen=True)
class WebStack:
    """The daemons together.

    Attributes:
        port: The balancer's, on 127.0.0.1.
        logs: Each log type's file that is being written now.
        daemons: Those that run, the one at the back first.
    """

    port: int
    logs: dict[str, Path]
    daemons: Sequence[Daemon]

    def rotate(self) -> None:
        """Rename every log file by one generation and have new ones opened, as logrotate does."""
        for path in self.logs.values():
            for age, old in reversed(list(enumerate(generations(path), start=1))):
                old.rename(path.with_name(f"{path.name}.{age}"))
        for daemon in self.daemons:
            daemon.reopen_logs()


def generations(path: Path) -> list[Path]:
    """A log file and what it was renamed to, youngest first."""
    renamed = sorted(
        path.parent.glob(f"{path.name}.[0-9]*"), key=lambda old: int(old.name.rpartition(".")[2])
    )
    return [path, *renamed] if path.exists() else renamed


def find_programs() -> Programs:
    """Find the programs, or skip the test with a line that says how to install what is missing."""
    return Programs(
        apache=_program("apache2", "apache2"),
        php_module=_php_module(),
        nginx=_program("nginx", "nginx-light"),
        varnishd=_program("varnishd", "varnish"),
        varnishncsa=_program("varnishncsa", "varnish"),
    )


@contextmanager
def web_stack() -> Iterator[WebStack]:
    """Run all the daemons for as long as the context lasts.

    Raises:
        DidNotStart: One of them did not, also not on other ports.
    """
    programs = find_programs()
    with ExitStack() as ending:
        # Not pytest's own directory: the workers' user may not enter that.
        directory = Path(tempfile.mkdtemp(prefix="logstream-daemons-"))
        ending.callback(shutil.rmtree, directory, ignore_errors=True)
        directory.chmod(0o755)
        yield _start_on_free_ports(programs, directory, ending)


def _start_on_free_ports(programs: Programs, directory: Path, ending: ExitStack) -> WebStack:
    for attempt in range(1, START_ATTEMPTS):
        with suppress(DidNotStart):
            return _start(programs, directory / str(attempt), ending)
        # Another program may have taken a port between our look and the daemon's.
    return _start(programs, directory / str(START_ATTEMPTS), ending)


def _start(programs: Programs, directory: Path, ending: ExitStack) -> WebStack:
    directory.mkdir()
    logs, php_logs = directory / "logs", directory / "logs" / "php"
    php_logs.mkdir(parents=True)
    # PHP opens its log as the workers' user, at each message.
    php_logs.chmod(0o777)
    site = directory / "site"
    shutil.copytree(CONFIGURATIONS / "site", site)

    running: list[Daemon] = []

    def start(
        name: str,
        *command: str,
        ready: Callable[[], bool],
        reopen: signal.Signals | None = None,
        pid_file: Path | None = None,
    ) -> None:
        output = directory / f"{name}.output"
        with output.open("wb") as said:
            process = subprocess.Popen(
                command,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                # Apache ends its whole process group.
                process_group=0,
            )
        daemon = Daemon(name, process, output, reopen, pid_file)
        ending.callback(daemon.stop)
        daemon.wait_until(ready)
        running.append(daemon)

    apache_port, varnish_port, nginx_port = (_free_port() for _ in range(3))
    varnish_log = logs / "varnish-request.log"
    varnish_name = str(directory / "varnish")
    varnish_format = (CONFIGURATIONS / "varnish-request.format").read_text().rstrip("\n")
    places = {
        "DIRECTORY": str(directory),
        "SITE": str(site),
        "LOGS": str(logs),
        "MODULES": str(APACHE_MODULES),
        "PHP_MODULE": programs.php_module,
    }
    as_root = os.geteuid() == 0

    _configuration("php.ini", directory, places)
    conf = _configuration(
        "apache.conf",
        directory,
        places
        | {
            "PORT": str(apache_port),
            "WORKERS": "User www-data\nGroup www-data" if as_root else "",
        },
    )
    start(
        "apache",
        *(programs.apache, "-f", str(conf), "-D", "FOREGROUND"),
        ready=lambda: _answers(apache_port),
        reopen=signal.SIGUSR1,
    )
    conf = _configuration("varnish.vcl", directory, places | {"BEHIND_PORT": str(apache_port)})
    start(
        "varnish",
        *(programs.varnishd, "-F", "-n", varnish_name, "-f", str(conf)),
        *("-a", f"127.0.0.1:{varnish_port}", "-T", "none", "-s", "malloc,16m"),
        *("-p", "thread_pools=1", "-p", "thread_pool_min=20"),
        ready=lambda: _answers(varnish_port),
    )
    # In the foreground it would take the signal to reopen its log for one to end.
    pid_file = directory / "varnishncsa.pid"
    start(
        "varnishncsa",
        *(programs.varnishncsa, "-D", "-P", str(pid_file), "-n", varnish_name),
        *("-a", "-w", str(varnish_log), "-F", varnish_format),
        ready=lambda: pid_file.exists() and varnish_log.exists(),
        reopen=signal.SIGHUP,
        pid_file=pid_file,
    )
    conf = _configuration(
        "nginx.conf",
        directory,
        places
        | {
            "PORT": str(nginx_port),
            "BEHIND_PORT": str(varnish_port),
            "WORKERS": "user www-data;" if as_root else "",
        },
    )
    start(
        "nginx",
        *(programs.nginx, "-p", str(directory), "-e", "stderr", "-c", str(conf)),
        ready=lambda: _answers(nginx_port),
        reopen=signal.SIGUSR1,
    )
    # varnishncsa misses what is asked for before it has found its place in Varnish's memory.
    running[2].wait_until(lambda: _visit(nginx_port) and varnish_log.stat().st_size > 0)
    return WebStack(
        port=nginx_port,
        logs={
            "bal-request": logs / "bal-request.log",
            "varnish-request": varnish_log,
            "apache-request": logs / "apache-request.log",
            "apache-error": logs / "apache-error.log",
            "php-error": php_logs / "php-error.log",
        },
        daemons=running,
    )


def _configuration(name: str, directory: Path, places: dict[str, str]) -> Path:
    text = (CONFIGURATIONS / name).read_text()
    for place, value in places.items():
        text = text.replace(f"@{place}@", value)
    path = directory / name
    path.write_text(text)
    return path


def _program(name: str, package: str) -> str:
    path = shutil.which(name) or shutil.which(name, path=SYSTEM_PROGRAMS)
    if path is None:
        pytest.skip(f"{name} is missing: apt-get install {package}")
    return path


def _php_module() -> str:
    found = sorted(APACHE_MODULES.glob("libphp*.so"))
    if not found:
        pytest.skip("Apache's PHP module is missing: apt-get install libapache2-mod-php")
    return str(found[-1])


def _free_port() -> int:
    """A port that nobody uses now: these daemons cannot tell which one they were given."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _visit(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_MAX_S)
    connection.request("GET", "/index.php")
    answered = connection.getresponse().status == HTTPStatus.OK
    connection.close()
    return answered
