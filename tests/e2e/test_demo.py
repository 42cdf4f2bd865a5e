"""`make demo`, as a person sees it."""

import signal
from pathlib import Path

from doubles.programs import Program, running, until


def test_the_demo_prints_a_line_to_paste_and_lines_of_every_kind_and_ends_by_ctrl_c(
    tmp_path: Path,
) -> None:
    words = ["up", "--demo", "--state-dir", str(tmp_path / "state")]
    with running(Program(words, directory=tmp_path / "demo")) as program:
        until(
            lambda: all(
                log_type in program.out.decode().partition("Ctrl-C")[2]
                for log_type in ("apache-request", "drupal-request", "bal-request", "varnish")
            ),
            f"lines of the main types: {program.err}",
        )
        assert "logstream tail Demo" in program.out.decode()
        assert program.stop(signal.SIGINT) == 0
        assert program.err == ""
