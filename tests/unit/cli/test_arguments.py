from typing import Any

import click
import pytest
from click.testing import CliRunner

from logstream.cli.arguments import GreedyCommand, GreedyOption, spread_arguments

GREEDY = {"-t": "--types", "--types": "--types", "-h": "--hide", "--hide": "--hide"}


@pytest.mark.parametrize(
    ("typed", "spread"),
    [
        ("APP ENV -t a b", "APP ENV --types=a --types=b"),
        ("-t a b -- APP ENV", "--types=a --types=b -- APP ENV"),
        ("APP ENV --types a b --debug", "APP ENV --types=a --types=b --debug"),
        ("APP ENV -t a -t b c", "APP ENV --types=a --types=b --types=c"),
        ("--types=a APP ENV", "--types=a APP ENV"),
        ("APP ENV -h text=a server=b", "APP ENV --hide=text=a --hide=server=b"),
        ("APP ENV -h", "APP ENV --help"),
        ("-h --debug", "--help --debug"),
        ("APP -h ENV", "APP --help ENV"),
        ("APP ENV --color --debug", "APP ENV --color=always --debug"),
        ("APP --no-color ENV", "APP --color=never ENV"),
        ("--color=auto APP", "--color=auto APP"),
        ("APP -- ENV -t a", "APP -- ENV -t a"),
        ("", ""),
    ],
)
def test_each_value_becomes_an_option_of_its_own(typed: str, spread: str) -> None:
    assert list(spread_arguments(typed.split(), GREEDY)) == spread.split()


@pytest.mark.parametrize("typed", ["APP ENV -t", "-t --debug", "-t -- APP ENV"])
def test_an_option_without_a_value_is_refused(typed: str) -> None:
    with pytest.raises(click.UsageError, match="-t needs at least one value"):
        list(spread_arguments(typed.split(), GREEDY))


@click.command(cls=GreedyCommand)
@click.argument("application")
@click.option("-t", "--types", cls=GreedyOption)
@click.option("-n", type=int)
def command(**values: Any) -> None:
    click.echo(sorted(values.items()))


def test_a_command_gets_all_values() -> None:
    result = CliRunner().invoke(command, ["app", "-t", "a", "b", "-n", "1"])
    assert result.output == "[('application', 'app'), ('n', 1), ('types', ('a', 'b'))]\n"


def test_an_argument_that_an_option_took_is_explained() -> None:
    result = CliRunner().invoke(command, ["-t", "a", "app"])
    assert result.exit_code == 2
    assert "end them with --" in result.output


def test_an_argument_that_is_just_missing_is_not_explained_so() -> None:
    result = CliRunner().invoke(command, ["-n", "5"])
    assert result.exit_code == 2
    assert "Missing argument 'APPLICATION'" in result.output
    assert "end them" not in result.output
