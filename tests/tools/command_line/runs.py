"""HTTPie in a process of its own, as somebody at a terminal runs it."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dtz_dastra_auth.testing import StandIns

DASTRA_URL = "https://api.dastra.eu/v1/workspaces"
DTZ_URL = "https://api.dtz.rocks/v1/me"
PROGRAMS = Path(sys.executable).parent

# What each type is tried on, and what its ``-a`` is.
TYPES: dict[str, tuple[str, Callable[[StandIns], str]]] = {
    "dastra": (DASTRA_URL, lambda s: f"{s.dastra.public_key}:{s.dastra.private_key}"),
    "dastra-key": (DASTRA_URL, lambda s: s.dastra.private_key),
    "dtz-key": (DTZ_URL, lambda s: s.dtz.api_key),
    "dtz-query": (DTZ_URL, lambda s: s.dtz.api_key),
    "dtz-bearer": (DTZ_URL, lambda s: s.dtz.make_token()),
    "dtz-cookie": (DTZ_URL, lambda s: s.dtz.make_token()),
    "dtz-basic": (DTZ_URL, lambda s: f"apikey:{s.dtz.api_key}"),
    "dtz-login": (DTZ_URL, lambda s: f"{s.dtz.username}:{s.dtz.password}"),
}


@dataclass
class Httpie:
    """HTTPie with a configuration of its own.

    Attributes:
        environment: Its variables, without any credentials.
        directory: Where it runs.
    """

    environment: dict[str, str]
    directory: Path

    def run(
        self, *arguments: str, program: str = "http", **variables: str
    ) -> "subprocess.CompletedProcess[str]":
        return self._run([str(PROGRAMS / program), *arguments], variables)

    def shell(self, script: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
        return self._run(
            ["sh", "-e", str(script)],
            {"PATH": f"{PROGRAMS}:{self.environment['PATH']}", **variables},
        )

    def python(self, script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self._run([sys.executable, "-c", script, *arguments], {})

    def _run(
        self, command: list[str], variables: dict[str, str]
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=self.directory,
            env={**self.environment, **variables},
        )


def httpie(stand_ins: StandIns, directory: Path) -> Httpie:
    """Make one that looks for no newer version of itself, which it would do over the network."""
    options = ["--check-status", "--ignore-stdin"]
    configuration = {"disable_update_warnings": True, "default_options": options}
    (directory / "config.json").write_text(json.dumps(configuration), encoding="utf-8")
    unwanted = ("DASTRA_", "DTZ_")
    kept = {k: v for k, v in stand_ins.environment.items() if not k.startswith(unwanted)}
    return Httpie({**kept, "HTTPIE_CONFIG_DIR": str(directory)}, directory)
