"""Access tokens: what a key's holder shows instead of its secret, for ``ACCESS_TOKEN_LIFE_S``.

A token says which key it was issued to, and when; whether that key is still good is asked of the
store at each request. Tokens are signed with a key derived from the secret that is shared with the
hubs, so that nothing is kept and any process of the API takes the tokens of any other.
"""

import hashlib
import hmac
from typing import Final

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from logstream.api.refusal import unauthorized
from logstream.model.limits import ACCESS_TOKEN_LIFE_S

_PURPOSE: Final = b"logstream access token v1"


class AccessTokens:
    """Issues and reads access tokens.

    Args:
        secret: Shared with the hubs; never used as it is, so that no token can pass for a ticket.
    """

    def __init__(self, secret: bytes) -> None:
        self._serializer = URLSafeTimedSerializer(
            hmac.new(secret, _PURPOSE, hashlib.sha256).digest(),
            salt=_PURPOSE,
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    def issue(self, key_id: str) -> str:
        """Give a token for the key ``key_id``."""
        return self._serializer.dumps(key_id)

    def read(self, token: str) -> str:
        """Give the id of the key that ``token`` was issued to.

        Raises:
            Refusal: It is not ours, or too old.
        """
        try:
            key_id = self._serializer.loads(token, max_age=ACCESS_TOKEN_LIFE_S)
        except SignatureExpired:
            raise unauthorized("The access token has expired: get a new one.") from None
        except BadSignature:
            raise unauthorized("The access token is not valid.") from None
        return str(key_id)
