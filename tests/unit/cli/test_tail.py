import re
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from logstream.cli import tail, tail_run
from logstream.cli.tail_config import Colour, Output, TailConfig
from logstream.errors import UsageError
from logstream.model.source import DEFAULT_TYPES


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGSTREAM_ENDPOINT", "NO_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)


def config_of(monkeypatch: pytest.MonkeyPatch, *args: str) -> TailConfig:
    """Run the command line up to where the work would begin."""
    configs: list[TailConfig] = []

    def run(config: TailConfig, **_: Any) -> int:
        configs.append(config)
        return 0

    monkeypatch.setattr(tail_run, "run_tail", run)
    monkeypatch.setattr("sys.stdout", type("Out", (), {"fileno": lambda _: 1, "isatty": _no})())
    assert tail.tail.main(list(args), standalone_mode=False) == 0
    return configs[0]


def _no(_: object) -> bool:
    return False


def test_what_nobody_says_is_as_in_the_original(monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_of(monkeypatch, "app", "prod")
    assert (config.application, config.environment) == ("app", "prod")
    assert config.types == frozenset(DEFAULT_TYPES)
    assert config.columns is None
    assert (config.output, config.colour) == (Output.TEXT, Colour.NEVER)
    assert config.reconnect
    assert (config.endpoint, config.credentials_file) == ("", None)


@pytest.mark.parametrize(
    "typed",
    [
        "app prod -t php-error apache-error",
        "-t php-error apache-error -- app prod",
        "app prod --types php-error -t apache-error",
        "--types=php-error,apache-error app prod",
        "app prod --types php-error, apache-error --debug",
    ],
)
def test_types_are_taken_as_in_the_original(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    wanted = frozenset(("php-error", "apache-error"))
    assert config_of(monkeypatch, *typed.split()).types == wanted


def test_all_types_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert config_of(monkeypatch, "app", "prod", "-t", "all").types is None


def test_every_option_reaches_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_of(
        monkeypatch,
        *("app", "prod", "-c", "server", "text", "-s", "text=a=b", "-h", "server=bal", "text=x"),
        *("-i", "in", "-e", "ex", "--status", "5xx,404", "--request-id", "v-1", "--server", "a,b"),
        *("--max-lines", "5", "--timeout", "1m30s", "--until-match", "u", "--fail-on", "f"),
        *("--no-reconnect", "--endpoint", "https://e.test/api", "--credentials", "key.json"),
        *("--debug", "-o", "json"),
    )
    line_filter, ending = config.line_filter, config.ending
    assert config.columns == ("server", "text")
    assert {c: [p.pattern for p in ps] for c, ps in line_filter.show.items()} == {"text": ["a=b"]}
    assert sorted(line_filter.hide) == ["server", "text"]
    assert [p.pattern for p in (*line_filter.include, *line_filter.exclude)] == ["in", "ex"]
    assert [bool(p.fullmatch("503")) for p in line_filter.statuses] == [True, False]
    assert line_filter.request_id == "v-1"
    assert config.servers == ("a", "b")
    assert (ending.max_lines, ending.timeout_s) == (5, 90)
    assert ending.until_match
    assert ending.fail_on
    assert not config.reconnect
    assert config.endpoint == "https://e.test/api"
    assert config.credentials_file == Path("key.json")
    assert config.debug
    assert config.output is Output.JSON


def test_patterns_have_line_anchors_as_in_the_original(monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_of(monkeypatch, "app", "prod", "-s", "text=^b$")
    assert config.line_filter.show["text"][0].search("a\nb\nc")


@pytest.mark.parametrize(
    ("args", "colour"),
    [
        (["--color"], Colour.ORIGINAL),
        (["--color=always"], Colour.ORIGINAL),
        (["--no-color"], Colour.NEVER),
        (["--color=never"], Colour.NEVER),
        (["--color=auto"], Colour.NEVER),
        (["--no-color", "--color"], Colour.ORIGINAL),
    ],
)
def test_colour_is_chosen(monkeypatch: pytest.MonkeyPatch, args: list[str], colour: Colour) -> None:
    assert config_of(monkeypatch, *args, "app", "prod").colour is colour


def test_the_environment_can_ask_for_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLICOLOR_FORCE", "1")
    assert config_of(monkeypatch, "app", "prod").colour is Colour.FULL
    assert config_of(monkeypatch, "app", "prod", "--no-color").colour is Colour.NEVER


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("-s text", "--show text: write it as column=regexp"),
        ("-h =x", "--hide =x: write it as column=regexp"),
        ("-s text=(", r"--show: '\(' is no regular expression"),
        ("-s text=[[:digit:]]", "is no regular expression: Possible nested set"),
        ("-i *", r"--include: '\*' is no regular"),
        ("--until-match [", "--until-match"),
        ("--status 5x", "--status 5x: write it as 404 or 5xx"),
        ("--timeout soon", "is no duration"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(typed: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        tail.tail.main(["app", "prod", *typed.split()], standalone_mode=False)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("typed", ["--max-lines 0", "-o xml", "--color=sometimes", "--nonsense"])
def test_what_click_refuses_is_a_usage_error(typed: str) -> None:
    with pytest.raises(click.UsageError):
        tail.tail.main(["app", "prod", *typed.split()], standalone_mode=False)


@pytest.mark.parametrize("typed", ["--help", "-h", "app -h", "app dev -h -t x"])
def test_help_is_shown(typed: str) -> None:
    result = CliRunner().invoke(tail.tail, typed.split())
    assert result.exit_code == 0
    assert "APPLICATION ENV" in result.output


def test_help_names_every_option_of_the_original() -> None:
    help_text = CliRunner().invoke(tail.tail, ["--help"]).output
    for option in ("-t, --types", "-s, --show", "-h, --hide", "-c, --columns", "--debug"):
        assert option in help_text
    assert re.search(r"--no-color: *never", help_text.replace("\n", " "))


def test_known_names_complete() -> None:
    types = next(param for param in tail.tail.params if param.name == "types")
    completed = types.shell_complete(click.Context(tail.tail), "php")
    assert [item.value for item in completed] == ["php-error"]
