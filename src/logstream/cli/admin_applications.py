"""``logstream admin application``: creates, lists and deletes applications."""

from typing import TYPE_CHECKING

import click

from logstream.cli.admin_store import opened_store, show, show_one, store_options

if TYPE_CHECKING:
    from logstream.store.entities import Application


@click.group()
def application() -> None:
    """Create, list and delete applications."""


@application.command("create")
@click.argument("name")
@click.option("--site", required=True, metavar="REALM:SITENAME", help="Its hosting id.")
@click.option("--uuid", help="Its UUID; a random one by default.")
@store_options
def create_application(name: str, site: str, uuid: str | None) -> None:
    """Create the application NAME."""
    with opened_store() as store:
        show_one(_row(store.create_application(name, site, uuid=uuid)))


@application.command("list")
@store_options
def list_applications() -> None:
    """List all applications."""
    with opened_store() as store:
        rows = [_row(found) for found in store.list_applications()]
    show(rows, ["uuid", "name", "site"])


@click.command()
@click.argument("application_uuid", metavar="UUID")
@store_options
def delete_application(application_uuid: str) -> None:
    """Delete an application, its environments, and what keys were granted in them.

    Streams that run end within their bounded life. UUID may be the application's site or name too.
    """
    with opened_store() as store:
        found = store.find_application(application_uuid)
        store.delete_application(found.uuid)
        show_one({"deleted": found.uuid, "name": found.name})


for _word in ("delete", "revoke"):
    application.add_command(delete_application, _word)


def _row(found: "Application") -> dict[str, object]:
    return {"uuid": found.uuid, "name": found.name, "site": found.site}
