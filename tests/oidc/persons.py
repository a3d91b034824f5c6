"""Sign in at the server as a person does, but without a browser."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import requests

from oidc.server import ADA, AuthorizationServer, KeyPair, Person

#: Seconds.
TIMEOUT = 30.0
#: More than there are between the authorization endpoint and the application.
REDIRECTS = 5
#: Nothing listens there: nobody who stops at the redirect asks it for anything.
REDIRECT_URI = "https://127.0.0.1:1/callback"


@dataclass(frozen=True)
class SignIn:
    """What an application holds after someone has signed in for it, the code not yet used."""

    client: KeyPair
    code: str
    code_verifier: str
    redirect_uri: str = REDIRECT_URI


def signed_in(
    server: AuthorizationServer,
    *,
    scope: str = "api1 offline_access",
    lifetime: int = 2,
    answer_time: float = 0,
) -> SignIn:
    """Register an application, and let a person sign in for it.

    Args:
        server: Where.
        scope: What the application asks for.
        lifetime: How long its access tokens will live, in seconds.
        answer_time: How long the answers to its token requests will take, in seconds.
    """
    client = server.register([REDIRECT_URI], lifetime=lifetime, answer_time=answer_time)
    # The longest that there may be.
    code_verifier = secrets.token_urlsafe(96)
    state = secrets.token_urlsafe()
    url = authorization_url(
        server, client, scope=scope, state=state, code_challenge=challenge(code_verifier)
    )
    answer = parse_qs(urlsplit(sign_in(server, url, REDIRECT_URI)).query)
    assert answer["state"] == [state]
    return SignIn(client, answer["code"][0], code_verifier)


def challenge(code_verifier: str) -> str:
    """Give the code challenge of a code verifier by S256 (RFC 7636, 4.2)."""
    digest = hashlib.sha256(code_verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def authorization_url(
    server: AuthorizationServer,
    client: KeyPair,
    *,
    scope: str = "api1 offline_access",
    **parameters: str,
) -> str:
    """Give what an application redirects its user to; no more of PKCE than what is given."""
    query = {
        "response_type": "code",
        "client_id": client.public_key,
        "redirect_uri": REDIRECT_URI,
        "scope": scope,
        **parameters,
    }
    if "code_challenge" in query:
        query["code_challenge_method"] = "S256"
    return f"{server.authorization_url}?{urlencode(query)}"


def sign_in(
    server: AuthorizationServer, authorization_url: str, redirect_uri: str, person: Person = ADA
) -> str:
    """Go where an application sends its user, and fill in the form there.

    Args:
        server: Where the form is.
        authorization_url: What the application redirects to.
        redirect_uri: Where the person comes back to; nothing is asked of it.
        person: Who signs in.

    Returns:
        The URL that a browser would call the application with.

    Raises:
        ValueError: The server did not send the person back; the message is what it said.
    """
    with requests.Session() as browser:
        # The machine's netrc and proxies have no part in this.
        browser.trust_env = False
        browser.verify = server.ca_file
        answer = _followed(browser, _get(browser, authorization_url), redirect_uri)
        if answer.status_code == 200:
            form = {"login": person.login, "password": person.password}
            sent = browser.post(answer.url, data=form, allow_redirects=False, timeout=TIMEOUT)
            answer = _followed(browser, sent, redirect_uri)
    way_back = _next_url(answer)
    if way_back is None:
        raise ValueError(f"{answer.status_code}: {answer.text}")
    return way_back


def _followed(
    browser: requests.Session, answer: requests.Response, redirect_uri: str
) -> requests.Response:
    """Follow redirects to the next page, or to the one that leads back to the application."""
    for _ in range(REDIRECTS):
        url = _next_url(answer)
        if url is None or url.split("?")[0] == redirect_uri:
            return answer
        answer = _get(browser, url)
    raise ValueError(f"still redirected to {answer.url}")


def _next_url(answer: requests.Response) -> str | None:
    location = answer.headers.get("Location")
    return None if location is None else urljoin(answer.url, location)


def _get(browser: requests.Session, url: str) -> requests.Response:
    return browser.get(url, allow_redirects=False, timeout=TIMEOUT)


def exchange(server: AuthorizationServer, client: KeyPair, **form: str) -> requests.Response:
    """Make a plain token request, as no class of ours makes it."""
    return requests.post(
        server.token_url,
        data=form,
        auth=(client.public_key, client.private_key),
        verify=server.ca_file,
        timeout=TIMEOUT,
    )


def first_answer(server: AuthorizationServer, held: SignIn) -> requests.Response:
    """Exchange the code that an application holds."""
    return exchange(
        server,
        held.client,
        grant_type="authorization_code",
        code=held.code,
        redirect_uri=held.redirect_uri,
        code_verifier=held.code_verifier,
    )


def tokens(server: AuthorizationServer, held: SignIn) -> dict[str, Any]:
    """Exchange the code that an application holds, and give all that comes for it."""
    answer = first_answer(server, held)
    answer.raise_for_status()
    told: dict[str, Any] = answer.json()
    return told


def rotations(
    server: AuthorizationServer, client: KeyPair, refresh_token: str
) -> Iterator[requests.Response]:
    """Renew on and on, each time with the refresh token of the last answer."""
    while True:
        answer = exchange(server, client, grant_type="refresh_token", refresh_token=refresh_token)
        yield answer
        refresh_token = answer.json()["refresh_token"]
