"""A web application in which people sign in to DTZ and see their roles there: Flask and requests.

    pip install . flask
    cd examples
    export DTZ_CONTEXT_ID=context-… SECRET_KEY=… REDIRECT_URI=https://localhost:5000/callback
    flask --app sign_in_dtz run --cert adhoc

The first line is run in a checkout. Open https://localhost:5000 and not the 127.0.0.1 that is
printed: the cookie is for one host.

DTZ gives no refresh token, so that there is nothing to keep on disk. What somebody has signed in
with is in this process's memory, where the token renews itself when it is used while it lives.
After a day without a call, and after a restart, they sign in again. One worker process, therefore,
with as many threads as you like.
"""

import os
import secrets
from collections import OrderedDict
from html import escape
from typing import TypeVar

import requests
from flask import Flask, redirect, request, session
from flask.typing import ResponseReturnValue

from dtz_dastra_auth import (
    AuthorizationError,
    DtzAuthorizationCode,
    DtzBearer,
    SignInRequiredError,
    code_from_callback,
    dtz_authorization_url,
)

CONTEXT_ID, REDIRECT_URI = os.environ["DTZ_CONTEXT_ID"], os.environ["REDIRECT_URI"]
API_URL = os.getenv("DTZ_API_URL", "https://identity.dtz.rocks/api/2021-02-21/me")
IDENTITY_URL = os.getenv("DTZ_IDENTITY_URL", "https://identity.dtz.rocks/api/2021-02-21")
# `sign_in_flask.py` says why all of these are as they are.
app = Flask(__name__)
app.config.update(
    SECRET_KEY=os.environ["SECRET_KEY"],
    SESSION_COOKIE_NAME="__Host-session",
    SESSION_COOKIE_HTTPONLY=True,
    SESSION_COOKIE_SECURE=True,
    SESSION_COOKIE_SAMESITE="Lax",
)

Kept = TypeVar("Kept")
verifiers: OrderedDict[str, str] = OrderedDict()
people: OrderedDict[str, DtzBearer] = OrderedDict()


def remember(memory: OrderedDict[str, Kept], kept: Kept) -> str:
    name = secrets.token_urlsafe()
    memory[name] = kept
    # Nobody is to fill the memory by beginning to sign in over and over.
    if len(memory) > 10_000:
        memory.popitem(last=False)
    return name


def page(content: str, status: int = 200) -> ResponseReturnValue:
    head = '<!doctype html><html lang="en"><title>Roles</title><link rel="icon" href="data:,">'
    return f"{head}<h1>Roles</h1>{content}", status, {"Cache-Control": "no-store"}


def roles(auth: DtzBearer) -> list[str]:
    answer = requests.get(API_URL, auth=auth, timeout=30)
    answer.raise_for_status()
    return [str(role) for role in answer.json()["roles"]]


@app.get("/")
def home() -> ResponseReturnValue:
    auth = people.get(session.get("person", ""))
    if auth is None:
        return page('<p><a href="/sign-in">Sign in to DTZ</a></p>')
    items = "".join(f"<li>{escape(role)}</li>" for role in roles(auth))
    button = '<form method="post" action="/sign-out"><button>Sign out</button></form>'
    return page(f"<ul>{items}</ul>{button}")


@app.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    url = dtz_authorization_url(CONTEXT_ID, REDIRECT_URI, identity_url=IDENTITY_URL)
    session["state"] = url.state
    session["sign_in"] = remember(verifiers, url.code_verifier or "")
    return redirect(url)


@app.get("/callback")
def callback() -> ResponseReturnValue:
    code_verifier = verifiers.pop(session.pop("sign_in", ""), None)
    code = code_from_callback(request.url, state=session.pop("state", None))
    if code_verifier is None:
        # Without it, a code that was given to somebody else would do.
        raise AuthorizationError("the sign-in was begun too long ago, or has been ended")
    grant = DtzAuthorizationCode(
        code, CONTEXT_ID, REDIRECT_URI, code_verifier=code_verifier, identity_url=IDENTITY_URL
    )
    auth = DtzBearer(grant)
    roles(auth)
    people.pop(session.get("person", ""), None)
    session["person"] = remember(people, auth)
    return redirect("/")


@app.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    people.pop(session.get("person", ""), None)
    session.clear()
    return redirect("/", 303)


@app.errorhandler(AuthorizationError)
def not_signed_in(error: AuthorizationError) -> ResponseReturnValue:
    return page(f'<p role="alert">{escape(str(error))}</p><p><a href="/">Back</a></p>', 400)


@app.errorhandler(SignInRequiredError)
def signed_in_no_longer(_error: SignInRequiredError) -> ResponseReturnValue:
    if request.path == "/callback":
        return page('<p role="alert">The sign-in did not work.</p><p><a href="/">Back</a></p>', 400)
    people.pop(session.pop("person", ""), None)
    return redirect("/sign-in")


@app.errorhandler(requests.RequestException)
def no_answer(error: requests.RequestException) -> ResponseReturnValue:
    app.logger.warning("no answer for %s: %s", request.path, error)
    return page('<p role="alert">DTZ does not answer as it should. Try again later.</p>', 502)
