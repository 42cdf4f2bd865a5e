"""The project's documents, and what is in them that can be checked."""

import os
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]
NOT_OURS: Final = {"node_modules", "build", "dist", "artefacts"}

_FENCE: Final = re.compile(r"^``` *([\w-]*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SHELLS: Final = ("", "sh")
_CONTINUED: Final = re.compile(r"\\\n\s*")
_ENDS_COMMAND: Final = frozenset(("|", "||", "&&", ";", "&", "(", ")", "<("))


class Block(NamedTuple):
    """A fenced block."""

    language: str
    """Empty where the document names none."""
    text: str


@cache
def documents() -> list[Path]:
    """Give every Markdown file of the project."""
    found: list[Path] = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [each for each in folders if each not in NOT_OURS and each[0] != "."]
        found += [Path(folder, file) for file in files if file.endswith(".md")]
    return sorted(found)


def name_of(path: Path) -> str:
    """Give a path as tests show it."""
    return path.relative_to(ROOT).as_posix()


def blocks(text: str) -> list[Block]:
    """Give the fenced blocks of a document."""
    return [Block(*found) for found in _FENCE.findall(text)]


def without_blocks(text: str) -> str:
    """Give a document's prose."""
    return _FENCE.sub("", text)


def logstream_commands(text: str) -> list[list[str]]:
    """Give the arguments of each ``logstream …`` in a document's shell blocks."""
    found: list[list[str]] = []
    for block in blocks(text):
        if block.language in _SHELLS:
            for line in _CONTINUED.sub(" ", block.text).splitlines():
                found += _commands_of_line(line)
    return found


def _commands_of_line(line: str) -> list[list[str]]:
    lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=True)
    lexer.commenters = "#"
    lexer.wordchars += "/.-=*?$:…@,[]^%{}~"
    commands: list[list[str]] = [[]]
    redirected = False
    try:
        for word in lexer:
            if word in _ENDS_COMMAND:
                commands.append([])
            elif set(word) <= {"<", ">"}:
                redirected = True
            elif redirected:
                redirected = False
            else:
                commands[-1].append(word)
    except ValueError:  # prose or a log line, not a command
        return []
    return [_arguments(words) for words in commands if _arguments(words)]


def _arguments(words: list[str]) -> list[str]:
    """Give what follows ``logstream``, where that is the command that is run."""
    for index, word in enumerate(words):
        if word.rpartition("/")[2] == "logstream":
            before = words[:index]
            is_run = not before or before[-1] in ("--", "$as")
            return words[index + 1 :] if is_run else []
    return []
