"""A server in a process of its own, that a test can stop, freeze and kill."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from random import SystemRandom
from typing import IO, Self

# Seconds; generous, since they only bound what would otherwise hang.
START_TIMEOUT, STOP_TIMEOUT = 30.0, 10.0
# Seconds between two looks at a server that is starting.
LOOK = 0.02
# Below what the kernel gives to clients and to servers that leave the choice to it: a port is
# still free when a server that was stopped is started again.
PORTS = range(12_000, 32_000)
MOST_TRIES = 20


class OwnProcess(ABC):
    """A server on a port of loopback, which stays the same however often it is started.

    Attributes:
        port: The port.
        directory: Where its files are; gone at the end.
    """

    def __init__(self) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="fleet-")
        self.directory = self._temporary.name
        self._process: subprocess.Popen[bytes] | None = None
        self._frozen = False
        self.port = 0

    @abstractmethod
    def command(self) -> list[str]:
        """Give the command line, for `port`."""

    def configuration(self) -> bytes:
        """Give what the server reads from its standard input."""
        return b""

    @abstractmethod
    def answers(self) -> bool:
        """Say whether it is this very process that answers on the port."""

    @property
    def pid(self) -> int:
        """Give the number of the running process."""
        assert self._process is not None, "it is not running"
        return self._process.pid

    def start(self) -> None:
        """Start it, and return when it answers."""
        assert self._process is None, "it is running already"
        if self.port:
            self._launch()
            return
        for _ in range(MOST_TRIES):
            self.port = _free_port()
            try:
                self._launch()
            except PortTakenError:
                continue
            return
        raise RuntimeError("there is no free port")

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it on the spot."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Let it stand still: connections are still taken by the kernel, and nothing answers."""
        assert self._process is not None, "it is not running"
        self._process.send_signal(signal.SIGSTOP)
        self._frozen = True
        # A signal takes a moment to arrive.
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def thaw(self) -> None:
        """Let it go on, if it stands still."""
        if self._process is not None and self._frozen:
            self._process.send_signal(signal.SIGCONT)
        self._frozen = False

    def restore(self) -> None:
        """Have it run, whatever a test has done to it."""
        self.thaw()
        if self._process is None:
            self.start()

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Stop it, and remove its files."""
        self.stop()
        self._temporary.cleanup()

    def _launch(self) -> None:
        with tempfile.TemporaryFile(dir=self.directory) as log:
            self._process = subprocess.Popen(
                self.command(), stdin=subprocess.PIPE, stdout=log, stderr=log
            )
            try:
                assert self._process.stdin is not None
                with self._process.stdin as stdin:
                    stdin.write(self.configuration())
                self._wait(self._process, log)
            except BaseException:
                self.kill()
                raise

    def _wait(self, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
        end = time.monotonic() + START_TIMEOUT
        while time.monotonic() < end:
            try:
                process.wait(LOOK)
            except subprocess.TimeoutExpired:
                if self.answers():
                    return
            else:
                log.seek(0)
                raise PortTakenError(f"it ended at once:\n{log.read().decode()}")
        raise TimeoutError(f"{self.command()[0]} does not answer")

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        # One that stands still gets no signal but SIGKILL.
        process.send_signal(signal.SIGCONT)
        self._frozen = False
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_TIMEOUT)


class PortTakenError(RuntimeError):
    """A server that ended as soon as it was started, most likely because of its port."""


def _free_port() -> int:
    chance = SystemRandom()
    for _ in range(MOST_TRIES):
        port = chance.choice(PORTS)
        with socket.socket() as probe:
            # A port whose last connections are not yet forgotten is free for a server.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("there is no free port")
