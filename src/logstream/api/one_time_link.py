"""One-time links to the page: a token that lets its first user in, and nobody after.

The token travels in a URL's fragment, which no browser sends and no proxy logs. Only its hash is
kept, in memory: a restart spends them all.
"""

import hashlib
import secrets

from logstream.model.limits import PAGE_LINK_LIFE_S, PAGE_LINK_TOKEN_BYTES, PAGE_LINKS_MAX


class OneTimeLinks:
    """The links that are out and not spent. One thread uses it."""

    def __init__(self) -> None:
        self._out: dict[bytes, tuple[str, float]] = {}

    def issue(self, key_id: str, *, now_s: float) -> str:
        """Give a token that lets its first user in with the key ``key_id``."""
        while len(self._out) >= PAGE_LINKS_MAX:
            del self._out[next(iter(self._out))]
        token = secrets.token_urlsafe(PAGE_LINK_TOKEN_BYTES)
        self._out[_hashed(token)] = (key_id, now_s + PAGE_LINK_LIFE_S)
        return token

    def spend(self, token: str, *, now_s: float) -> str | None:
        """Give the id of the key that ``token`` was issued to; nothing if it is not good."""
        # Found by its hash, so that the time it takes says nothing of any token.
        key_id, until_s = self._out.pop(_hashed(token), (None, 0.0))
        return key_id if now_s < until_s else None


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
