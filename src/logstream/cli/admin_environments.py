"""``logstream admin environment``: creates, lists and deletes environments of applications."""

from typing import TYPE_CHECKING

import click

from logstream.cli.admin_store import opened_store, show, show_one, store_options

if TYPE_CHECKING:
    from logstream.store.entities import Environment


@click.group()
def environment() -> None:
    """Create, list and delete environments. APPLICATION is a UUID, a site or a name."""


@environment.command("create")
@click.argument("application")
@click.argument("name")
@click.option("--label", help="Its name for people; NAME with a capital by default.")
@store_options
def create_environment(application: str, name: str, label: str | None) -> None:
    """Create the environment NAME of APPLICATION."""
    with opened_store() as store:
        found = store.find_application(application)
        show_one(_row(store.create_environment(found, name, label=label)))


@environment.command("list")
@click.argument("application", required=False)
@store_options
def list_environments(application: str | None) -> None:
    """List the environments of APPLICATION, or all."""
    with opened_store() as store:
        found = store.find_application(application) if application is not None else None
        rows = [_row(environment) for environment in store.list_environments(found)]
    show(rows, ["id", "application", "name", "label"])


@click.command()
@click.argument("application")
@click.argument("name")
@store_options
def delete_environment(application: str, name: str) -> None:
    """Delete the environment NAME of APPLICATION, and what keys were granted in it."""
    with opened_store() as store:
        found = store.find_environment(store.find_application(application), name)
        store.delete_environment(found)
        show_one({"deleted": found.id, "name": found.name})


for _word in ("delete", "revoke"):
    environment.add_command(delete_environment, _word)


def _row(found: "Environment") -> dict[str, object]:
    return {
        "id": found.id,
        "application": found.application.name,
        "name": found.name,
        "label": found.label,
    }
