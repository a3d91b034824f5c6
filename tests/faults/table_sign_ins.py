"""Token endpoint, answers to those who have signed in: what they go on with, and what shows."""

from collections.abc import Callable

from faults.fault import Fault, Had, Refused, give, say
from faults.scene import Scene

# Longer than what is read of an answer.
LONG = "refresh-" * 2**17


def invalid_grant(status: int) -> Fault:
    said = {"error": "invalid_grant", "error_description": "It is over."}
    then = Refused(status, "invalid_grant", "It is over.", says="sign in again")
    return Fault(f"{status} invalid_grant", say(said, status), then)


def repeats(written: Callable[[str], str], name: str) -> Fault:
    def begin(scene: Scene) -> None:
        words = " and ".join(map(written, scene.asking.secrets))
        said = {"error": "temporarily_unavailable", "error_description": f"no {words}"}
        scene.service.answer(said, 503, times=None, on="token")
        scene.repeated = " and ".join("***" for _ in scene.asking.secrets)

    return Fault(f"503 that repeats what was sent {name}", begin, Refused(503), 2)


def refresh_token(value: object, name: str) -> Fault:
    # One that could not be sent back replaces none: the one before it goes on.
    return Fault(f"refresh_token {name}", give(refresh_token=value), Had(600))


REFUSALS = (invalid_grant(400), invalid_grant(401))
REPEATED = (
    repeats(str, "as it is"),
    repeats(str.upper, "in capitals"),
    repeats(lambda secret: "".join(f"%{byte:02x}" for byte in secret.encode()), "encoded"),
)
REFRESH_TOKENS = (
    refresh_token(..., "missing"),
    refresh_token("", "empty"),
    refresh_token(None, "null"),
    refresh_token(12345, "a number"),
    refresh_token(["refresh"], "a list"),
    refresh_token("refresh\nX-Injected: 1", "with a line feed"),
    refresh_token("refresh\x00\x1b[2J", "with control characters"),
    refresh_token("refresh-é", "with an accent"),
    Fault(
        "refresh_token of 1 MB", give(refresh_token=LONG), Refused(200, says="larger than 64 kB")
    ),
)
