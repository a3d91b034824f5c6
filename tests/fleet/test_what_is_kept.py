"""What stands in a Redis: nothing that tells, and nothing that is believed when it was changed."""

from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests

from dtz_dastra_auth import (
    DastraClientCredentials,
    DtzBearer,
    DtzLogin,
    SharedTokenStore,
    TokenError,
)
from dtz_dastra_auth.testing import DastraStandIn, StandIns
from fleet.caches import CACHES, Servers
from fleet.plans import URL
from fleet.redis_server import RedisServer

DTZ_URL = "https://api.dtz.rocks/v1/me"


@contextmanager
def process(servers: Servers, dastra: DastraStandIn) -> Iterator[requests.Session]:
    """Be another process of the fleet: nothing but the cache is shared."""
    store = SharedTokenStore(CACHES["plain-redis"].make(servers))
    with requests.Session() as session:
        session.auth = DastraClientCredentials(dastra.public_key, dastra.private_key, store=store)
        yield session


def call(servers: Servers, dastra: DastraStandIn) -> int:
    """Make one call from a new process."""
    with process(servers, dastra) as session:
        return session.get(URL, timeout=30).status_code


def test_a_dump_holds_no_token_no_secret_and_no_client_id(
    stand_ins: StandIns, servers: Servers, redis: RedisServer
) -> None:
    dastra, dtz = stand_ins.dastra, stand_ins.dtz
    dumps = []
    with dastra.hold(on="token") as hold, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(call, servers, dastra)
        hold.wait_for(1, timeout=30)
        dumps.append(redis.dump())
        hold.release()
        assert answer.result(30) == 200
    login = DtzLogin(
        dtz.username,
        dtz.password,
        store=SharedTokenStore(CACHES["plain-redis"].make(servers)),
    )
    with requests.Session() as session:
        assert session.get(DTZ_URL, auth=DtzBearer(login), timeout=30).status_code == 200
    dumps.append(redis.dump())
    tokens = [*dastra.tokens_in_force, *dtz.tokens_in_force]
    redis.flush()
    dastra.fail(401, on="token", body=b'{"error": "invalid_client"}', times=None)
    with pytest.raises(TokenError):
        call(servers, dastra)
    dumps.append(redis.dump())

    # A lease; two tokens; a failure.
    assert [len(dump) for dump in dumps] == [1, 2, 1]
    assert len(tokens) == 2
    everything = b"\n".join(key + b" " + value for dump in dumps for key, value in dump.items())
    for told in [*tokens, dastra.private_key, dastra.public_key, dtz.password, dtz.username]:
        assert told.encode() not in everything
        assert b64encode(told.encode()).rstrip(b"=")[:-1] not in everything


def test_a_value_with_one_bit_changed_anywhere_is_ignored_and_costs_one_token_request(
    stand_ins: StandIns, servers: Servers, redis: RedisServer
) -> None:
    dastra = stand_ins.dastra
    assert call(servers, dastra) == 200
    ((key, value),) = redis.dump().items()
    client = redis.client()
    for place in range(len(value)):
        changed = bytearray(value)
        changed[place] ^= 1 << place % 8
        client.set(key, bytes(changed))
        dastra.clear_log()
        assert call(servers, dastra) == 200, place
        assert len(dastra.token_requests) == 1, place
        # What replaces it is good.
        assert call(servers, dastra) == 200
        assert len(dastra.token_requests) == 1, place


def test_a_changed_value_costs_the_whole_fleet_one_token_request(
    stand_ins: StandIns, servers: Servers, redis: RedisServer
) -> None:
    dastra = stand_ins.dastra
    assert call(servers, dastra) == 200
    ((key, value),) = redis.dump().items()
    redis.client().set(key, value[:-5] + bytes([value[-5] ^ 1]) + value[-4:])
    dastra.clear_log()

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: call(servers, dastra), range(16)))

    assert answers == [200] * 16
    assert len(dastra.token_requests) == 1
