"""A cache that counts what it is asked."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import sniffio

from fleet.caches import Cache


class CountedCache:
    """Any cache, with its questions counted.

    Attributes:
        asked: How often each method was called.
        errors: How often it raised what.
        on_loop: How many questions were asked on an event loop.
    """

    def __init__(self, cache: Cache, *, won: Callable[[], None] = lambda: None) -> None:
        self._cache = cache
        self._won = won
        self._lock = threading.Lock()
        self.asked: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.on_loop = 0

    def get(self, key: str) -> Any:
        return self._ask("get", key)

    def set(self, key: str, value: str, timeout: Any = None) -> Any:
        return self._ask("set", key, value, timeout=timeout)

    def add(self, key: str, value: str, timeout: Any = None) -> Any:
        added = self._ask("add", key, value, timeout=timeout)
        if added:
            self._won()
        return added

    def delete(self, key: str) -> Any:
        return self._ask("delete", key)

    def _ask(self, method: str, *args: Any, **kwargs: Any) -> Any:
        with self._lock:
            self.asked[method] += 1
            self.on_loop += _on_event_loop()
        try:
            return getattr(self._cache, method)(*args, **kwargs)
        except Exception as error:
            with self._lock:
                self.errors[type(error).__name__] += 1
            raise


def _on_event_loop() -> bool:
    try:
        sniffio.current_async_library()
    except sniffio.AsyncLibraryNotFoundError:
        return False
    return True
