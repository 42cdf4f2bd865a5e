"""Hashes of keys' secrets: what the database holds instead of them.

scrypt, with a salt of its own for each secret; the parameters stand in the text, so that they can
be raised later without making old hashes useless. One hash takes some 50 ms and 16 MiB.
"""

import base64
import hashlib
import hmac
import secrets
from typing import Final

from logstream.model.limits import SCRYPT_MEMORY_MAX_BYTES

_N: Final = 2**14
_R: Final = 8
_P: Final = 1
_SALT_BYTES: Final = 16
_DIGEST_BYTES: Final = 32


def hash_secret(secret: str) -> str:
    """Give the text to keep for ``secret``: ``scrypt$n$r$p$salt$digest``."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return _format(salt, _scrypt(secret, salt=salt, n=_N, r=_R, p=_P))


def matches(secret: str, kept: str) -> bool:
    """Say whether ``kept`` was made from ``secret``; either answer takes the same time."""
    _, n, r, p, salt, digest = kept.split("$")
    computed = _scrypt(secret, salt=base64.b64decode(salt), n=int(n), r=int(r), p=int(p))
    return hmac.compare_digest(computed, base64.b64decode(digest))


def unmatchable() -> str:
    """Give a text that no secret matches and that costs as much to check as any other.

    It stands in for the hash of a key that does not exist, so that the time of a refusal does not
    tell which keys exist.
    """
    return _format(b"\0" * _SALT_BYTES, b"\0" * _DIGEST_BYTES)


def _scrypt(secret: str, *, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(
        secret.encode("utf-8", "surrogatepass"),
        salt=salt,
        n=n,
        r=r,
        p=p,
        maxmem=SCRYPT_MEMORY_MAX_BYTES,
        dklen=_DIGEST_BYTES,
    )


def _format(salt: bytes, digest: bytes) -> str:
    encoded = (base64.b64encode(part).decode("ascii") for part in (salt, digest))
    return f"scrypt${_N}${_R}${_P}${'$'.join(encoded)}"
