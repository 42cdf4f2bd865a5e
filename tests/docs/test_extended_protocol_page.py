"""The page's examples are messages that the code reads, and that its schema describes."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from logstream.protocol import codec
from logstream.protocol.frame import decode_body, decode_header
from logstream.protocol.messages import Line

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PAGE = (REFERENCE / "extended-protocol.md").read_text("utf-8")
SCHEMA = json.loads((REFERENCE / "messages.json").read_text("utf-8"))
EXAMPLES = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
COMMANDS = {"enable", "history"}


def definition(cmd: str) -> dict[str, Any]:
    (name,) = [
        name
        for name, each in SCHEMA["$defs"].items()
        if each.get("properties", {}).get("cmd", {}).get("enum") == [cmd]
    ]
    return {"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]}


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: str(message["cmd"]))
def test_an_example_is_what_its_schema_says(message: dict[str, Any]) -> None:
    jsonschema.validate(message, definition(message["cmd"]))


@pytest.mark.parametrize(
    "message",
    [message for message in EXAMPLES if message["cmd"] in COMMANDS],
    ids=lambda message: str(message["cmd"]),
)
def test_an_example_of_a_command_is_read(message: dict[str, Any]) -> None:
    assert codec.decode_command(json.dumps(message).encode()) is not None


@pytest.mark.parametrize(
    "message",
    [message for message in EXAMPLES if message["cmd"] == "success"],
    ids=lambda message: str(message["cmd"]),
)
def test_an_example_of_a_report_is_read(message: dict[str, Any]) -> None:
    assert codec.decode_report(json.dumps(message).encode(), Line) is not None


def test_the_example_of_a_frame_is_read() -> None:
    (block,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    header, body = block.splitlines()
    assert decode_header(header.encode()).n == len(decode_body(body.encode()).text)


def test_every_rule_has_its_section() -> None:
    assert re.findall(r"^## (S\d+) ", PAGE, re.MULTILINE) == [f"S{n}" for n in range(1, 13)]
