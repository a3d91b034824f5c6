"""An API and a token endpoint on loopback, for the measures that call something.

They run in a process of their own, on uvicorn with httptools and uvloop, so that they and what is
measured do not share an interpreter's lock.
"""

import itertools
import json
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import trustme

PROCESS = Path(__file__).with_name("served.py")
PAIR = ("public-key", "private-key")
_END = 10.0


@dataclass(frozen=True, slots=True)
class Services:
    """The running services.

    Attributes:
        origin: Where they are.
        ca_file: Path of a PEM file with the certificate that clients need to trust.
    """

    origin: str
    ca_file: str
    _numbers: Iterator[int] = field(default_factory=itertools.count, repr=False)

    @property
    def url(self) -> str:
        """Address of the API, which answers with a 401 where no accepted credential is sent."""
        return f"{self.origin}/v1/workspaces"

    @property
    def open_url(self) -> str:
        """Address that answers everybody."""
        return f"{self.origin}/open"

    @property
    def trust(self) -> ssl.SSLContext:
        """What lets clients trust them."""
        return ssl.create_default_context(cafile=self.ca_file)

    def token_url(self, *, delay: float, lifetime: int) -> str:
        """Make up a token endpoint that nobody has asked yet.

        Args:
            delay: How long it takes to answer, in seconds.
            lifetime: How long its tokens live, in seconds.
        """
        return f"{self.origin}/token/{next(self._numbers)}/{delay}/{lifetime}"

    def requests_at(self, token_url: str) -> int:
        """Tell how many token requests have come to a token endpoint."""
        number = token_url.removeprefix(f"{self.origin}/token/").partition("/")[0]
        url = f"{self.origin}/counted/{number}"
        answer = httpx.get(url, verify=self.trust, trust_env=False).raise_for_status()
        return int(answer.json())


@contextmanager
def running(accepted: Mapping[str, str]) -> Iterator[Services]:
    """Run the services.

    Args:
        accepted: The headers, one of which lets a call of the API in, as a token does that the
            token endpoint has given out.
    """
    authority = trustme.CA()
    with tempfile.TemporaryDirectory() as directory:
        certificate, key, ca_file = (
            Path(directory, f"{name}.pem") for name in ("own", "key", "ca")
        )
        own = authority.issue_cert("127.0.0.1")
        own.private_key_pem.write_to_path(key)
        certificate.write_bytes(b"".join(each.bytes() for each in own.cert_chain_pems))
        authority.cert_pem.write_to_path(ca_file)
        told = {
            "accepted": dict(accepted),
            "pair": PAIR,
            "certificate": str(certificate),
            "key": str(key),
        }
        with _process() as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{json.dumps(told)}\n")
            process.stdin.flush()
            yield Services(f"https://127.0.0.1:{int(process.stdout.readline())}", str(ca_file))


@contextmanager
def _process() -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, PROCESS], stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield process
            process.communicate(timeout=_END)
        finally:
            process.kill()
