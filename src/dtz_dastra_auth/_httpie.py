"""What the HTTPie plug-in does once one of its types is chosen.

HTTPie hands a plug-in the credentials and nothing else. What else it was told (``--offline``,
``--proxy``, ``--verify``, ``--timeout``) decides whether and how a token may be asked for, so it is
looked up where HTTPie has it: in the variables of the function that called the plug-in. Where that
finds nothing, the plug-in works as an auth object does in any other program.
"""

import argparse
import logging
import sys
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import requests
from httpie.client import build_requests_session, make_send_kwargs_mergeable_from_env
from httpie.context import Environment, LogLevel

from . import _environment, dastra, dtz
from ._auth import Auth
from ._errors import ConfigurationError
from ._sources import StaticSource, renewing

# In the place of the token that is not asked for; no service takes it.
OFFLINE_TOKEN = "TOKEN"

_DASTRA_VARIABLES = {"token_url": "DASTRA_TOKEN_URL", "origins": "DASTRA_ORIGINS"}
_DTZ_VARIABLES = {
    "context_id": "DTZ_CONTEXT_ID",
    "identity_url": "DTZ_IDENTITY_URL",
    "origins": "DTZ_ORIGINS",
}

Given: TypeAlias = tuple[str, ...] | None


@dataclass(frozen=True)
class Run:
    """One run of HTTPie.

    Attributes:
        args: What it was told.
        env: Where it writes.
        shows_errors: Whether it has begun to send, and shows errors by itself.
    """

    args: argparse.Namespace
    env: Environment
    shows_errors: bool


class _Session(requests.Session):
    """A session that reaches hosts as HTTPie itself does in this run."""

    def __init__(self, args: argparse.Namespace) -> None:
        super().__init__()
        told = make_send_kwargs_mergeable_from_env(args)
        self.proxies = told["proxies"]
        self.verify = told["verify"]
        # Its adapters, and those of its other plug-ins, know the TLS options.
        self.adapters = build_requests_session(
            verify=bool(self.verify), ssl_version=args.ssl_version, ciphers=args.ciphers
        ).adapters

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        # requests puts REQUESTS_CA_BUNDLE above what a session says, and HTTPie does not.
        verify = self.verify if verify is None else verify
        return super().merge_environment_settings(url, proxies, stream, verify, cert)


def make(auth_type: str, given: Given) -> Auth:
    """Make the auth object of one type.

    Args:
        auth_type: The type that was chosen.
        given: What ``-a`` says: a secret, or a pair; None for the environment.

    Raises:
        ConfigurationError: It cannot work, which HTTPie shows by itself by now.
        OSError: An option for TLS cannot work, likewise.
        SystemExit: It cannot work, which HTTPie was made to show.
    """
    run = _find_run()
    # What is not given comes from these: with ``-a`` nobody wrote a parameter of that name.
    variables = _DTZ_VARIABLES if auth_type.startswith("dtz") else _DASTRA_VARIABLES
    try:
        with _environment.named(variables if given else {}):
            auth = _MAKERS[auth_type](given)
        if run is not None:
            _follow(run, auth)
    except (ConfigurationError, OSError) as error:
        if run is None or run.shows_errors:
            raise
        # While it reads its arguments, HTTPie would show a traceback.
        run.env.log_error(f"{type(error).__name__}: {error}")
        raise SystemExit(1) from None
    return auth


def _find_run() -> Run | None:
    frame = sys._getframe().f_back
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("httpie."):
            names = frame.f_locals
            parser = names.get("self")
            running = (names.get("args"), names.get("env"), True)
            reading = (getattr(parser, "args", None), getattr(parser, "env", None), False)
            for args, env, shows_errors in (running, reading):
                if isinstance(args, argparse.Namespace) and isinstance(env, Environment):
                    return Run(args, env, shows_errors)
        frame = frame.f_back
    return None


class _Warnings(logging.Handler):
    """Shows this package's warnings as HTTPie shows its own."""

    env: Callable[[], Environment | None] = lambda: None

    def emit(self, record: logging.LogRecord) -> None:
        """Show one, unless HTTPie is about to show the same as an error."""
        env = self.env()
        if env is None or record.module == "_renewal":
            return
        said = record.getMessage()
        if "pass origins=" in said:
            said += " (in HTTPie, in DASTRA_ORIGINS or DTZ_ORIGINS)"
        # In a program that runs HTTPie, a run that is over may have closed what it wrote to.
        with suppress(ValueError):
            env.log_error(said, level=LogLevel.WARNING)


_warnings = _Warnings(logging.WARNING)


def _follow(run: Run, auth: Auth) -> None:
    # Have a token request be made as HTTPie makes its own, which may be not at all.
    _warnings.env = weakref.ref(run.env)
    logging.getLogger("dtz_dastra_auth").addHandler(_warnings)
    source = renewing(auth._source)
    if source is None:
        return
    if run.args.offline:
        auth._source = StaticSource(OFFLINE_TOKEN)
        return
    source._session = _Session(run.args)
    if run.args.timeout:
        source._timeout = run.args.timeout


def _dastra(given: Given) -> Auth:
    if given is None:
        return dastra.DastraClientCredentials.from_env()
    public_key, private_key = given
    return dastra.DastraClientCredentials(
        public_key,
        private_key,
        token_url=_environment.get("DASTRA_TOKEN_URL") or dastra.TOKEN_URL,
        origins=dastra.origins_from_env(),
    )


def _dastra_key(given: Given) -> Auth:
    if given is None:
        return dastra.DastraApiKey.from_env()
    return dastra.DastraApiKey(*given, origins=dastra.origins_from_env())


def _dtz_key(method: type[dtz.DtzApiKey | dtz.DtzQueryKey], given: Given) -> Auth:
    if given is None:
        return method.from_env()
    context_id = _environment.get("DTZ_CONTEXT_ID")
    return method(*given, context_id=context_id, origins=dtz.origins_from_env())


def _dtz_token(method: type[dtz.DtzBearer | dtz.DtzCookie], given: Given) -> Auth:
    if given is None:
        return method.from_env()
    return method(*given, origins=dtz.origins_from_env())


def _dtz_basic(given: Given) -> Auth:
    if given is None:
        return dtz.DtzBasic.from_env()
    username, password = given
    return dtz.DtzBasic(username, password, origins=dtz.origins_from_env())


def _dtz_login(given: Given) -> Auth:
    if given is None:
        return dtz.DtzBearer(dtz.DtzLogin.from_env(), origins=dtz.origins_from_env())
    username, password = given
    login = dtz.DtzLogin(
        username,
        password,
        context_id=_environment.get("DTZ_CONTEXT_ID"),
        identity_url=_environment.get("DTZ_IDENTITY_URL") or dtz.IDENTITY_URL,
    )
    return dtz.DtzBearer(login, origins=dtz.origins_from_env())


_MAKERS: dict[str, Callable[[Given], Auth]] = {
    "dastra": _dastra,
    "dastra-key": _dastra_key,
    "dtz-key": partial(_dtz_key, dtz.DtzApiKey),
    "dtz-query": partial(_dtz_key, dtz.DtzQueryKey),
    "dtz-bearer": partial(_dtz_token, dtz.DtzBearer),
    "dtz-cookie": partial(_dtz_token, dtz.DtzCookie),
    "dtz-basic": _dtz_basic,
    "dtz-login": _dtz_login,
}
