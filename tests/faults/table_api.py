"""API side: everything the API may answer, and what comes of it."""

from collections.abc import Callable
from dataclasses import dataclass

from faults.scene import Scene

MEGABYTE = 2**20


@dataclass(frozen=True)
class ApiFault:
    """One row: a client with a good token meets this.

    Attributes:
        name: What is wrong, in the words of the list.
        begin: Makes it so.
        then: The status that the caller gets; None for the library's own error.
        answered: What the API has answered, for this one call.
        renewals: How many token requests this one call has led to.
        later_renewals: How many the next call leads to, the clock standing still.
        history: The statuses in the history of the caller's response.
    """

    name: str
    begin: Callable[[Scene], None]
    then: int | None
    answered: tuple[int, ...]
    renewals: int = 0
    later_renewals: int = 0
    history: tuple[int, ...] = ()


def status(code: int, **options: object) -> Callable[[Scene], None]:
    return lambda scene: scene.dastra.fail(code, **options)  # type: ignore[arg-type]  # as given


def expired(scene: Scene) -> None:
    scene.dastra.expire_tokens()


def for_ever(scene: Scene) -> None:
    scene.dastra.fail(401, times=None)


def huge(scene: Scene) -> None:
    scene.dastra.fail(401, body=bytes(10 * MEGABYTE))


def elsewhere(scene: Scene) -> None:
    # Without a credential, DTZ's stand-in answers with a 401 of its own.
    scene.dastra.redirect("https://api.dtz.rocks/v1/me")


def then_redirected(scene: Scene) -> None:
    scene.dastra.fail(401)
    scene.dastra.redirect("/me")


def redirected_first(scene: Scene) -> None:
    scene.dastra.redirect("/me")
    scene.dastra.fail(401)


def loop(scene: Scene) -> None:
    scene.dastra.redirect("/v1/workspaces", times=None)


def then_loop(scene: Scene) -> None:
    scene.dastra.fail(401)
    loop(scene)


API = (
    ApiFault("401 once", status(401), 200, (401, 200), 1),
    ApiFault("401 because the token is no good any more", expired, 200, (401, 200), 1),
    ApiFault("401 for ever", for_ever, 401, (401, 401), 1),
    ApiFault("401 with a huge body", huge, 401, (401,), 0, 1),
    *(ApiFault(f"{code}", status(code), code, (code,)) for code in (403, 407, 419, 429, 503)),
    ApiFault(
        "403 with a Bearer challenge",
        status(403, headers={"WWW-Authenticate": 'Bearer error="insufficient_scope"'}),
        403,
        (403,),
    ),
    ApiFault("503 with Retry-After", status(503, headers={"Retry-After": "1"}), 503, (503,)),
    ApiFault(
        "401 from another origin after a redirect", elsewhere, 401, (302, 401), history=(302,)
    ),
    ApiFault("401, renewal, 302", then_redirected, 200, (401, 302, 200), 1, history=(302,)),
    ApiFault("302, 401, renewal", redirected_first, 200, (302, 401, 200), 1, history=(302,)),
    # requests follows 30 redirects and httpx 20.
    ApiFault("redirect loop", loop, None, (302,) * 20),
    # httpx counts the 401 and the token request among the redirects.
    ApiFault("401, renewal, redirect loop", then_loop, None, (401, *(302,) * 18), 1),
)
