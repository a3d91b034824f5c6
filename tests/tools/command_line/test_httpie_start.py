"""What being installed costs the runs of HTTPie that are not about this package."""

import pytest

from tools.command_line.runs import Httpie

pytestmark = pytest.mark.tool("HTTPie", package="httpie")

# HTTPie ends in the same process, so that what it has imported can be counted.
SCRIPT = """
import sys
from httpie.core import main
main(["http", "--offline", *sys.argv[1:], "https://example.org"])
print(*sorted(sys.modules), sep="\\n")
"""


def test_runs_of_other_kinds_import_the_plug_in_and_nothing_else(httpie: Httpie) -> None:
    modules = httpie.python(SCRIPT).stdout.splitlines()
    ours = [name for name in modules if name.startswith("dtz_dastra_auth")]
    assert ours == ["dtz_dastra_auth", "dtz_dastra_auth.httpie"]
    heavy = {"anyio", "authlib", "cryptography", "httpx", "httpx2", "joserfc"}
    assert heavy.isdisjoint(modules)


def test_a_run_of_ours_imports_what_it_needs(httpie: Httpie) -> None:
    modules = httpie.python(SCRIPT, "--auth-type=dtz-key", "-a", "apikey-1").stdout.splitlines()
    assert "dtz_dastra_auth.dtz" in modules
    # The OAuth 2 parts wait for the first token request.
    assert "authlib" not in modules
