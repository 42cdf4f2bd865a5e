"""`logstream completion`: what makes a shell complete commands, options and known names."""

import click
from click.shell_completion import get_completion_class

from logstream.cli import settings


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    r"""Print the completion script of a shell.

    \b
    bash:  source <(logstream completion bash)
    zsh:   source <(logstream completion zsh)
    fish:  logstream completion fish | source
    """
    from logstream.cli.main import logstream

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - Click has all of the choice
    made = kind(logstream, {}, "logstream", settings.COMPLETION_VARIABLE)
    click.echo(made.source_template % made.source_vars())
