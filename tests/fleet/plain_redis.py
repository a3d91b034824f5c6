"""Redis alone, for whoever has no framework with a cache."""

from typing import Any

import redis


class PlainRedis:
    """What a shared token store asks of a cache, over `redis.Redis`; nothing is pickled."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            url,
            decode_responses=True,
            encoding_errors="replace",
            socket_timeout=1,
            socket_connect_timeout=1,
            retry=None,
        )

    def get(self, key: str) -> Any:
        return self._redis.get(key)

    def set(self, key: str, value: str, timeout: int | None = None) -> bool:
        return bool(self._redis.set(key, value, ex=timeout))

    def add(self, key: str, value: str, timeout: int | None = None) -> bool:
        return bool(self._redis.set(key, value, ex=timeout, nx=True))

    def delete(self, key: str) -> bool:
        return bool(self._redis.delete(key))
