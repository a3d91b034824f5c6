"""A web application in which people sign in to Dastra and see their workspaces: FastAPI, httpx.

    pip install . fastapi itsdangerous uvicorn
    cd examples
    openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -keyout key.pem -out cert.pem
    export DASTRA_PUBLIC_KEY=… DASTRA_PRIVATE_KEY=… SECRET_KEY=…
    export REDIRECT_URI=https://localhost:8000/callback
    uvicorn sign_in_fastapi:app --ssl-keyfile key.pem --ssl-certfile cert.pem

The first line is run in a checkout. Open https://localhost:8000 and not the 127.0.0.1 that is
printed: the cookie is for one host. In production TLS may be a proxy's matter.
`sign_in_shared.py`, beside it, has further settings, and what is kept of whom.
"""

import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
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
from starlette.middleware.sessions import SessionMiddleware

from dtz_dastra_auth import (
    AuthorizationError,
    DastraAuthorizationCode,
    DastraRefreshToken,
    SignInRequiredError,
    code_from_callback,
    dastra_authorization_url,
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    # One client for everybody, and so without cookies: one person's are not for the next.
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    async with httpx.AsyncClient(cookies=no_cookies, timeout=30) as app.state.client:
        yield


app = FastAPI(lifespan=lifespan)
app.add_middleware(
    SessionMiddleware,
    secret_key=SECRET_KEY,
    session_cookie=COOKIE,
    https_only=True,
    # It comes along when Dastra sends somebody back, and with no form on anybody else's page.
    same_site="lax",
    # Until the browser is closed.
    max_age=None,
)


async def workspaces(auth: httpx.Auth) -> list[str]:
    answer = await app.state.client.get(API_URL, auth=auth)
    answer.raise_for_status()
    return [each["label"] for each in answer.json()["items"]]


@app.get("/")
async def home(request: Request) -> Response:
    person: str = request.session.get("person", "")
    refresh_token = await run_in_threadpool(SECRETS.get, person)
    if refresh_token is None:
        return HTMLResponse(welcome(), headers=HEADERS)

    async def keep(new: str) -> None:
        await run_in_threadpool(SECRETS.replace, person, new)

    # Made anew for each request: those that continue one sign-in share its access token.
    auth = DastraRefreshToken(
        refresh_token, PUBLIC_KEY, PRIVATE_KEY, on_refresh_token=keep, **SERVICE
    )
    return HTMLResponse(listed(await workspaces(auth)), headers=HEADERS)


@app.get("/sign-in")
async def sign_in(request: Request) -> Response:
    url = dastra_authorization_url(PUBLIC_KEY, REDIRECT_URI, authorization_url=AUTHORIZATION_URL)
    # The browser sees the state in the URL anyway; the verifier never leaves the server.
    begun = secrets.token_urlsafe()
    request.session.update(state=url.state, sign_in=begun)
    await run_in_threadpool(SECRETS.put, begun, url.code_verifier or "", SECRETS.SIGNING_IN)
    return RedirectResponse(url, 302)


@app.get("/callback")
async def callback(request: Request) -> Response:
    code_verifier = await run_in_threadpool(SECRETS.take, request.session.pop("sign_in", None))
    code = code_from_callback(str(request.url), state=request.session.pop("state", None))
    if code_verifier is None:
        # Without it, a code that was given to somebody else would do.
        raise AuthorizationError("the sign-in was begun too long ago, or has been ended")
    # A new name: who knew the cookie from before does not know the one that is signed in.
    person = secrets.token_urlsafe()

    async def keep(new: str) -> None:
        await run_in_threadpool(SECRETS.put, person, new)

    auth = DastraAuthorizationCode(
        code,
        REDIRECT_URI,
        PUBLIC_KEY,
        PRIVATE_KEY,
        code_verifier=code_verifier,
        on_refresh_token=keep,
        **SERVICE,
    )
    # The first call exchanges the code.
    await workspaces(auth)
    await run_in_threadpool(SECRETS.take, request.session.get("person"))
    request.session["person"] = person
    # Away from the URL that has the code. Servers log it; it is good once, and only together with
    # the verifier and the private key.
    return RedirectResponse("/", 302)


@app.post("/sign-out")
async def sign_out(request: Request) -> Response:
    await run_in_threadpool(SECRETS.take, request.session.get("person"))
    request.session.clear()
    return RedirectResponse("/", 303)


@app.exception_handler(AuthorizationError)
async def not_signed_in(_request: Request, error: AuthorizationError) -> Response:
    return HTMLResponse(problem(str(error)), 400, HEADERS)


@app.exception_handler(SignInRequiredError)
async def signed_in_no_longer(request: Request, _error: SignInRequiredError) -> Response:
    if request.url.path == "/callback":
        # A service that remembers the person would send them here again, and again.
        return HTMLResponse(problem("The sign-in did not work."), 400, HEADERS)
    await run_in_threadpool(SECRETS.take, request.session.pop("person", None))
    return RedirectResponse("/sign-in", 302)


@app.exception_handler(httpx.HTTPError)
async def no_answer(request: Request, error: httpx.HTTPError) -> Response:
    logging.getLogger("uvicorn.error").warning("no answer for %s: %s", request.url.path, error)
    text = "Dastra does not answer as it should. Try again later."
    return HTMLResponse(problem(text), 502, HEADERS)
