"""Servers that stand where the token endpoint should be, with certificates that are no good."""

import datetime
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import trustme

from dtz_dastra_auth.testing import DastraStandIn
from dtz_dastra_auth.testing._loop import in_thread
from dtz_dastra_auth.testing._server import Server

_HOST = "account.dastra.eu"
_A_DAY_AGO = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)


@dataclass
class Impostors:
    """The running servers.

    Attributes:
        trusted: Certificate of the authority that clients are to trust; it signed the expired one.
        seen: What the servers have been asked, which has to be nothing at all.
        untrusted: Port of the server whose authority nobody trusts.
        expired: Port of the server whose certificate ended yesterday.
    """

    trusted: bytes
    seen: DastraStandIn = field(default_factory=DastraStandIn)
    untrusted: int = 0
    expired: int = 0


@contextmanager
def running() -> Iterator[Impostors]:
    """Run them."""
    authority = trustme.CA()
    impostors = Impostors(authority.cert_pem.bytes())
    long_ago = _A_DAY_AGO - datetime.timedelta(days=30)
    expired = authority.issue_cert(_HOST, not_before=long_ago, not_after=_A_DAY_AGO)
    with in_thread(_servers(impostors, trustme.CA().issue_cert(_HOST), expired)):
        yield impostors


@asynccontextmanager
async def _servers(
    impostors: Impostors, untrusted: trustme.LeafCert, expired: trustme.LeafCert
) -> AsyncIterator[None]:
    async with (
        Server(impostors.seen, _tls(untrusted)) as one,
        Server(impostors.seen, _tls(expired)) as other,
    ):
        impostors.untrusted, impostors.expired = one.port, other.port
        yield


def _tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    return context
