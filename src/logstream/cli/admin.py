"""``logstream admin``: creates, lists and revokes applications, environments and keys.

It works on the database itself, also while the Cloud API runs; a revoked key is refused at once.
"""

import click

from logstream.cli.admin_applications import application
from logstream.cli.admin_environments import environment
from logstream.cli.admin_keys import key
from logstream.cli.admin_store import store_options


@click.group()
@store_options
def admin() -> None:
    """Say who may stream and offer what.

    The database is --database (a path, or a URL without a password), that of the Cloud API's
    --config file, or LOGSTREAM_DATABASE.
    """


admin.add_command(application)
admin.add_command(environment)
admin.add_command(key)
