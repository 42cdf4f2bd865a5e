"""A deployment of separate services, as the how-to describes it: a process and a TOML file each."""

import json
import re
import secrets
import subprocess
from pathlib import Path

from doubles.programs import Program, run

SITE = "example:mysite"


class Deployment:
    """One Cloud API with its hubs and logtailors, on loopback; each process is in ``programs``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.programs: list[Program] = []
        self.secret_file = directory / "secret"
        self.secret_file.write_text(secrets.token_hex(32))
        self.secret_file.chmod(0o600)
        self.config = directory / "api.toml"
        self.endpoint = ""
        self.env: dict[str, str] = {}
        """What a person's ``logstream`` needs."""

    def start_api(self, hub_urls: list[str], *environments: str) -> None:
        """Start the Cloud API with one application, and a person's key for its environments."""
        self.config.write_text(
            f'database = "{self.directory}/api.db"\nsecret_file = "{self.secret_file}"\n'
            f"hub_urls = {json.dumps(hub_urls)}\nport = 0\n"
        )
        program = self.start("api", "--config", str(self.config))
        program.until_says("http://")
        found = re.search(r"http://[^\s/]+:[0-9]+", program.err)
        assert found, program.err
        self.endpoint = f"{found[0]}/api"
        self.admin("application", "create", "mysite", "--site", SITE)
        for name in environments:
            self.admin("environment", "create", "mysite", name)
        granted = [word for name in environments for word in ("--environment", f"mysite/{name}")]
        key = self.create_key("person", *granted)
        self.env = {
            "LOGSTREAM_ENDPOINT": self.endpoint,
            "LOGSTREAM_API_KEY": key["api_key"],
            "LOGSTREAM_API_SECRET": key["api_secret"],
        }

    def start_hub(self, name: str, *, port: int = 0, more: str = "", tls: bool = False) -> str:
        """Start a hub; give its URL."""
        config = self.directory / f"{name}.toml"
        config.write_text(
            f'name = "{name}"\nport = {port}\nsecret_file = "{self.secret_file}"\n{more}\n'
        )
        program = self.start("hub", "--config", str(config))
        program.until_says("listens on")
        found = re.search(r"wss?://\S+", program.err)
        assert found, program.err
        assert found[0].startswith("wss://") is tls
        return found[0]

    def start_logtailor(self, server: str, sources: dict[tuple[str, str], str]) -> Program:
        """Start a logtailor over (environment, type) → path, with a key of its own."""
        names = {environment for environment, _ in sources}
        granted = [word for name in names for word in ("--environment", f"mysite/{name}")]
        key = self.create_key("logtailor", "--server", server, *granted)
        credentials = self.directory / f"{server}.json"
        credentials.write_text(json.dumps(key))
        credentials.chmod(0o600)
        tables = "".join(
            f'[[source]]\nsite = "{SITE}"\nenvironment = "{environment}"\n'
            f'type = "{log_type}"\npaths = ["{path}"]\n'
            for (environment, log_type), path in sources.items()
        )
        config = self.directory / f"{server}.toml"
        config.write_text(f'endpoint = "{self.endpoint}"\ncredentials = "{credentials}"\n{tables}')
        return self.restart_logtailor(server)

    def restart_logtailor(self, server: str) -> Program:
        """Start the logtailor of a server that was configured before."""
        program = self.start("logtailor", "--config", str(self.directory / f"{server}.toml"))
        program.until_says("offering")
        return program

    def create_key(self, kind: str, *arguments: str) -> dict[str, str]:
        """Create a key; give it as a credentials file has it."""
        made = self.admin("key", "create", "--kind", kind, "-o", "json", *arguments)
        key: dict[str, str] = json.loads(made)
        return {"api_key": key["api_key"], "api_secret": key["api_secret"]}

    def admin(self, *arguments: str) -> str:
        """Run ``logstream admin``; give what it prints."""
        done = run("admin", *arguments, "--config", str(self.config), directory=self.directory)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, *arguments: str, env: dict[str, str] | None = None) -> Program:
        """Start a program that ends with the deployment."""
        directory = self.directory / f"{len(self.programs)}-{arguments[0]}"
        program = Program(arguments, directory=directory, env=env)
        self.programs.append(program)
        return program

    def tail(self, *arguments: str, environment: str = "dev") -> Program:
        """Start a tail that shows frames on standard error."""
        return self.start("tail", "mysite", environment, "--debug", *arguments, env=self.env)

    def close(self) -> None:
        """End all programs, those that were started last first."""
        for program in reversed(self.programs):
            program.kill()


def make_certificate(directory: Path) -> tuple[Path, Path]:
    """Make a self-signed certificate for loopback; give its file and its key's."""
    certificate, key = directory / "certificate.pem", directory / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key
