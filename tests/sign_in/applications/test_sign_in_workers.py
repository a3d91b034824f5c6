"""examples/sign_in_flask.py and sign_in_fastapi.py in two worker processes, which share a Redis."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from dtz_dastra_auth.testing import DastraStandIn, StandIns
from fleet.redis_server import RedisServer
from sign_in.applications.apps import LABEL, Application, prepared, settings

#: How often access tokens end, and how many pages are loaded at once in each process then.
ROUNDS, AT_ONCE = 3, 8
#: Seconds. An access token that is refused before is not renewed.
YOUNG = 1.0


@pytest.fixture(scope="module")
def workers(
    program: str, _dtz_dastra_auth_running: StandIns, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Application]]:
    """Run one application in two processes, as behind one address."""
    services, directory = _dtz_dastra_auth_running, tmp_path_factory.mktemp(program)
    with (
        RedisServer() as redis,
        prepared(program, directory) as first,
        prepared(program, tmp_path_factory.mktemp("port")) as other,
    ):
        second = replace(first, port=other.port)
        same = {"REDIRECT_URI": first.redirect_uri, "REDIS_URL": redis.url}
        same |= settings(services.dastra)
        environment = services.environment
        with first.running(environment, **same), second.running(environment, **same):
            yield [first, second]


def test_two_processes_renew_for_each_other_and_no_refresh_token_comes_twice(
    workers: list[Application], dastra: DastraStandIn
) -> None:
    person = workers[0].visitor()
    person.sign_in(dastra)
    cookie = person.cookie
    assert cookie is not None

    def load(worker: Application) -> bool:
        visitor = worker.visitor()
        visitor.keep_cookie(cookie)
        return LABEL in visitor.get("/").text

    for _ in range(ROUNDS):
        time.sleep(YOUNG)
        dastra.expire_tokens()
        with ThreadPoolExecutor(2 * AT_ONCE) as threads:
            loaded = Counter(threads.map(load, workers * AT_ONCE))
        assert loaded == {True: 2 * AT_ONCE}
    assert dastra.reuses == 0
    assert [each.status for each in dastra.token_requests] == [200] * (1 + ROUNDS)


def test_who_begins_at_one_process_may_come_back_to_the_other(
    workers: list[Application], dastra: DastraStandIn
) -> None:
    first, second = (worker.visitor() for worker in workers)
    asked = first.asked_for()
    assert first.cookie is not None
    second.keep_cookie(first.cookie)
    code = dastra.make_code(asked["redirect_uri"], code_challenge=asked["code_challenge"])
    second.get("/callback", code=code, state=asked["state"])
    assert LABEL in second.get("/").text
