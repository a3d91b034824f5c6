"""What the tests here ask of any client, and of what arrived on the wire."""

import base64
import copy
import pickle
from collections.abc import Callable, Iterable
from typing import Any

import requests

from clients import Client
from conformance.methods import DASTRA_URL, DTZ_URL, METHODS, Method
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, Recorded, StandIns
from rfc7636 import VERIFIER

Connect = Callable[..., Client]
Service = DastraStandIn | DtzStandIn

CREDENTIAL_HEADERS = ("Authorization", "X-API-KEY", "X-DTZ-CONTEXT", "Cookie")

# Another origin that credentials of DTZ may go to, and one that those of either may not.
SIBLING = "https://containers.dtz.rocks/v1/me"
WITH_A_JAR = (
    "requests.Session",
    "httpx.Client",
    "httpx.AsyncClient-asyncio",
    "httpx.AsyncClient-trio",
    "httpx2.Client",
    "httpx2.AsyncClient-asyncio",
    "httpx2.AsyncClient-trio",
)
OF_REQUESTS = ("requests.Session", "requests.get")
OF_HTTPX = WITH_A_JAR[1:]

# One method of each class that puts a credential on, with a token that is asked for where there is
# a choice; of the ways to ask, one of each kind, since what is put on does not know how it was had.
# All of them are in the tests of `METHODS` and of `scenes_endpoints.GRANTS`.
CLASSES = tuple(
    method
    for method in METHODS
    if method.name
    in {
        "dastra-client-credentials",
        "dastra-refresh-token",
        "dastra-api-key",
        "dtz-api-key-in-context",
        "dtz-bearer-login",
        "dtz-basic-bearer",
        "dtz-cookie-code",
        "dtz-query-in-context",
    }
)
# What a redirect of a query key leads to is nobody's to authenticate.
CARRIED = tuple(method for method in CLASSES if "query" not in method.name)

# What may become of a prepared request before it is sent.
COPIES: dict[str, Callable[[Any], Any]] = {
    "itself": lambda request: request,
    "copy": copy.copy,
    "its own copy": lambda request: request.copy(),
    "deepcopy": copy.deepcopy,
    "pickle": lambda request: pickle.loads(pickle.dumps(request)),
    "copy of a pickle": lambda request: pickle.loads(pickle.dumps(request)).copy(),
    "deepcopy of a pickle": lambda request: copy.deepcopy(pickle.loads(pickle.dumps(request))),
    "pickle of a copy": lambda request: pickle.loads(pickle.dumps(copy.copy(request))),
}


def named(method: Method) -> str:
    """Name a method in a test's id."""
    return method.name


def method_of(name: str) -> Method:
    """Give the method of this name."""
    [found] = [method for method in METHODS if method.name == name]
    return found


def ours_and_other(method: Method, services: StandIns) -> tuple[Service, Service]:
    """Give the service a method is for, and one that its credential may not go to."""
    dastra, dtz = services.dastra, services.dtz
    return (dastra, dtz) if method.url == DASTRA_URL else (dtz, dastra)


def foreign_url(method: Method) -> str:
    """Give a URL that a method's credential may not go to."""
    return DTZ_URL if method.url == DASTRA_URL else DASTRA_URL


def moved(url: str, path: str = "/v1/echo") -> str:
    """Give another URL of the same origin."""
    return url.partition("//")[0] + "//" + url.partition("//")[2].partition("/")[0] + path


def given_out(services: StandIns) -> list[str]:
    """Give the codes and refresh tokens of all sign-ins, spent ones too."""
    dastra, dtz = services.dastra, services.dtz
    return [*dastra._codes, *dastra._refresh_tokens, *dtz._codes]


def signed_in_with(services: StandIns) -> list[str]:
    """Give what sign-ins were continued with: the same, and the code verifier."""
    return [*given_out(services), VERIFIER]


def secrets_of(services: StandIns) -> list[str]:
    """Give all that is secret at this moment, as it is and as Basic has it."""
    dastra, dtz = services.dastra, services.dtz
    plain = [dastra.private_key, dtz.api_key, dtz.password]
    plain += [*dastra.tokens_in_force, *dtz.tokens_in_force, *signed_in_with(services)]
    pairs = [f"{dastra.public_key}:{dastra.private_key}", f"apikey:{dtz.api_key}"]
    pairs += [f"bearer:{token}" for token in dtz.tokens_in_force]
    return [*plain, *(base64.b64encode(pair.encode()).decode() for pair in pairs)]


def shown_in(text: str, services: StandIns) -> list[str]:
    """Give the secrets that a text shows, shortened, so that a failing test tells none."""
    return [secret[:4] + "…" for secret in secrets_of(services) if secret in text]


def carried_by(call: Recorded, services: StandIns) -> list[str]:
    """Give the secrets that a request had in its target, headers or body when it arrived."""
    head = "".join(f"{name}: {value}\n" for name, value in call.headers)
    return shown_in(f"{call.target}\n{head}\n{call.body.decode('latin-1')}", services)


def credentials_on(call: Recorded) -> dict[str, list[str]]:
    """Give the headers of a request that can authenticate it."""
    found = {name: call.headers_named(name) for name in CREDENTIAL_HEADERS}
    return {name: values for name, values in found.items() if values}


def statuses(calls: Iterable[Recorded]) -> list[int | None]:
    """Give what was answered."""
    return [call.status for call in calls]


def next_of(response: Any) -> Any:
    """Give the request that a redirect asks for and that was not sent."""
    return response.next if isinstance(response, requests.Response) else response.next_request


def build(client: Client, url: str, **options: Any) -> Any:
    """Build a request with a client's own settings; in requests this puts the credential on."""
    if isinstance(client.native, requests.Session):
        return client.native.prepare_request(requests.Request("GET", url, **options))
    return client.native.build_request("GET", url, **options)


def send(client: Client, request: Any, **options: Any) -> Any:
    """Send a request as it is; options are the library's own."""
    native: Any = client.native
    if isinstance(native, requests.Session):
        settings = native.merge_environment_settings(request.url, {}, None, None, None)
        return native.send(request, **{**settings, **options})
    portal = getattr(client, "portal", None)
    if portal is None:
        return native.send(request, **options)

    async def call() -> Any:
        return await native.send(request, **options)

    return portal.call(call)
