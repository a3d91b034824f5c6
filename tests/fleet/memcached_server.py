"""A real Memcached of our own: ``memcached`` from PATH, on loopback."""

import os
import pwd
from contextlib import closing
from typing import Any
from urllib.parse import unquote_to_bytes

import pymemcache  # type: ignore[import-untyped]  # it has none

from fleet.own_process import OwnProcess

# As many seconds as no question of a test takes, unless the server stands still.
TIMEOUT = 10.0


class MemcachedServer(OwnProcess):
    """A Memcached on a TCP port."""

    @property
    def address(self) -> str:
        """Where it is, as Memcached clients are told."""
        return f"127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        where = ["-l", "127.0.0.1", "-p", str(self.port), "-U", "0"]
        # Started by root it asks for a user's name, which others need not give.
        user = pwd.getpwuid(os.getuid()).pw_name
        return ["memcached", *where, "-m", "16", "-u", user]

    def answers(self) -> bool:
        try:
            with closing(self.client()) as client:
                return bool(client.stats()[b"pid"] == self.pid)
        except OSError:
            return False

    def client(self) -> Any:
        """Make a client for looking behind the scenes."""
        return pymemcache.Client(self.address, connect_timeout=TIMEOUT, timeout=TIMEOUT)

    def flush(self) -> None:
        """Forget every key."""
        with closing(self.client()) as client:
            client.flush_all(noreply=False)

    def dump(self) -> dict[bytes, bytes]:
        """Give all that it holds, by key, as it is kept."""
        with closing(self.client()) as client:
            listed = client.raw_command("lru_crawler metadump all", "END\r\n")
            # Each line begins with the key, percent-encoded.
            words = [line.partition(b" ")[0] for line in listed.splitlines() if b"key=" in line]
            held = {key: client.get(key) for key in map(_key, words)}
        return {key: value for key, value in held.items() if value is not None}


def _key(word: bytes) -> bytes:
    return unquote_to_bytes(word.removeprefix(b"key="))
