"""Writes the reference pages that the code itself says: ``make docs``.

``python docs/generate.py`` writes them; with ``--check`` it writes nothing, names the pages that
are stale and exits 1. A page is a pure function of the code, so that it is the same everywhere.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from inspect import getdoc
from pathlib import Path
from typing import Any, Final, get_args

import click
import msgspec

from logstream.api.config import ApiConfig
from logstream.cli import settings
from logstream.cli.main import logstream
from logstream.hub.config import HubConfig
from logstream.logtailor.config import FormatConfig, LogtailorConfig, SourceConfig
from logstream.model import limits
from logstream.protocol.messages import LinesBody, Message

REFERENCE: Final = Path(__file__).parent / "reference"
WRITTEN_BY: Final = "<!-- Written by `make docs`; edit {}, not this page. -->\n"
HELP_WIDTH: Final = 80


def limits_page() -> str:
    """Give each limit with its value, unit and reason, in the sections of the module."""
    source = Path(limits.__file__).read_text(encoding="utf-8")
    page = [
        "# Limits\n",
        WRITTEN_BY.format("`src/logstream/model/limits.py`"),
        "Every bound, and why it is there. A name ends in its unit; `_MAX` alone counts things.",
    ]
    reason: list[str] = []
    for line in source.splitlines():
        if section := re.fullmatch(r"# --- (.*?) -+", line):
            page.append(
                f"\n## {section[1].capitalize()}\n\n| limit | value | reason |\n|---|---|---|"
            )
        elif line.startswith("#: "):
            reason.append(line.removeprefix("#: "))
        elif (name := re.match(r"([A-Z][A-Z_0-9]*): Final", line)) and reason:
            value = readable(name[1], getattr(limits, name[1]))
            page.append(f"| `{name[1]}` | {value} | {cell(' '.join(reason))} |")
            reason = []
    return "\n".join(page) + "\n"


def messages_page() -> str:
    """Give the JSON Schema of every message, and of the body of a frame of lines."""
    kinds = [*Message.__subclasses__(), LinesBody]
    kinds = [kind for kind in kinds if kind.__module__ == Message.__module__]
    _, definitions = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Messages of the Logstream protocol",
        "$comment": "Written by `make docs`; edit `src/logstream/protocol/messages.py`.",
        "$defs": dict(sorted(definitions.items())),
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def readable(name: str, value: float) -> str:
    """Write a limit's value with its unit: ``64 KiB``, ``1 h``, ``2,000``."""
    kib, mib = 1024, 1024 * 1024
    minute_s, hour_s = 60, 3600
    if name.endswith("_BYTES"):
        if value % mib == 0:
            return f"{value // mib} MiB"
        return f"{value // kib} KiB" if value % kib == 0 else f"{value:,} bytes"
    if name.endswith("_S"):
        if value >= hour_s and value % hour_s == 0:
            return f"{value / hour_s:g} h"
        return f"{value / minute_s:g} min" if value > minute_s else f"{value:g} s"
    unit = re.search(r"_(LINES|CHARS|ITEMS|MS)$", name)
    return f"{value:,} {unit[1].lower()}" if unit else f"{value:,}"


def command_line_page() -> str:
    """Give the help of every command."""
    page = [
        "# The command line\n",
        WRITTEN_BY.format("the commands in `src/logstream/cli/`"),
        "What `logstream help COMMAND` says.\n",
    ]
    page += [
        f"## {context.command_path}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"
        for command, context in commands(
            logstream, logstream.make_context("logstream", [], **in_documents())
        )
    ]
    return "\n".join(page)


def in_documents() -> dict[str, Any]:
    """What makes help the same in any terminal, and runs nothing."""
    return {"terminal_width": HELP_WIDTH, "resilient_parsing": True}


def commands(
    command: click.Command, context: click.Context
) -> Iterator[tuple[click.Command, click.Context]]:
    """Walk over a command and all that are below it."""
    yield command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                made = below.make_context(name, [], parent=context, **in_documents())
                yield from commands(below, made)


def configuration_page() -> str:
    """Give the keys of every configuration file, and the environment's variables."""
    tables: list[tuple[str, type[msgspec.Struct], str]] = [
        ("`logstream api --config FILE`", ApiConfig, "deploy/api.toml"),
        ("`logstream hub --config FILE`", HubConfig, "deploy/hub.toml"),
        ("`logstream logtailor --config FILE`", LogtailorConfig, "deploy/logtailor.toml"),
        ("`[[source]]` of a logtailor", SourceConfig, "deploy/logtailor.toml"),
        ("`[[format]]` of a logtailor", FormatConfig, "docs/howto/formats.md"),
    ]
    page = [
        "# Configuration\n",
        WRITTEN_BY.format("the `config.py` of each service and `src/logstream/cli/settings.py`"),
        "Each service reads one TOML file and checks it whole before it starts: an unknown key, a",
        "wrong type or a missing key is said in one line, and nothing runs.\n",
    ]
    for title, kind, example in tables:
        page.append(f"## {title}\n\nExample: [`{example}`](../../{example}).\n")
        page.append("| key | type | default | meaning |\n|---|---|---|---|")
        page.extend(keys(kind))
        page.append("")
    table = "\n".join(re.findall(r"^\|.*$", settings.__doc__ or "", re.MULTILINE))
    page.append(f"## Environment variables\n\n{table.replace('``', '`')}\n")
    return "\n".join(page)


def keys(kind: type[msgspec.Struct]) -> Iterator[str]:
    """Give a table row for each key of a configuration; every one must be explained."""
    meanings = attributes(getdoc(kind) or "")
    for field in msgspec.structs.fields(kind):
        if field.required:
            default = "required"
        elif field.default_factory is list:
            default = "none"
        elif field.default_factory is not msgspec.NODEFAULT:
            default = "computed"
        elif field.default is None:
            default = "none"
        else:
            default = f"`{json.dumps(field.default)}`"
        meaning = cell(meanings[field.encode_name])
        yield f"| `{field.encode_name}` | {type_name(field.type)} | {default} | {meaning} |"


def attributes(docstring: str) -> dict[str, str]:
    """Read the ``Attributes:`` section of a docstring."""
    section = docstring.partition("Attributes:\n")[2].partition("\n\n")[0]
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", section, re.MULTILINE)
    return {name: re.sub(r"\s+", " ", text) for name, text in found}


def type_name(kind: Any) -> str:
    """Name a type in TOML's words."""
    names = {str: "string", int: "integer", float: "number", bool: "boolean"}
    parts = [part for part in get_args(kind) if part is not type(None)]
    if kind in names:
        return names[kind]
    if getattr(kind, "__origin__", None) is list:
        inner = parts[0]
        return f"array of {names[inner]}s" if inner in names else "array of tables"
    return type_name(parts[0])


def cell(text: str) -> str:
    """Make text fit into a table."""
    return text.replace("|", "\\|").replace("``", "`")


PAGES: Final[dict[str, Callable[[], str]]] = {
    "limits.md": limits_page,
    "cli.md": command_line_page,
    "configuration.md": configuration_page,
    "messages.json": messages_page,
}


def main(arguments: list[str]) -> int:
    """Write the pages, or say which are stale."""
    stale = [
        REFERENCE / name
        for name, make in PAGES.items()
        if not (REFERENCE / name).exists() or (REFERENCE / name).read_text("utf-8") != make()
    ]
    for path in stale:
        if "--check" in arguments:
            print(f"{path} is stale: run make docs")
        else:
            path.write_text(PAGES[path.name](), "utf-8")
            print(f"wrote {path}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
