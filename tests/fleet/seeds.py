"""What another process of the fleet has kept, put there by the test."""

from functools import partial

from dtz_dastra_auth import DastraClientCredentials
from dtz_dastra_auth._renewing_source import RenewingSource
from dtz_dastra_auth._seal import Seal
from dtz_dastra_auth._shelf import Shelf
from dtz_dastra_auth._stores import Identity
from dtz_dastra_auth._token import Instant, SystemClock, Token
from dtz_dastra_auth.testing import DastraStandIn
from fleet.caches import CACHES, Servers

PREFIX = "dtz-dastra-auth:"


def identity_of(dastra: DastraStandIn) -> Identity:
    """Tell under what a fleet with the stand-in's key pair keeps its token."""
    source = DastraClientCredentials(dastra.public_key, dastra.private_key)._source
    assert isinstance(source, RenewingSource)
    return source._identity


def keep_token(servers: Servers, dastra: DastraStandIn, *, lifetime: float, left: float) -> None:
    """Keep a token that the stand-in takes, as a process that asked for it has done."""
    cache = CACHES["plain-redis"].make(servers)
    make_seal = partial(Seal, identity_of(dastra), encrypt=True)
    now, age = SystemClock().now(), lifetime - left
    taken = Instant(now.monotonic - age, now.wall - age)
    token = Token(dastra.make_token(lifetime=left), lifetime, taken)
    Shelf(cache, PREFIX, SystemClock(), make_seal).put(token)
