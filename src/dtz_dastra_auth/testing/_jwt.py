"""The tokens of DTZ: JWTs signed RS256, in force for a day and fifteen minutes."""

from __future__ import annotations

import time
import uuid
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

ISSUER = "dtz.rocks"
_KID = "dtz1"
_LEEWAY = 15 * 60


class Signer:
    """One RSA key, and the tokens signed with it."""

    def __init__(self) -> None:
        self._key = RSAKey.generate_key(2048, {"kid": _KID, "use": "sig", "alg": "RS256"})

    @property
    def public_keys(self) -> dict[str, object]:
        """The key set a verifier needs (RFC 7517)."""
        return {"keys": [self._key.as_dict(private=False)]}

    def sign(self, subject: str, context_id: str, roles: list[str], lifetime: float) -> str:
        """Make a token that expires a number of seconds from now."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": ISSUER,
            "sub": subject,
            "scope": context_id,
            "roles": roles,
            "iat": now,
            "exp": now + int(lifetime),
            # Two tokens of the same second must not be the same token: a test that waits for a
            # new one would never see it.
            "jti": str(uuid.uuid4()),
        }
        return jwt.encode({"alg": "RS256", "kid": _KID}, claims, self._key, ["RS256"])

    def verified(self, token: str) -> dict[str, Any] | None:
        """Return the claims of a token that the verifier takes, None for any other."""
        claims_rules = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": ISSUER},
            exp={"essential": True},
        )
        try:
            decoded = jwt.decode(token, self._key, ["RS256"])
            claims_rules.validate(decoded.claims)
        except (JoseError, ValueError):
            return None
        return decoded.claims if decoded.header.get("kid") == _KID else None
