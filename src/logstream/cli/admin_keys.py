"""``logstream admin key``: creates, lists and revokes keys, each bound to environments."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from logstream.cli.admin_store import (
    named_environment,
    opened_store,
    show,
    show_one,
    store_options,
)

if TYPE_CHECKING:
    from logstream.store.entities import Key

KINDS = ("person", "logtailor", "hub")


@click.group()
def key() -> None:
    """Create, list and revoke keys."""


@key.command("create")
@click.option("--kind", required=True, type=click.Choice(KINDS), help="Who will hold it.")
@click.option(
    "--environment",
    "environments",
    required=True,
    multiple=True,
    metavar="APPLICATION/NAME",
    help="What it may see or offer; may be given several times.",
)
@click.option("--server", help="The server that a logtailor's key is for.")
@click.option("--label", default="", help="What it is for.")
@store_options
def create_key(kind: str, environments: tuple[str, ...], server: str | None, label: str) -> None:
    """Create a key and print its secret, which cannot be shown again.

    With -o json, what is printed is a credentials file.
    """
    from logstream.store.entities import KeyKind

    with opened_store() as store:
        granted = [named_environment(store, reference) for reference in environments]
        made = store.create_key(KeyKind(kind), granted, server=server, label=label)
    show_one({"api_key": made.key_id, "api_secret": made.secret})
    click.echo("The secret is not kept and cannot be shown again.", err=True)


@key.command("list")
@store_options
def list_keys() -> None:
    """List all keys, the revoked ones too; never a secret."""
    with opened_store() as store:
        names = {
            environment.id: f"{environment.application.name}/{environment.name}"
            for environment in store.list_environments()
        }
        rows = [_row(found, names) for found in store.list_keys()]
    show(rows, ["api_key", "kind", "server", "environments", "created", "revoked", "label"])


@key.command("revoke")
@click.argument("api_key")
@store_options
def revoke_key(api_key: str) -> None:
    """Refuse the key API_KEY from now on.

    Who streams or offers with it is cut off within the bounded life of a session or link.
    """
    with opened_store() as store:
        store.revoke_key(api_key)
    show_one({"revoked": api_key})


def _row(found: "Key", names: dict[str, str]) -> dict[str, object]:
    return {
        "api_key": found.id,
        "kind": found.kind.value,
        "server": found.server or None,
        "environments": [names.get(identity, identity) for identity in found.environments],
        "created": _day(found.created_at_s),
        "revoked": _day(found.revoked_at_s) if found.revoked_at_s is not None else None,
        "label": found.label or None,
    }


def _day(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
