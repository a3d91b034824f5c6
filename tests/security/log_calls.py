"""Calls that go well and calls that fail, which a client makes with one method."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

from requests.adapters import HTTPAdapter
from urllib3.util import Retry

import clients
from conformance.methods import DASTRA_URL, DTZ_URL, METHODS, Method
from dtz_dastra_auth import DtzQueryKey, dastra_authorization_url
from dtz_dastra_auth._stores import clear_default_store
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, Recorded, StandIns
from security.scenes_wire import given_out

QUERIES = {method.name for method in METHODS if method.name.startswith("dtz-query")}
APPLICATION = "an application"
# As large as HTTP/2's table of headers (RFC 7541 section 4.1): pushes all else out of it.
_FILLER = {"X-Filler": "." * (4096 - 32 - len("X-Filler"))}

Service = DastraStandIn | DtzStandIn
Make = Callable[..., clients.Client]


def call(method: Method, services: StandIns, make: Make, version: int) -> None:
    """Make a client's calls with one method; whatever is raised is logged by an application."""
    service: Service = services.dastra if method.url == DASTRA_URL else services.dtz
    if method.token_requests:
        _without_a_token(method, services, service, make)
    commands = _commands(method, service, version)
    for step, command in commands.items():
        command(_at(step))
    with _closed(make(method.make(services).auth)) as client:
        for step in ("well", *commands):
            _get(client, f"{method.url}?step={step}")
        if version == 2:
            _get(client, method.url, headers=_FILLER)


def call_and_be_led_to_the_login_page(services: StandIns, make: Make) -> None:
    """Make a call with a query key that DTZ answers as one with a key it does not know."""
    # The URL comes back as a parameter, key and all.
    back = quote(f"{DTZ_URL}?apiKey={services.dtz.api_key}", safe="")
    services.dtz.redirect(f"https://identity.dtz.rocks/login/?rd={back}", on=_at("login"))
    with _closed(make(DtzQueryKey(services.dtz.api_key))) as client:
        _get(client, f"{DTZ_URL}?step=login")


def call_a_server_that_sets_a_cookie(services: StandIns, make: Make) -> None:
    """Make calls without credentials to a server that gives one out."""
    token = services.dtz.make_token()
    services.dtz.fail(200, headers={"Set-Cookie": f"dtz-auth={token}; Path=/; Secure"})
    services.dtz.fail(200, headers=_FILLER)
    with _closed(make()) as client:
        _get(client, DTZ_URL)
        _get(client, DTZ_URL)


def sign_in(services: StandIns, make: Make) -> None:
    """Sign in as a browser does, and come back to an application with a code."""
    dastra = services.dastra
    url = dastra_authorization_url(dastra.public_key, DTZ_URL.replace("/me", "/callback"))
    content = urlencode({"username": dastra.username, "password": dastra.password}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    services.dtz.fail(200, headers=_FILLER, times=None)
    with _closed(make()) as client:
        client.request("POST", url, content=content, headers=headers)
        client.get(DTZ_URL, headers=_FILLER)
    assert [call.path for call in services.dtz.calls] == ["/v1/callback", "/v1/me"]


def maker(kind: str, **options: Any) -> Make:
    """Give what makes clients of a kind, those of requests with retries mounted."""

    def make(auth: Any = None) -> clients.Client:
        client = clients.make(kind, auth, follow_redirects=True, **options)
        if kind == "requests.Session":
            retries = Retry(total=1, backoff_factor=0, status_forcelist=[503])
            client.native.mount("https://", HTTPAdapter(max_retries=retries))
        return client

    return make


def _without_a_token(method: Method, services: StandIns, service: Service, make: Make) -> None:
    dastra, dtz = services.dastra, services.dtz
    auth = method.make(services).auth
    given = given_out(services)
    key = dtz.api_key if "key-exchange" in method.name else dtz.password
    # What the request was made with.
    secret = given[0] if given else key if service is dtz else dastra.private_key
    echo = {"error": "invalid_client", "error_description": f"unknown: {secret}", "msg": secret}
    service.answer(echo, 400, on="token")
    with _closed(make(auth)) as client:
        _get(client, method.url)
    # What the failure is remembered by.
    clear_default_store()


def _commands(method: Method, service: Service, version: int) -> dict[str, Callable[[Any], None]]:
    commands: dict[str, Callable[[Any], None]] = {
        "rejected": lambda on: service.fail(401, on=on, times=None),
        "moved": lambda on: service.redirect(f"{method.url}?step=well", on=on, times=None),
        "busy": lambda on: service.fail(503, on=on, times=None),
    }
    if version == 1:
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nno header\r\n\r\n"
        commands["garbled"] = lambda on: service.raw([answer], on=on, times=None)
        commands["dropped"] = lambda on: service.drop(on=on, times=None)
    return commands


def _at(step: str) -> Callable[[Recorded], bool]:
    return lambda request: ("step", step) in request.query


def _get(client: clients.Client, url: str, **options: Any) -> None:
    try:
        client.get(url, **options)
    except client.errors:
        logging.getLogger(APPLICATION).exception("%s failed", url)


@contextmanager
def _closed(client: clients.Client) -> Iterator[clients.Client]:
    try:
        yield client
    finally:
        client.close()
