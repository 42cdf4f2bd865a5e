"""Options that take several values after one another, as the original client's do.

``-t php-error apache-error`` takes all that follows, up to the next argument that starts with
``-``; so what is not an option stands before, or after ``--``. ``--types=php-error`` takes one.
Each value becomes an option of its own before Click sees it.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import click

_COLOUR_WISHES: Final = {"--color": "--color=always", "--no-color": "--color=never"}


class GreedyOption(click.Option):
    """An option that takes all values up to the next argument that starts with ``-``."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        attributes["multiple"] = True
        super().__init__(*args, **attributes)


class GreedyCommand(click.Command):
    """A command whose `GreedyOption` s take several values, and whose ``-h`` knows two meanings.

    ``-h`` followed by ``column=regexp`` is the original's ``--hide``; alone it is help.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Rewrite the arguments, then parse them as ever."""
        greedy = {
            name: max(option.opts, key=len)
            for option in self.params
            if isinstance(option, GreedyOption)
            for name in option.opts
        }
        spread = list(spread_arguments(args, greedy, complete=not ctx.resilient_parsing))
        try:
            return super().parse_args(ctx, spread)
        except click.MissingParameter as missing:
            if not greedy.keys().isdisjoint(args):
                hint = "an option such as -t takes all values that follow: end them with --"
                raise click.UsageError(f"{missing.format_message()} ({hint})", ctx) from None
            raise


def spread_arguments(
    args: Sequence[str], greedy: dict[str, str], *, complete: bool = True
) -> Iterator[str]:
    """Give ``args`` with one value after each option.

    Args:
        args: As typed.
        greedy: For each spelling of an option that takes several values, its long name.
        complete: False while a person still types: an option may have no value yet.

    Raises:
        click.UsageError: Such an option has no value.
    """
    position = 0
    while position < len(args):
        arg = args[position]
        position += 1
        if arg == "--":
            yield arg
            yield from args[position:]
            return
        if arg == "-h" and not _is_pattern(args[position : position + 1]):
            yield "--help"
        elif arg in greedy:
            first = position
            while position < len(args) and not args[position].startswith("-"):
                yield f"{greedy[arg]}={args[position]}"
                position += 1
            if position == first and complete:
                raise click.UsageError(f"{arg} needs at least one value")
        else:
            yield _COLOUR_WISHES.get(arg, arg)


def _is_pattern(following: Sequence[str]) -> bool:
    return any("=" in each and not each.startswith("-") for each in following)
