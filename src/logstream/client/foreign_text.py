"""What another party wrote, made fit to stand in one line of ours."""

from logstream.model.limits import FOREIGN_TEXT_MAX_CHARS


def one_line(text: str) -> str:
    """Give ``text`` as one short printable line; whoever wrote it may be hostile."""
    cut = text[: FOREIGN_TEXT_MAX_CHARS + 1]
    printable = "".join(
        c if c.isprintable() else " " if c.isspace() else c.encode("unicode_escape").decode()
        for c in cut
    ).strip()
    return printable if len(text) <= FOREIGN_TEXT_MAX_CHARS else f"{printable[:-1]}…"
