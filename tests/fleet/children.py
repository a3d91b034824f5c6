"""Programs in processes of their own, with which a test speaks in lines of JSON."""

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from dtz_dastra_auth.testing import StandIns

PROGRAMS = Path(__file__).with_name("programs")
TESTS = Path(__file__).parents[1]
# Seconds. A program that is told to end, or has nothing left to do, ends sooner.
END_TIMEOUT = 30.0


def environment(services: StandIns | None = None) -> dict[str, str]:
    """Give the environment of a program, whose clients meet the stand-ins if there are any."""
    chosen = dict(os.environ) if services is None else services.environment
    if services is not None:
        chosen["DASTRA_PUBLIC_KEY"] = services.dastra.public_key
        chosen["DASTRA_PRIVATE_KEY"] = services.dastra.private_key
    chosen["PYTHONPATH"] = os.pathsep.join([str(TESTS), *sys.path])
    return chosen


class Child:
    """A running program; it ends when its input does.

    Attributes:
        pid: The number of its process.
        killed: Whether a test has ended it.
    """

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        self.killed = False
        self._said: queue.Queue[str] = queue.Queue()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed in `end`
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAMS / f"{name}.py")],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self.pid = self._process.pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def send(self, message: Mapping[str, Any]) -> None:
        """Give it a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def receive(self, timeout: float) -> dict[str, Any]:
        """Give its next line.

        Raises:
            TimeoutError: It said nothing for so many seconds.
            RuntimeError: It has ended; the message is what it wrote as its errors.
        """
        try:
            line = self._said.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError(f"process {self.pid} says nothing for {timeout:.0f} s") from None
        if not line:
            # For whoever asks next.
            self._said.put("")
            raise RuntimeError(f"process {self.pid} has ended: {self._complaints()}")
        message: dict[str, Any] = json.loads(line)
        return message

    def kill(self) -> None:
        """End it on the spot, as ``kill -9`` does."""
        self.killed = True
        self._process.kill()
        self._process.wait(END_TIMEOUT)

    def end(self) -> None:
        """Let it end, by force if need be."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(END_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.kill()
        self._reader.join(END_TIMEOUT)
        self._process.stdout.close()
        self._errors.close()

    def __enter__(self) -> Self:
        """Give the program, which runs already."""
        return self

    def __exit__(self, error: object, *exc_info: object) -> None:
        """Let it end; after an error on the spot."""
        if error is not None:
            self.kill()
        self.end()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._said.put(line)
        self._said.put("")

    def _complaints(self) -> str:
        self._process.wait(END_TIMEOUT)
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")[-4000:] or "without a word"


def at_once(children: list[Child], within: float, **message: Any) -> None:
    """Tell all of them the moment at which they begin: ``at``, on the clock that they share."""
    moment = time.time() + within
    for child in children:
        child.send({**message, "at": moment})
