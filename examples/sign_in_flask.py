"""A web application in which people sign in to Dastra and see their workspaces: Flask, requests.

    pip install . flask
    cd examples
    export DASTRA_PUBLIC_KEY=… DASTRA_PRIVATE_KEY=… SECRET_KEY=…
    export REDIRECT_URI=https://localhost:5000/callback
    flask --app sign_in_flask run --cert adhoc

The first line is run in a checkout. Open https://localhost:5000 and not the 127.0.0.1 that is
printed: the cookie is for one host. That is for trying it out; in production it runs behind a WSGI
server and TLS like any other.
`sign_in_shared.py`, beside it, has further settings, and what is kept of whom.
"""

import secrets
from functools import partial

import requests
from flask import Flask, redirect, request, session
from flask.typing import ResponseReturnValue
from requests.auth import AuthBase
from sign_in_shared import (
    API_URL,
    AUTHORIZATION_URL,
    COOKIE,
    HEADERS,
    PRIVATE_KEY,
    PUBLIC_KEY,
    REDIRECT_URI,
    SECRET_KEY,
    SECRETS,
    SERVICE,
    listed,
    problem,
    welcome,
)

from dtz_dastra_auth import (
    AuthorizationError,
    DastraAuthorizationCode,
    DastraRefreshToken,
    SignInRequiredError,
    code_from_callback,
    dastra_authorization_url,
)

app = Flask(__name__)
app.config.update(
    SECRET_KEY=SECRET_KEY,
    SESSION_COOKIE_NAME=COOKIE,
    SESSION_COOKIE_HTTPONLY=True,
    SESSION_COOKIE_SECURE=True,
    # It comes along when Dastra sends somebody back, and with no form on anybody else's page.
    SESSION_COOKIE_SAMESITE="Lax",
)


def workspaces(auth: AuthBase) -> list[str]:
    # Without a session of requests: it would keep cookies, and send them for the next person.
    answer = requests.get(API_URL, auth=auth, timeout=30)
    answer.raise_for_status()
    return [each["label"] for each in answer.json()["items"]]


@app.get("/")
def home() -> ResponseReturnValue:
    refresh_token = SECRETS.get(session.get("person"))
    if refresh_token is None:
        return welcome(), HEADERS
    # Made anew for each request: those that continue one sign-in share its access token.
    auth = DastraRefreshToken(
        refresh_token,
        PUBLIC_KEY,
        PRIVATE_KEY,
        on_refresh_token=partial(SECRETS.replace, session["person"]),
        **SERVICE,
    )
    return listed(workspaces(auth)), HEADERS


@app.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    url = dastra_authorization_url(PUBLIC_KEY, REDIRECT_URI, authorization_url=AUTHORIZATION_URL)
    # The browser sees the state in the URL anyway; the verifier never leaves the server.
    session["state"], session["sign_in"] = url.state, secrets.token_urlsafe()
    SECRETS.put(session["sign_in"], url.code_verifier or "", SECRETS.SIGNING_IN)
    return redirect(url)


@app.get("/callback")
def callback() -> ResponseReturnValue:
    code_verifier = SECRETS.take(session.pop("sign_in", None))
    code = code_from_callback(request.url, state=session.pop("state", None))
    if code_verifier is None:
        # Without it, a code that was given to somebody else would do.
        raise AuthorizationError("the sign-in was begun too long ago, or has been ended")
    # A new name: who knew the cookie from before does not know the one that is signed in.
    person = secrets.token_urlsafe()
    auth = DastraAuthorizationCode(
        code,
        REDIRECT_URI,
        PUBLIC_KEY,
        PRIVATE_KEY,
        code_verifier=code_verifier,
        on_refresh_token=partial(SECRETS.put, person),
        **SERVICE,
    )
    # The first call exchanges the code.
    workspaces(auth)
    SECRETS.take(session.get("person"))
    session["person"] = person
    # Away from the URL that has the code. Servers log it; it is good once, and only together with
    # the verifier and the private key.
    return redirect("/")


@app.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    SECRETS.take(session.get("person"))
    session.clear()
    return redirect("/", 303)


@app.errorhandler(AuthorizationError)
def not_signed_in(error: AuthorizationError) -> ResponseReturnValue:
    return problem(str(error)), 400, HEADERS


@app.errorhandler(SignInRequiredError)
def signed_in_no_longer(_error: SignInRequiredError) -> ResponseReturnValue:
    if request.path == "/callback":
        # A service that remembers the person would send them here again, and again.
        return problem("The sign-in did not work."), 400, HEADERS
    SECRETS.take(session.pop("person", None))
    return redirect("/sign-in")


@app.errorhandler(requests.RequestException)
def no_answer(error: requests.RequestException) -> ResponseReturnValue:
    app.logger.warning("no answer for %s: %s", request.path, error)
    return problem("Dastra does not answer as it should. Try again later."), 502, HEADERS
