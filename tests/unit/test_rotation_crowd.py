"""Many persons at once in a process that has just begun, while its cache gives no answer yet."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dtz_dastra_auth import DastraRefreshToken, SharedTokenStore
from dtz_dastra_auth._drivers import perform_blocking
from dtz_dastra_auth._flow import Caller, Exchange
from dtz_dastra_auth._sign_in import SignedInSource
from dtz_dastra_auth._token import SystemClock
from unit.caches import DictCache
from unit.callers import TOKEN_URL
from unit.rotating_server import Server, access_token, refresh_token
from unit.sign_ins import PRIVATE_KEY, PUBLIC_KEY

PERSONS, LONGEST = 64, 60.0


class ColdCache(DictCache):
    """A cache whose first answers take a while, as where clients are imported and connect."""

    def __init__(self, seconds: float) -> None:
        super().__init__(SystemClock())  # type: ignore[arg-type]  # see `_now`
        self._ready_at = time.monotonic() + seconds
        self._lock = threading.Lock()

    def _asked(self, method: str, key: str, do: Any) -> Any:
        time.sleep(max(self._ready_at - time.monotonic(), 0))
        with self._lock:
            return do()

    def _now(self, key: str) -> Any:
        value, until = self.held.get(key, (None, 0.0))
        return value if time.monotonic() < until else None

    def _keep(self, method: str, key: str, value: str, timeout: Any) -> bool:
        self.held[key] = (value, time.monotonic() + timeout)
        return True


def token_of(person: str, store: SharedTokenStore, server: Server, lock: threading.Lock) -> Any:
    """Get a person's token on this thread; an error comes as the result."""
    auth = DastraRefreshToken(
        refresh_token(0, person), PUBLIC_KEY, PRIVATE_KEY, token_url=TOKEN_URL, store=store
    )
    source = auth._source
    assert isinstance(source, SignedInSource)
    steps = source.token(Caller(blocks=True, survives=True), None)
    try:
        step = next(steps)
        while True:
            if isinstance(step, Exchange):
                with lock:
                    outcome: Any = server.answer(step)
            else:
                outcome = perform_blocking(step)
            step = steps.send(outcome)
    except StopIteration as end:
        return end.value.value
    except Exception as error:
        return error


@pytest.mark.parametrize("seconds", [0.0, 0.4])
def test_of_many_persons_at_once_nobody_is_sent_away(seconds: float) -> None:
    store, server, lock = SharedTokenStore(ColdCache(seconds)), Server(), threading.Lock()
    # Of each test its own: they share a process.
    persons = [f"person{number}of{seconds}" for number in range(PERSONS)]
    with ThreadPoolExecutor(PERSONS) as pool:
        futures = [pool.submit(token_of, person, store, server, lock) for person in persons]
        got = [future.result(LONGEST) for future in futures]
    wanted = [access_token(1, person) for person in persons]
    assert [each for each, want in zip(got, wanted, strict=True) if each != want] == []
    assert sorted(server.requests) == sorted(refresh_token(0, person) for person in persons)
