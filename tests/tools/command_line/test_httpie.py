"""The plug-in in HTTPie itself."""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from dtz_dastra_auth.testing import StandIns

DASTRA_URL = "https://api.dastra.eu/v1/workspaces"
DTZ_URL = "https://api.dtz.rocks/v1/me"

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


def http(services: StandIns, *arguments: str, **variables: str) -> str:
    """Run HTTPie and give what it prints of the answer."""
    done = subprocess.run(
        [sys.executable, "-m", "httpie", "--ignore-stdin", "--check-status", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**services.environment, **variables},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("auth_type", TYPES)
def test_each_type_takes_its_credential_from_the_command_line(
    auth_type: str, stand_ins: StandIns
) -> None:
    url, secret = TYPES[auth_type]
    printed = http(stand_ins, f"--auth-type={auth_type}", "-a", secret(stand_ins), url)
    assert json.loads(printed)


@pytest.mark.parametrize("auth_type", TYPES)
def test_each_type_takes_its_credential_from_the_environment(
    auth_type: str, stand_ins: StandIns
) -> None:
    url, _ = TYPES[auth_type]
    printed = http(
        stand_ins,
        f"--auth-type={auth_type}",
        url,
        DASTRA_PUBLIC_KEY=stand_ins.dastra.public_key,
        DASTRA_PRIVATE_KEY=stand_ins.dastra.private_key,
        DTZ_API_KEY=stand_ins.dtz.api_key,
        DTZ_ACCESS_TOKEN=stand_ins.dtz.make_token(),
        DTZ_USERNAME=stand_ins.dtz.username,
        DTZ_PASSWORD=stand_ins.dtz.password,
    )
    assert json.loads(printed)
