"""Which names the store takes for sites, environments, servers, keys, applications and labels.

They stand in tickets, URLs, log columns and terminals, so none holds a control character, a line
feed or a direction mark, and none is longer than ``NAME_MAX_CHARS``.
"""

import re
import uuid
from typing import Final

from logstream.errors import UsageError
from logstream.model.limits import API_SECRET_MAX_CHARS, NAME_MAX_CHARS
from logstream.model.ticket import ANY_SERVER
from logstream.store.entities import KeyKind

_WORD: Final = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_WORD_PATTERN: Final = re.compile(_WORD)
_SITE_PATTERN: Final = re.compile(f"{_WORD}:{_WORD}")
_WORD_RULE: Final = "letters, digits, '.', '_' and '-', beginning with a letter or digit"


def check_site(site: str) -> str:
    """Give ``site`` back if it is ``realm:sitename``, else raise ``UsageError``."""
    if _SITE_PATTERN.fullmatch(site) is None:
        raise UsageError(
            f"site {_shown(site)} is not realm:sitename, e.g. 'devcloud:mysite': each part is"
            f" {_WORD_RULE}"
        )
    return _check_length("site", site)


def check_environment_name(name: str) -> str:
    """Give ``name`` back if an environment may have it, else raise ``UsageError``."""
    return _check_word("environment", name)


def check_key_id(key_id: str) -> str:
    """Give ``key_id`` back if a key may have it, else raise ``UsageError``."""
    return _check_word("key id", key_id)


def check_application_name(name: str) -> str:
    """Give ``name`` back if an application may have it, else raise ``UsageError``.

    A slash is refused because ``APPLICATION/ENVIRONMENT`` names an environment.
    """
    if "/" in name:
        raise UsageError(f"application name {_shown(name)} must not hold '/'")
    if not name:
        raise UsageError("an application's name must not be empty")
    return check_label(name, what="application name")


def check_label(label: str, *, what: str = "label") -> str:
    """Give ``label`` back if it is printable text (or empty), else raise ``UsageError``."""
    if not label.isprintable() or label != label.strip():
        raise UsageError(
            f"{what} {_shown(label)} must be printable text on one line, without spaces around it"
        )
    return _check_length(what, label)


def check_server(kind: KeyKind, server: str | None) -> str:
    """Give the server that a key of ``kind`` is for, as it is stored.

    Raises:
        UsageError: A logtailor's key names no server or a wrong one, or another key names one.
    """
    if kind is KeyKind.LOGTAILOR:
        if not server:
            raise UsageError("a logtailor's key needs the name of its server, e.g. 'srv-6'")
        return _check_word("server", server)
    if kind is KeyKind.HUB:
        if server not in {None, "", ANY_SERVER}:
            raise UsageError(f"a hub's key is for every server: leave out server {server!r}")
        return ANY_SERVER
    if server:
        raise UsageError(f"a person's key is for no server: leave out server {_shown(server)}")
    return ""


def check_uuid(text: str) -> str:
    """Give the canonical form of the UUID ``text``, or raise ``UsageError``."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise UsageError(
            f"{_shown(text)} is not a UUID such as '8b83a104-2f09-4a5e-9210-d663bd873d93'"
        ) from None


def check_secret(secret: str) -> str:
    """Give ``secret`` back if a key may have it, else raise ``UsageError`` (without the secret)."""
    if not secret or len(secret) > API_SECRET_MAX_CHARS or not secret.isprintable():
        raise UsageError(
            f"a key's secret must have 1 to {API_SECRET_MAX_CHARS} printable characters on one line"
        )
    return secret


def _check_word(what: str, name: str) -> str:
    if _WORD_PATTERN.fullmatch(name) is None:
        raise UsageError(f"{what} {_shown(name)} must be {_WORD_RULE}")
    return _check_length(what, name)


def _check_length(what: str, name: str) -> str:
    if len(name) > NAME_MAX_CHARS:
        raise UsageError(
            f"{what} {_shown(name)} has {len(name)} characters: use at most {NAME_MAX_CHARS}"
        )
    return name


def _shown(name: str) -> str:
    """Quote ``name`` on one line, shortened: it may be anything."""
    return ascii(name if len(name) <= NAME_MAX_CHARS else f"{name[:32]}…")
