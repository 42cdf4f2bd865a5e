r"""RE2 expressions that are looked for in many lines at once.

A call of RE2 costs two microseconds whatever it does, and looking through a block of lines takes
less than that for each of them. So lines are searched as one text wherever that gives the same
answers: the expressions' ``^`` and ``$`` are at the ends of physical lines anyway, and RE2 is told
that nothing in them matches an LF. Expressions that know of a text's ends (``\A``, ``\z``) or
change the flags are looked for in each text by itself, and so are texts of several lines, where a
match may well go over an LF. Time is linear in the text, whatever the expression is. Rule: S10.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from logstream.errors import LogstreamError

if TYPE_CHECKING:
    import re2

# Whatever has one of these somewhere, if only in a class, is looked for in each text by itself.
_ENDS_OR_FLAGS: Final = re.compile(r"\\[AzCQ]|\(\?(?!:|i\)|i:|P?<)")
# What might match an LF, so that RE2 must be told that it does not.
_LF: Final = re.compile(r"[\x00-\x1f]|\[\^|\[:|\\[abefnrstvxDPWp0-9]")
_TOKEN: Final = re.compile(
    r"\\[pP]\{[^}]*\}|\\.|\[\^?\]?(?:\[:\^?[a-z]+:\]|\\.|[^\]\\])*\]|.", re.DOTALL
)
_SAME_WITHIN_LINES: Final = {
    r"\s": r"[\t\f\r ]", r"\D": r"[^\n0-9]", r"\W": r"[^\n0-9A-Za-z_]",
}  # fmt: skip
_MULTI_LINE: Final = "(?m)"
_SHOWN_MAX_CHARS: Final = 64


def compiled(
    pattern: str,
    *,
    memory_bytes: int,
    refused: type[LogstreamError],
    any_match: bool = False,
    one_line: bool = False,
) -> "re2._Regexp[str]":
    """Compile an expression that a person wrote.

    Args:
        pattern: In RE2's syntax.
        memory_bytes: What RE2 may take for it.
        refused: The error to raise.
        any_match: Whether it matters only that and where something is found, not what.
        one_line: Whether nothing in it shall match an LF.

    Raises:
        LogstreamError: RE2 does not know its syntax, or it would take more memory.
    """
    import re2  # noqa: PLC0415 - it takes 3 MB, and hardly anyone configures a pattern

    options = re2.Options()
    options.max_mem = memory_bytes
    options.log_errors = False
    options.never_nl = one_line
    options.never_capture = any_match
    options.longest_match = any_match  # in no order of preference, RE2 knows fewer states
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError) as error:
        said = error.args[0] if error.args else error
        said = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise refused(
            f"{_shown(pattern)}: {said}: use RE2's syntax (no look-around, no back-references;"
            " \\z for the end)"
        ) from None


def _shown(pattern: str) -> str:
    return repr(pattern if len(pattern) <= _SHOWN_MAX_CHARS else f"{pattern[:_SHOWN_MAX_CHARS]}…")


def _within_lines(pattern: str) -> str | None:
    """Rewrite an expression so that nothing in it matches an LF; None where that is not simple.

    RE2 can do that by itself, but only for an expression that has no LF of its own to match.
    """
    tokens: list[str] = []
    for token in _TOKEN.findall(pattern):
        if token in _SAME_WITHIN_LINES:
            tokens.append(_SAME_WITHIN_LINES[token])
        elif token.startswith("[^") and token[2] not in "]-":
            tokens.append(rf"[^\n{token[2:]}")
        elif _LF.search(token):
            return None
        else:
            tokens.append(token)
    return "".join(tokens)


class LineSearch:
    """Some expressions, of which any one is enough."""

    def __init__(
        self, patterns: Sequence[str], *, memory_bytes: int, refused: type[LogstreamError]
    ) -> None:
        """Compile them.

        Args:
            patterns: At least one.
            memory_bytes: What RE2 may take for each, and for all together.
            refused: The error to raise.

        Raises:
            LogstreamError: RE2 does not know the syntax of one, or it would take more memory.
        """
        for pattern in patterns:  # by themselves: a prefix might mend what RE2 does not know
            compiled(pattern, memory_bytes=memory_bytes, refused=refused)
        each = [
            compiled(
                _MULTI_LINE + pattern, memory_bytes=memory_bytes, refused=refused, any_match=True
            )
            for pattern in patterns
        ]
        self.steps: int = sum(one.programsize for one in each)
        """How large they are: in the worst case, a byte of text costs a step of each."""
        self._each = [one.search for one in each]
        self._first: re2._Regexp[str] | None = None
        """Finds the first line of a text that matches; None: to be asked line by line."""
        self._run: re2._Regexp[str] | None = None
        """Matches as many lines from here on as match; None: to be asked for one at a time."""
        if any(_ENDS_OR_FLAGS.search(pattern) for pattern in patterns):
            return
        union = "|".join(f"(?:{pattern})" for pattern in patterns)
        try:
            self._first = compiled(
                _MULTI_LINE + union,
                memory_bytes=memory_bytes,
                refused=refused,
                any_match=True,
                one_line=True,
            )
            within = _within_lines(union)
            if within is not None:
                run = rf"{_MULTI_LINE}(?:^[^\n]*(?:{within})[^\n]*\n)+"
                self._run = compiled(
                    run, memory_bytes=memory_bytes, refused=refused, any_match=True
                )
        except LogstreamError:  # together they are too large, or name a group twice
            return

    @property
    def takes_blocks(self) -> bool:
        """Whether ``position`` can be asked."""
        return self._first is not None

    def position(self, block: bytes, start: int) -> int:
        """Find the first line that matches in a block of lines of one record each.

        Args:
            block: UTF-8; lines end with LF. The caller has seen to what is taken off a line.
            start: Where a line begins.

        Returns:
            A position in that line, which may be the line's end; -1 if no line matches.
        """
        assert self._first is not None  # noqa: S101 - the caller has asked takes_blocks
        found = self._first.search(block, start)
        if found is None:
            return -1
        position: int = found.start()
        return position if position < len(block) else -1

    def found_in(self, texts: Sequence[str]) -> list[bool]:
        """Tell which texts match."""
        if self._first is None:
            return [self._found(text) for text in texts]
        block = "\n".join([*texts, ""]).encode(errors="replace")
        if block.count(b"\n") == len(texts):
            return self._lines_found(block, len(texts))
        alone = ["\n" in text for text in texts]
        lines = [text for text, several in zip(texts, alone, strict=True) if not several]
        found = iter(self.found_in(lines))
        return [
            self._found(text) if several else next(found)
            for text, several in zip(texts, alone, strict=True)
        ]

    def _found(self, text: str) -> bool:
        data = text.encode(errors="replace")
        return any(search(data) is not None for search in self._each)

    def _lines_found(self, block: bytes, count: int) -> list[bool]:
        """Go from match to match, and where two lines match in succession, to the end of such."""
        found = [False] * count
        start = line = 0
        run = self._run
        while start < len(block) and (position := self.position(block, start)) >= 0:
            passed = block.count(b"\n", start, position)
            line += passed
            found[line] = True
            line += 1
            start = block.index(b"\n", position) + 1
            matches = run.match(block, start) if run is not None and not passed else None
            if matches is not None:
                more = block.count(b"\n", start, matches.end())
                found[line : line + more] = [True] * more
                line += more
                start = matches.end()
        return found
