"""Cloud API, hubs and logtailors as separate processes: they come, go, and come again."""

import signal
from pathlib import Path

from doubles.deployment import Deployment, make_certificate
from doubles.programs import Program, append, run, until


def flows(program: Program, sources: int = 1) -> None:
    until(
        lambda: program.err.count('"msg":{"cmd":"enable"') >= sources,
        f"{sources} sources flow: {program.err}",
    )


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


def test_two_servers_reach_one_person(deployment: Deployment, tmp_path: Path) -> None:
    hub = deployment.start_hub("logstream-1")
    deployment.start_api([hub], "dev", "prod")
    one, two, other = (tmp_path / name for name in ("one.log", "two.log", "other.log"))
    deployment.start_logtailor("srv-6", {("dev", "php-error"): str(one)})
    deployment.start_logtailor(
        "srv-7", {("dev", "php-error"): str(two), ("prod", "php-error"): str(other)}
    )
    program = deployment.tail("-c", "server", "text")
    flows(program, 2)
    append(other, "not for dev")
    append(one, "from six")
    append(two, "from seven")
    assert sorted(program.until_lines(2)) == ["srv-6    from six", "srv-7    from seven"]
    assert program.stop() == 0
    for service in deployment.programs[:-1]:
        assert service.stop() == 0, service.err
        assert "Traceback" not in service.err


def test_a_hub_that_was_killed_and_came_back_is_found_again(
    deployment: Deployment, tmp_path: Path
) -> None:
    hub = deployment.start_hub("logstream-1")
    killed = deployment.programs[-1]
    deployment.start_api([hub], "dev")
    log = tmp_path / "php.log"
    deployment.start_logtailor("srv-6", {("dev", "php-error"): str(log)})
    program = deployment.tail()
    flows(program)
    append(log, "before")
    program.until_lines(1)
    killed.kill()
    program.until_says("connecting again")
    deployment.start_hub("logstream-1", port=port_of(hub))
    flows(program, 2)
    append(log, "after")
    assert program.until_lines(2) == ["before", "after"]


def test_a_logtailor_that_restarts_is_enabled_again_by_the_hub(
    deployment: Deployment, tmp_path: Path
) -> None:
    deployment.start_api([deployment.start_hub("logstream-1")], "dev")
    log = tmp_path / "php.log"
    killed = deployment.start_logtailor("srv-6", {("dev", "php-error"): str(log)})
    program = deployment.tail()
    flows(program)
    append(log, "before")
    program.until_lines(1)
    killed.kill()
    again = deployment.restart_logtailor("srv-6")
    until(lambda: log in open_files(again), "the log is followed again")
    append(log, "after")
    assert program.until_lines(2) == ["before", "after"]
    assert program.err.count('"cmd":"disconnected","server":"srv-6"') == 1
    assert program.err.count('-> {"cmd":"enable"') == 1
    assert '"cmd":"error"' not in program.err


def test_nothing_is_opened_that_nobody_watches(deployment: Deployment, tmp_path: Path) -> None:
    deployment.start_api([deployment.start_hub("logstream-1")], "dev")
    watched, idle = tmp_path / "watched.log", tmp_path / "idle.log"
    append(watched, "old")
    append(idle, "old")
    logtailor = deployment.start_logtailor(
        "srv-6", {("dev", "php-error"): str(watched), ("dev", "mysql-slow"): str(idle)}
    )
    assert not open_files(logtailor) & {watched, idle}
    program = deployment.tail("-t", "php-error")
    flows(program)
    assert open_files(logtailor) & {watched, idle} == {watched}
    program.stop()
    until(lambda: watched not in open_files(logtailor), "the log is let go")


def test_a_hub_serves_as_the_logtailor_of_another_hub(
    deployment: Deployment, tmp_path: Path
) -> None:
    upper = deployment.start_hub("logstream-upper")
    deployment.start_api([upper], "dev")
    key = deployment.create_key("hub", "--environment", "mysite/dev")
    credentials = tmp_path / "hub.json"
    credentials.write_text(
        f'{{"api_key": "{key["api_key"]}", "api_secret": "{key["api_secret"]}"}}'
    )
    (tmp_path / "below").mkdir()
    below = Deployment(tmp_path / "below")
    try:
        lower = below.start_hub(
            "logstream-lower",
            more=f'upstream_endpoint = "{deployment.endpoint}"\n'
            f'upstream_credentials = "{credentials}"\n',
        )
        below.programs[-1].until_says("offering")
        below.start_api([lower], "dev")
        log = tmp_path / "php.log"
        below.start_logtailor("srv-6", {("dev", "php-error"): str(log)})
        program = deployment.tail("-c", "server", "text")
        flows(program)
        append(log, "through two hubs")
        assert program.until_lines(1) == ["srv-6    through two hubs"]
    finally:
        below.close()


def test_streams_go_over_tls_and_a_strange_certificate_is_refused(
    deployment: Deployment, tmp_path: Path
) -> None:
    certificate, key = make_certificate(tmp_path)
    hub = deployment.start_hub(
        "logstream-1", more=f'tls_certificate = "{certificate}"\ntls_key = "{key}"\n', tls=True
    )
    deployment.start_api([hub], "dev")
    strange = deployment.tail("--no-reconnect")
    assert strange.wait() == 1
    assert "certificate" in strange.err
    trusted = {"SSL_CERT_FILE": str(certificate)}
    log = tmp_path / "php.log"
    key_of = deployment.create_key("logtailor", "--server", "s", "--environment", "mysite/dev")
    config = tmp_path / "s.toml"
    config.write_text(
        f'endpoint = "{deployment.endpoint}"\n[[source]]\nsite = "example:mysite"\n'
        f'environment = "dev"\ntype = "php-error"\npaths = ["{log}"]\n'
    )
    logtailor = deployment.start(
        "logtailor",
        "--config",
        str(config),
        env={
            **trusted,
            "LOGSTREAM_API_KEY": key_of["api_key"],
            "LOGSTREAM_API_SECRET": key_of["api_secret"],
        },
    )
    logtailor.until_says("offering")
    program = deployment.start(
        "tail", "mysite", "dev", "--debug", env={**deployment.env, **trusted}
    )
    flows(program)
    append(log, "secretly")
    assert program.until_lines(1) == ["secretly"]


def test_a_revoked_key_is_let_in_no_more(deployment: Deployment, tmp_path: Path) -> None:
    deployment.start_api([deployment.start_hub("logstream-1")], "dev")
    deployment.admin("key", "revoke", deployment.env["LOGSTREAM_API_KEY"])
    refused = run("tail", "mysite", "dev", directory=tmp_path, env=deployment.env)
    assert refused.returncode == 4
    assert refused.stdout == ""
    assert len(refused.stderr.splitlines()) == 1
    assert deployment.env["LOGSTREAM_API_SECRET"] not in refused.stderr


def test_a_wrong_configuration_is_said_in_one_line(tmp_path: Path) -> None:
    config = tmp_path / "hub.toml"
    config.write_text('secret_file = "s"\nprot = 5\n')
    for service in ("hub", "api", "logtailor"):
        refused = run(service, "--config", str(config), directory=tmp_path)
        assert refused.returncode == 2, service
        assert len(refused.stderr.splitlines()) == 1, refused.stderr
        assert str(config) in refused.stderr


def test_services_stop_cleanly_on_ctrl_c(deployment: Deployment) -> None:
    deployment.start_api([deployment.start_hub("logstream-1")], "dev")
    for program in deployment.programs:
        assert program.stop(signal.SIGINT) == 0, program.err


def open_files(program: Program) -> set[Path]:
    descriptors = Path(f"/proc/{program.process.pid}/fd")
    found = set()
    for descriptor in descriptors.iterdir():
        try:
            found.add(descriptor.readlink())
        except OSError:
            continue  # closed meanwhile
    return found
