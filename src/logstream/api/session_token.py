"""The page's session: what its cookie holds, and how that is read back.

The cookie says which key the session was begun with, and when; it is signed with a key derived from
the shared secret, so that nothing is kept and any process of the API takes it. It is no access
token and no ticket, nor are those taken for it. That the key is still good is asked at each call.
"""

import hashlib
import hmac
from datetime import datetime
from typing import Final, NamedTuple

from itsdangerous import BadSignature, URLSafeTimedSerializer

from logstream.api.refusal import unauthorized
from logstream.model.limits import PAGE_SESSION_LIFE_S

COOKIE: Final = "logstream_session"
"""The cookie's name."""
_PURPOSE: Final = b"logstream page session v1"


class Session(NamedTuple):
    """A session that has not ended.

    Attributes:
        key_id: The key that it was begun with.
        ends_at_s: When it ends, Unix seconds.
    """

    key_id: str
    ends_at_s: int


class SessionTokens:
    """Issues and reads what is in the cookie.

    Args:
        secret: Shared with the hubs; never used as it is.
    """

    def __init__(self, secret: bytes) -> None:
        self._serializer = URLSafeTimedSerializer(
            hmac.new(secret, _PURPOSE, hashlib.sha256).digest(),
            salt=_PURPOSE,
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    def issue(self, key_id: str) -> str:
        """Begin a session of the key ``key_id``."""
        return self._serializer.dumps(key_id)

    def read(self, token: str) -> Session:
        """Give the session that a cookie stands for.

        Raises:
            Refusal: It is not ours, or has ended.
        """
        try:
            key_id, begun_at = self._serializer.loads(
                token, max_age=PAGE_SESSION_LIFE_S, return_timestamp=True
            )
        except BadSignature:  # one that has ended is one of these
            raise unauthorized("The session has ended: sign in again.") from None
        begun: datetime = begun_at
        return Session(str(key_id), int(begun.timestamp()) + PAGE_SESSION_LIFE_S)
