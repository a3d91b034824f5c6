"""The web applications of examples/, each a process of its own on loopback, over TLS."""

from __future__ import annotations

import os
import secrets
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import requests
import trustme

import dtz_dastra_auth
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn

EXAMPLES = Path(__file__).parents[3] / "examples"
SOURCE = Path(dtz_dastra_auth.__file__).parents[1]
COOKIE = "__Host-session"
LABEL = "<li>My data company</li>"
OFFER = '<a href="/sign-in">'
#: Seconds; generous, since they only bound what would otherwise hang.
START, STOP, ANSWER = 60.0, 10.0, 30.0
#: Seconds between two looks at an application that is starting.
LOOK = 0.05


class Visitor:
    """A browser without a screen, which stays at one application and follows no redirect.

    Attributes:
        browser: What it is: its cookies are here.
        seen: All that the application has answered, head and body.
    """

    def __init__(self, origin: str, ca_file: Path) -> None:
        self._origin = origin
        self.browser = requests.Session()
        # The machine's netrc and proxies have no part in this.
        self.browser.trust_env = False
        self.browser.verify = str(ca_file)
        # A server that is to end waits for those who keep a connection.
        self.browser.headers["Connection"] = "close"
        self.seen: list[str] = []

    def get(self, path: str, **query: str) -> requests.Response:
        return self._ask("GET", path, query)

    def post(self, path: str) -> requests.Response:
        return self._ask("POST", path, {})

    def asked_for(self) -> dict[str, str]:
        """Begin to sign in, and give what the browser is sent to the service with."""
        location = self.get("/sign-in").headers["Location"]
        return dict(parse_qsl(urlsplit(location).query, strict_parsing=True))

    def sign_in(self, service: DastraStandIn | DtzStandIn) -> requests.Response:
        """Sign in without a page of the service, and give what the application answers then."""
        asked = self.asked_for()
        code = service.make_code(asked["redirect_uri"], code_challenge=asked["code_challenge"])
        return self.get("/callback", code=code, state=asked["state"])

    @property
    def cookie(self) -> str | None:
        return self.browser.cookies.get(COOKIE)

    def keep_cookie(self, value: str) -> None:
        """Put a cookie in the place of the one that is there."""
        self.browser.cookies.clear()
        # As one that came from there, which the next one takes the place of.
        self.browser.cookies.set(COOKIE, value, domain="127.0.0.1", path="/", secure=True)

    def _ask(self, method: str, path: str, query: dict[str, str]) -> requests.Response:
        answer = self.browser.request(
            method, self._origin + path, params=query, allow_redirects=False, timeout=ANSWER
        )
        self.seen += [str(answer.headers), answer.text]
        return answer


@dataclass(frozen=True)
class Application:
    """An application that runs, or will.

    Attributes:
        program: The file of examples/ that it is in.
        port: Its port.
        directory: Where its files are.
        secret_key: What it signs cookies with.
    """

    program: str
    port: int
    directory: Path
    secret_key: str

    @property
    def origin(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def redirect_uri(self) -> str:
        return f"{self.origin}/callback"

    @property
    def ca_file(self) -> Path:
        return self.directory / "ca.pem"

    @property
    def database(self) -> Path:
        return self.directory / "sign_ins.sqlite3"

    @property
    def log(self) -> str:
        """What it has written so far."""
        return (self.directory / "log").read_text()

    def kept(self) -> list[str]:
        """Give the secrets that it has kept, the newest at the end."""
        with closing(sqlite3.connect(self.database, timeout=ANSWER)) as connection:
            return [row[0] for row in connection.execute("SELECT secret FROM kept ORDER BY until")]

    def remember(self, refresh_token: str) -> None:
        """Let it have kept this refresh token, and no other, of who signed in last."""
        with closing(sqlite3.connect(self.database, timeout=ANSWER)) as connection, connection:
            connection.execute(
                "UPDATE kept SET secret = ? WHERE until = (SELECT max(until) FROM kept)",
                (refresh_token,),
            )

    def visitor(self) -> Visitor:
        """Make a browser without a screen, for somebody who has not been there yet."""
        return Visitor(self.origin, self.ca_file)

    @contextmanager
    def running(self, environment: Mapping[str, str], **settings: str) -> Iterator[None]:
        """Run it.

        Args:
            environment: What else there is in its environment.
            **settings: What it is told beside what is here.
        """
        own = {
            "SECRET_KEY": self.secret_key,
            "REDIRECT_URI": self.redirect_uri,
            "DATABASE": str(self.database),
            "PYTHONPATH": os.pathsep.join([str(SOURCE), str(EXAMPLES)]),
            **settings,
        }
        command = [sys.executable, "-m", *self._command()]
        with (
            (self.directory / "log").open("ab") as log,
            subprocess.Popen(
                command,
                cwd=self.directory,
                env={**environment, **own},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            ) as process,
        ):
            try:
                self._wait_for(process)
                yield
            finally:
                _end(process)

    def _command(self) -> list[str]:
        tls, port = str(self.directory / "tls.pem"), str(self.port)
        if self.program == "sign_in_fastapi":
            where = ["--port", port, "--ssl-certfile", tls, "--ssl-keyfile", tls]
            return ["uvicorn", f"{self.program}:app", *where]
        return ["flask", "--app", self.program, "run", "--port", port, "--cert", tls, "--key", tls]

    def _wait_for(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + START
        while process.poll() is None and time.monotonic() < end:
            try:
                self.visitor().get("/")
            except requests.ConnectionError:
                time.sleep(LOOK)
            else:
                return
        raise AssertionError(f"{self.program} does not run:\n{self.log}")


@contextmanager
def prepared(program: str, directory: Path) -> Iterator[Application]:
    """Reserve a port for an application, and make what it needs but for its settings.

    Args:
        program: The file of examples/ that it is in, without its ending.
        directory: Where its files are to be.
    """
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(directory / "ca.pem"))
    tls = authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem
    tls.write_to_path(str(directory / "tls.pem"))
    with socket.socket() as reserved:
        # Servers say so too; as long as nobody else listens, they may have the same port.
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        yield Application(program, port, directory, secrets.token_hex(32))


def settings(dastra: DastraStandIn) -> dict[str, str]:
    """Give what an application is told that finds Dastra at its real name."""
    return {"DASTRA_PUBLIC_KEY": dastra.public_key, "DASTRA_PRIVATE_KEY": dastra.private_key}


def is_signed_in(visitor: Visitor) -> bool:
    answer = visitor.get("/")
    assert answer.status_code == 200
    assert (LABEL in answer.text) != (OFFER in answer.text)
    return LABEL in answer.text


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP)
    except subprocess.TimeoutExpired:
        process.kill()
