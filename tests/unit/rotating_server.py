"""An authorization server that rotates refresh tokens, and notices one that comes again."""

import json
from typing import Any
from urllib.parse import parse_qs

from dtz_dastra_auth._flow import Answer, Exchange

HOUR = 3600.0


def refresh_token(number: int, person: str = "anna") -> str:
    """Give the refresh token with this number, as `Server` makes them."""
    return f"refresh-{person}-{number}"


def access_token(number: int, person: str = "anna") -> str:
    """Give the access token that comes with the refresh token of this number."""
    return f"access-{person}-{number}"


def code_of(person: str = "anna") -> str:
    return f"code-{person}"


class Server:
    """An authorization server that rotates, and takes a spent refresh token for a stolen one.

    Attributes:
        requests: What each token request sent: a refresh token or a code.
        reuses: How often a spent one came again.
        lifetime: Seconds that new access tokens live.
        is_offline: Whether it gives refresh tokens.
        rotates: Whether a refresh gives a new one.
    """

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.reuses = 0
        self.lifetime = HOUR
        self.is_offline = self.rotates = True
        self._spent: set[str] = set()
        self._revoked: set[str] = set()

    def revoke(self, person: str = "anna") -> None:
        """End a person's sign-in."""
        self._revoked.add(person)

    def answer(self, step: Exchange) -> Answer:
        fields = {name: value for name, [value] in parse_qs(step.content.decode()).items()}
        sent = fields.get("refresh_token") or fields["code"]
        _, person, *number = sent.split("-")
        self.requests.append(sent)
        if sent in self._spent:
            self.reuses += 1
            self.revoke(person)
        if person in self._revoked:
            refusal = {"error": "invalid_grant", "error_description": "It is over."}
            return Answer(400, {}, json.dumps(refusal).encode())
        if self.rotates:
            self._spent.add(sent)
        new = int(number[0]) + 1 if number else 0
        if not self.rotates:
            new = len(self.requests)
        answer: dict[str, Any] = {
            "access_token": access_token(new, person),
            "expires_in": self.lifetime,
            "token_type": "Bearer",
        }
        if self.is_offline and (self.rotates or not number):
            answer["refresh_token"] = refresh_token(new, person)
        return Answer(200, {}, json.dumps(answer).encode())
