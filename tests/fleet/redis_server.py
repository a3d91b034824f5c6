"""A real Redis of our own: ``redis-server`` from PATH, on loopback, with nothing kept on disk."""

import secrets
from contextlib import closing
from pathlib import Path
from typing import Any

import redis

from fleet.own_process import OwnProcess

# As many seconds as no question of a test takes, unless the server stands still.
TIMEOUT = 10.0


class RedisServer(OwnProcess):
    """A Redis with a password, on a TCP port and on a Unix socket.

    Attributes:
        password: The password.
        socket: Path of the Unix socket.
    """

    def __init__(self) -> None:
        super().__init__()
        self.password = secrets.token_hex(16)
        self.socket = str(Path(self.directory, "redis.sock"))

    @property
    def url(self) -> str:
        """Where it is, password included, as Redis clients are told."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def unix_url(self) -> str:
        """Where it is by its Unix socket, password included."""
        return f"unix://:{self.password}@{self.socket}?db=0"

    def command(self) -> list[str]:
        return ["redis-server", "-"]

    def configuration(self) -> bytes:
        # By standard input, since a command line can be read by everybody.
        lines = {
            "port": self.port,
            "bind": "127.0.0.1",
            "unixsocket": self.socket,
            "unixsocketperm": "700",
            "requirepass": self.password,
            "dir": self.directory,
            "databases": 1,
            "save": '""',
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items()).encode()

    def answers(self) -> bool:
        try:
            with closing(self.client()) as client:
                return bool(client.ping()) and client.info("server")["process_id"] == self.pid
        except (redis.ConnectionError, redis.AuthenticationError):
            return False

    def client(self) -> redis.Redis:
        """Make a client for looking behind the scenes."""
        return redis.Redis.from_url(self.url, socket_timeout=TIMEOUT)

    def flush(self) -> None:
        """Forget every key."""
        with closing(self.client()) as client:
            client.flushall()

    def configure(self, **settings: Any) -> None:
        """Change settings of the running server: ``configure(maxmemory=1)`` fills it up."""
        with closing(self.client()) as client:
            for name, value in settings.items():
                client.config_set(name.replace("_", "-"), value)

    def forbid(self, command: str) -> None:
        """Refuse a command to everybody from here on."""
        with closing(self.client()) as client:
            client.acl_setuser("default", enabled=True, commands=[f"-{command}"])

    def undo(self) -> None:
        """Run as at the beginning, whatever a test has changed."""
        self.restore()
        with closing(self.client()) as client:
            client.acl_setuser("default", enabled=True, categories=["+@all"])
        self.configure(maxmemory=0)
        self.flush()

    def dump(self) -> dict[bytes, bytes]:
        """Give all that it holds, by key, as it is kept."""
        with closing(self.client()) as client:
            held = {key: client.get(key) for key in client.scan_iter()}
        return {key: value for key, value in held.items() if isinstance(value, bytes)}

    def seconds_left(self) -> dict[bytes, int | None]:
        """Give, by key, the seconds until it is forgotten; None stands for never."""
        with closing(self.client()) as client:
            left = {key: int(client.ttl(key)) for key in client.scan_iter()}
        return {key: None if seconds < 0 else seconds for key, seconds in left.items()}
