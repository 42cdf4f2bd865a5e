"""`logstream up` and `logstream tail`, as a person uses them: real processes, files and sockets."""

import json
import os
import signal
import stat
from pathlib import Path

from doubles.deployment import make_certificate
from doubles.programs import Program, append, run, running, tail, until, up

REQUEST = '1.2.3.4 - - [07/Jul/2014:20:28:53 +0000] "GET /{} HTTP/1.1" 200 7 "-" "curl"'
PHP = "[07-Jul-2014 20:28:53 UTC] PHP Warning:  {} in /a.php on line 3"


def streaming(program: Program, sources: int) -> None:
    """Wait until so many sources flow."""
    until(
        lambda: program.err.count('"msg":{"cmd":"enable"') >= sources,
        f"{sources} sources flow: {program.err}",
    )


def test_lines_of_every_file_reach_a_terminal_as_they_were_written(tmp_path: Path) -> None:
    access, php = tmp_path / "access.log", tmp_path / "php_errors.log"
    append(access, REQUEST.format("before"))
    with (
        up(tmp_path, str(access), f"php-error={php}", "--server", "srv-6") as service,
        tail(tmp_path / "tail", service, "-c", "server", "type", "text", "--debug") as program,
    ):
        streaming(program, 2)
        append(access, REQUEST.format("a"))
        assert program.until_lines(1) == [f"srv-6    apache-request  {REQUEST.format('a')}"]
        append(php, PHP.format("müde"))
        assert program.until_lines(2)[1] == f"srv-6    php-error       {PHP.format('müde')}"
        assert program.stop(signal.SIGINT) == 0
        assert service.program.stop() == 0


def test_a_hub_with_a_certificate_that_nobody_knows_serves_those_who_trust_it(
    tmp_path: Path,
) -> None:
    certificate, key = make_certificate(tmp_path)
    log = tmp_path / "php.log"
    given = ("--tls-certificate", str(certificate), "--tls-key", str(key))
    with up(tmp_path, f"php-error={log}", *given) as service:
        assert service.ready["stream_url"].startswith("wss://")
        service.env["SSL_CERT_FILE"] = str(certificate)
        with tail(tmp_path / "tail", service, "--debug") as program:
            streaming(program, 1)
            append(log, PHP.format("secretly"))
            assert program.until_lines(1) == [PHP.format("secretly")]


def test_the_ready_file_says_all_that_a_program_needs_and_only_to_its_owner(tmp_path: Path) -> None:
    with up(tmp_path, f"php-error={tmp_path}/p.log", "--site", "devcloud:mysite") as service:
        ready = service.ready
        assert set(ready) == {
            "page_url",
            "page_link",
            "endpoint",
            "stream_url",
            "application",
            "environment",
            "site",
            "api_key",
            "api_secret",
        }
        assert ready["page_url"] + "api" == ready["endpoint"]
        assert ready["page_link"].startswith(ready["page_url"] + "#token=")
        assert ready["site"] == "devcloud:mysite"
        assert ready["environment"] == "dev"
        assert stat.S_IMODE((tmp_path / "ready.json").stat().st_mode) == 0o600
        commands = Path(f"/proc/{service.program.process.pid}/cmdline").read_bytes()
        assert ready["api_secret"].encode() not in commands
        assert ready["api_secret"] not in service.program.err + "\n".join(service.program.lines)


def test_the_key_comes_from_the_environment_or_is_kept_in_the_state_directory(
    tmp_path: Path,
) -> None:
    given = {"LOGSTREAM_API_KEY": "my-key", "LOGSTREAM_API_SECRET": "a secret of mine"}
    with up(tmp_path, f"php-error={tmp_path}/p.log", env=given) as service:
        assert service.ready["api_key"] == "my-key"
        assert service.ready["api_secret"] == "a secret of mine"
    with up(tmp_path / "other", f"php-error={tmp_path}/p.log") as service:
        made = service.ready["api_secret"]
    with up(tmp_path / "other", f"php-error={tmp_path}/p.log") as service:
        assert service.ready["api_secret"] == made


def test_the_printed_line_watches_the_logs(tmp_path: Path) -> None:
    log = tmp_path / "error.log"
    with up(tmp_path, f"apache-error={log}") as service:
        until(lambda: "logstream tail" in service.program.out.decode(), "the line to paste")
        printed = next(line for line in service.program.lines if "logstream tail" in line)
        words = printed.split("logstream ", 1)[1].split()
        with running(Program([*words, "--debug"], directory=tmp_path / "tail")) as program:
            streaming(program, 1)
            append(log, "[Mon Jul 07 20:28:53 2014] [error] [client 1.2.3.4] no")
            assert program.until_lines(1)[0].endswith("no")


def test_a_new_file_of_a_glob_is_followed_from_its_first_line(tmp_path: Path) -> None:
    with (
        up(tmp_path, f"php-error={tmp_path}/php-*.log") as service,
        tail(tmp_path / "tail", service, "--debug") as program,
    ):
        streaming(program, 1)
        append(tmp_path / "php-1.log", PHP.format("one"), PHP.format("two"))
        assert program.until_lines(2) == [PHP.format("one"), PHP.format("two")]


def test_a_directory_in_the_way_does_not_stop_the_others(tmp_path: Path) -> None:
    php, access = tmp_path / "php.log", tmp_path / "access.log"
    with up(tmp_path, f"php-error={php}", f"apache-request={access}") as service:
        php.mkdir()
        with tail(tmp_path / "tail", service, "--debug") as program:
            streaming(program, 1)
            append(access, REQUEST.format("a"))
            assert program.until_lines(1) == [REQUEST.format("a")]
            assert "is a directory" in service.program.err
            php.rmdir()
            append(php, PHP.format("at last"))
            assert program.until_lines(2)[1] == PHP.format("at last")
            assert '"cmd":"error"' not in program.err


def test_terminal_escapes_in_a_log_are_shown_inert_and_bad_utf8_is_replaced(tmp_path: Path) -> None:
    log = tmp_path / "php.log"
    with (
        up(tmp_path, f"php-error={log}") as service,
        tail(tmp_path / "tail", service, "--debug") as program,
    ):
        streaming(program, 1)
        with log.open("ab") as file:
            file.write(b"a\x1b[2Jb\xff\xe2\x80\xaec\n")
        assert program.until_lines(1) == ["a\\x1b[2Jb�\\u202ec"]


def test_machine_output_is_one_object_a_line(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    with (
        up(tmp_path, f"apache-request={log}", "--server", "web") as service,
        tail(tmp_path / "tail", service, "-o", "json", "--debug") as program,
    ):
        streaming(program, 1)
        append(log, REQUEST.format("a") + ' request_id="v-1"')
        record = json.loads(program.until_lines(1)[0])
        assert record["http_status"] == 200
        assert record["request_id"] == "v-1"
        assert record["unix_time"] == 1404764933
        assert record["server"] == "web"


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with up(tmp_path, f"php-error={tmp_path}/p.log") as service:
        port = service.ready["stream_url"].split(":")[2].split("/")[0]
        again = run("up", "x.log", "--stream-port", port, "--api-port", "0", directory=tmp_path)
    assert again.returncode == 2
    assert again.stderr.count("\n") <= 2
    assert f"127.0.0.1:{port}" in again.stderr
    assert "Traceback" not in again.stderr


def test_no_files_is_a_usage_error(tmp_path: Path) -> None:
    nothing = run("up", directory=tmp_path)
    assert nothing.returncode == 2
    assert "--demo" in nothing.stderr


def test_a_closed_pipe_ends_tail_quietly(tmp_path: Path) -> None:
    log = tmp_path / "php.log"
    with up(tmp_path, f"php-error={log}") as service:
        read, write = os.pipe()
        words = ["tail", service.ready["application"], "dev", "--debug"]
        program = Program(words, directory=tmp_path / "tail", env=service.env, stdout=write)
        os.close(write)
        with running(program):
            streaming(program, 1)
            os.close(read)
            append(log, PHP.format("nobody reads"))
            assert program.wait() == 0
            assert "Traceback" not in program.err
            assert "Broken" not in program.err
