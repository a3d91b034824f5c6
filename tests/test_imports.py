"""What importing the package does, and above all does not do; each in a process of its own."""

import subprocess
import sys

import pytest

CLIENTS = ("requests", "httpx", "httpx2", "urllib3", "httpcore", "httpcore2", "niquests", "aiohttp")


def run(code: str) -> str:
    """Run code in a new interpreter, and give what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def modules_after(code: str) -> set[str]:
    """Give the modules that are loaded after some code has run."""
    return set(run(f"{code}\nimport sys; print(*sys.modules)").split())


def under(modules: set[str], *packages: str) -> set[str]:
    """Pick the modules that belong to some packages."""
    return {name for name in modules if name.partition(".")[0] in packages}


def test_importing_the_package_imports_nothing_heavy() -> None:
    loaded = modules_after("import dtz_dastra_auth")
    assert under(loaded, *CLIENTS, "authlib", "cryptography", "anyio", "trio") == set()


def test_using_every_name_imports_no_part_of_authlib_or_cryptography() -> None:
    loaded = modules_after(
        "import dtz_dastra_auth as d\nfor name in d.__all__: getattr(d, name)\n"
        "d.DastraClientCredentials('public', 'private')"
    )
    assert under(loaded, "authlib", "cryptography", "joserfc") == set()


@pytest.mark.parametrize(
    "module",
    [
        "dtz_dastra_auth.httpie",
        "dtz_dastra_auth.mlflow",
        "dtz_dastra_auth.testing",
        "dtz_dastra_auth.testing.plugin",
    ],
)
def test_a_plug_in_module_imports_no_http_client(module: str) -> None:
    assert under(modules_after(f"import {module}"), *CLIENTS, "authlib", "trustme", "h11") == set()


def test_the_pytest_plug_in_imports_pytest_alone() -> None:
    before = modules_after("import pytest")
    added = modules_after("import pytest, dtz_dastra_auth.testing.plugin") - before
    assert {name.partition(".")[0] for name in added} == {"dtz_dastra_auth"}


def test_a_first_call_imports_authlib_and_none_of_its_integrations() -> None:
    code = """
import httpx
from dtz_dastra_auth import DastraClientCredentials
def answer(request):
    return httpx.Response(200, json={"access_token": "t"})
auth = DastraClientCredentials("public", "private")
assert httpx.Client(transport=httpx.MockTransport(answer), auth=auth).get(
    "https://api.dastra.eu/").status_code == 200
"""
    loaded = modules_after(code)
    assert "authlib.oauth2.auth" in loaded
    assert {name for name in loaded if name.startswith("authlib.integrations")} == set()


def test_importing_opens_no_socket_and_reads_no_environment_variable() -> None:
    code = """
import sys
import requests, httpx, httpx2, anyio, cryptography  # what they do is theirs
events = []
sys.addaudithook(lambda event, args: events.append(event))
import os
class Watched(dict):
    def __getitem__(self, key):
        events.append("environ"); return super().__getitem__(key)
os.environ._data = Watched(os.environ._data)
import dtz_dastra_auth as d
for name in d.__all__: getattr(d, name)
d.DastraClientCredentials("public", "private")
d.DtzBearer(d.DtzLogin("user", "password"))
print([event for event in events if event.startswith(("socket", "environ", "subprocess"))])
"""
    assert run(code) == "[]"


def test_names_that_are_not_there_are_an_attribute_error() -> None:
    import dtz_dastra_auth

    with pytest.raises(AttributeError, match="DtzApiKye"):
        dtz_dastra_auth.DtzApiKye  # type: ignore[attr-defined]  # noqa: B018
    assert set(dtz_dastra_auth.__all__) <= set(dir(dtz_dastra_auth))
