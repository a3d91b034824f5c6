"""What is run on this package: `nox` for the usual checks, `nox --list` for all of them.

Environments are made of `requirements/dev.txt`, where every version has its hash, but for
`lowest`, which is made of `requirements/lowest.txt`, and `tools`, each of which has a file in
`requirements/tools`; `nox -s lock` writes all of them.
"""

import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from functools import cache
from itertools import chain
from pathlib import Path

import nox
from packaging.requirements import Requirement

nox.needs_version = ">=2025.10.14"
# uv alone resolves for every platform at once and to the lowest versions; `nox[uv]` brings it.
nox.options.default_venv_backend = "uv"
nox.options.error_on_external_run = True
nox.options.sessions = ["lint", "types", "tests"]

PACKAGE = "dtz-dastra-auth"
LOWEST_PYTHON = "3.11"
EXTRAS = ("--extra=httpx2", "--extra=testing")
LOCK, LOWEST = Path("requirements/dev.txt"), Path("requirements/lowest.txt")
# Each directory with tests of tools is an environment of its own: a path below the first of these.
TOOLS, TOOL_LOCKS = Path("tests/tools"), Path("requirements/tools")
ENVIRONMENTS = sorted({test.parent.relative_to(TOOLS).as_posix() for test in TOOLS.rglob("test_*")})
# Too large, or too slow, to be tried on every change.
HEAVY = {"data/airbyte", "data/airflow", "data/dlt", "data/kedro", "data/mlflow", "data/prefect"}
RESULTS = Path("docs/integrations/results")
PROJECT = nox.project.load_toml("pyproject.toml")["project"]
DECLARED = [*PROJECT["dependencies"], *chain(*PROJECT["optional-dependencies"].values())]
LOCKS = {
    LOCK: (*EXTRAS, "--group=dev", "--group=niquests", "--group=typeshed"),
    LOWEST: (
        *(*EXTRAS, "--group=test", "--resolution=lowest-direct"),
        # A version in the file would stay when its bound in pyproject.toml is lowered.
        *(f"--upgrade-package={Requirement(declared).name}" for declared in DECLARED),
    ),
}
# What the default session leaves out: it has to be done in a minute or two.
SLOW = ("niquests", "faults", "lifecycle", "security", "properties")
SLOW += ("fleet", "bench", "tools", "documentation", "sign_in")
QUICK = tuple(f"--ignore=tests/{slow}" for slow in SLOW)
SOAK = "tests/lifecycle/test_soak.py"
# Its tokens live for a second or two by the clock on the wall: nothing runs beside it.
REAL_TIME = "tests/oidc"
PROMISE = "tests/documentation/test_two_minutes.py"
# The programs that no package registry has, by what Debian calls them.
SERVERS = {"redis-server": "redis-server", "memcached": "memcached"}
BROWSER = {"chromium": "chromium"}
# The pages whose blocks are run; the site has them in these languages.
TEXTS = ("README.md", "README.fr.md", "CONTRIBUTING.md", "docs")
LANGUAGES = ("en", "fr")
SITE, CATALOGS = Path("docs/_build/html"), Path("docs/_build/gettext")
COG = ("-P", "-I", "docs", "-p", "import pages", *map(str, sorted(RESULTS.parent.glob("*.md"))))
# What may be imported where nothing but the wheel is installed, and what may not be there.
IMPORTS = """
import importlib.util, sys
import dtz_dastra_auth, dtz_dastra_auth.testing
assert sys.prefix in dtz_dastra_auth.__file__, dtz_dastra_auth.__file__
for name in dtz_dastra_auth.__all__:
    getattr(dtz_dastra_auth, name)
for extra in ("aiohttp", "httpx2"):
    assert importlib.util.find_spec(extra) is None, extra
print(len(dtz_dastra_auth.__all__), "public names")
"""


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests but for those of the sessions below; `-P 3.13` names another interpreter."""
    install(session, *EXTRAS, "--group=test")
    quick(session)


@nox.session
def security(session: nox.Session) -> None:
    """Run what shows that no credential leaks: the redirect matrix, properties, canaries."""
    install(session, *EXTRAS, "--group=test")
    pytest(session, "tests/security", "tests/properties")


@nox.session
def lifecycle(session: nox.Session) -> None:
    """Run the faults, the crowds and the short soak, with asyncio's debug mode and with gevent."""
    install(session, *EXTRAS, "--group=test")
    core = ("tests/conformance", "tests/faults", "tests/lifecycle")
    strict = {"PYTHONASYNCIODEBUG": "1", "PYTHONWARNINGS": "error"}
    pytest(session, *core, f"--ignore={SOAK}", env=strict)
    pytest(session, SOAK)
    gevent = ("python", "-m", "gevent.monkey", "--module", "pytest", "-p", "no_skips")
    session.run(*gevent, "tests/conformance", "-k", "requests.Session or requests.get")


@nox.session
def fleet(session: nox.Session) -> None:
    """Run the tests of processes that share a token, over real caches, and of the benches."""
    install_programs(session, SERVERS)
    install(session, *EXTRAS, "--group=fleet", "--group=peers")
    # What keeps all processors busy by itself runs alone.
    alone = ("tests/fleet/test_one_renewal.py", "tests/fleet/test_outages.py")
    others = [f"--ignore={path}" for path in alone]
    pytest(session, "tests/fleet", "tests/bench", *others)
    session.run("pytest", "-p", "no_skips", *alone, *session.posargs)


@nox.session
def sign_in(session: nox.Session) -> None:
    """Have persons sign in, to a real server and in a browser, and share what they then have."""
    install_programs(session, BROWSER | {"redis-server": "redis-server"})
    install(session, *EXTRAS, "--group=sign-in")
    # By the clock on the wall: nothing runs beside it.
    session.run("pytest", "-p", "no_skips", "tests/sign_in", *session.posargs)


@nox.session
def site(session: nox.Session) -> None:
    """Build the site in each language, into docs/_build/html."""
    install(session, *EXTRAS, "--group=docs")
    build_site(session)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site, run every block of its pages, and look at it in a browser."""
    install_programs(session, BROWSER)
    install(session, *EXTRAS, "--group=docs")
    build_site(session)
    # The blocks of a page build on each other.
    pytest(session, "--dist=loadfile", "tests/documentation", *TEXTS, f"--ignore={PROMISE}")
    # What is promised to take no longer than two minutes has the machine to itself.
    session.run("pytest", "-p", "no_skips", PROMISE)


@nox.session
def catalogs(session: nox.Session) -> None:
    """Bring the French catalogs up to date with the pages."""
    install(session, *EXTRAS, "--group=docs")
    session.run("sphinx-build", "-q", "-b", "gettext", "docs", str(CATALOGS))
    session.run("python", "docs/catalogs.py", str(CATALOGS))


@nox.session
def pictures(session: nox.Session) -> None:
    """Draw the pictures of the docs anew, in both themes and languages; takes a browser."""
    install_programs(session, BROWSER)
    install(session, "--group=docs", project=False)
    session.run("python", "docs/pictures/draw.py", *session.posargs)


@nox.session
def simulate(session: nox.Session) -> None:
    """Simulate fleets of 1,000 and 10,000 workers; write the table and the picture of the docs."""
    install(session, *EXTRAS, "--group=fleet")
    session.run("python", "bench/fleet.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure this package beside its peers; `-- --quick` only sees that all of it runs."""
    install(session, *EXTRAS, "--group=peers")
    session.run("python", "bench/compare.py", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Soak all clients for two minutes and print what was measured; `-- --seconds 20` is short."""
    install(session, *EXTRAS, "--group=test")
    session.run("python", "bench/soak.py", *session.posargs)


@nox.session
def start(session: nox.Session) -> None:
    """Measure what being installed costs other runs of HTTPie; `-- --pairs 20` is short."""
    install(session, *EXTRAS, "--group=test", package=False)
    beside = str(Path(session.create_tmp()).resolve() / "package")
    session.run("uv", "pip", "install", "--target", beside, "--no-deps", "--quiet", ".")
    session.run("python", "bench/httpie_start.py", beside, *session.posargs)


@nox.session
def niquests(session: nox.Session) -> None:
    """Run the tests for niquests, which replaces urllib3 and so needs its own environment."""
    install(session, *EXTRAS, "--group=niquests")
    pytest(session, "tests/niquests")


@nox.session
@nox.parametrize(
    "environment",
    [nox.param(e, id=e, tags=["heavy" if e in HEAVY else "light"]) for e in ENVIRONMENTS],
)
def tools(session: nox.Session, environment: str) -> None:
    """Run the tests of other people's tools; `-- --record` writes down how they fared.

    `nox -t light` is all but the large ones, `nox -s "tools(ai/mcp2)"` is one environment; what
    else stands behind `--` goes to pytest.
    """
    group, name = group_of(environment), environment.replace("/", "_")
    lock = TOOL_LOCKS / f"{name}.txt"
    what = ("--requirements=pyproject.toml", "--extra=testing", f"--group={group}")
    session.install(f"--constraints={lock}", *what, env=registry())
    install_package(session)
    record = f"--results={RESULTS / name}.json"
    arguments = [record if each == "--record" else each for each in session.posargs]
    here = ("-p", "no_skips", f"--confcutdir={TOOLS}", str(TOOLS / environment))
    session.run("pytest", *here, *arguments)
    check_tool_types(session, TOOLS / environment, Path(f"typing_tests/tools/{name}.py"))


@nox.session
def pages(session: nox.Session) -> None:
    """Write what the pages of the docs take from elsewhere: examples, and the table of tools."""
    install(session, "--group=lint", project=False)
    session.run("cog", "-r", *COG)


@nox.session(python=LOWEST_PYTHON)
def lowest(session: nox.Session) -> None:
    """Run the tests of `tests` with the lowest versions that pyproject.toml admits."""
    session.install("--require-hashes", f"--requirements={LOWEST}", env=registry())
    install_package(session)
    session.run("uv", "pip", "check")
    quick(session)


@nox.session
def lint(session: nox.Session) -> None:
    """Check formatting, lint, declared dependencies and lock files."""
    install(session, "--group=lint", project=False)
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("deptry", "src", silent=True)
    session.run("cog", "--check", "--check-fail-msg=nox -s pages writes it anew", *COG)
    check_locks(session)


@nox.session
@nox.parametrize("httpx2", [nox.param(True, id="httpx2"), nox.param(False, id="no-httpx2")])
def types(session: nox.Session, *, httpx2: bool) -> None:
    """Check types with mypy and pyright, with httpx2 installed and without."""
    # Without httpx2, the types of requests are typeshed's, as older releases of requests need.
    what = EXTRAS if httpx2 else ("--extra=testing", "--group=typeshed")
    install(session, *what, "--group=types", package=False)
    paths = ["src", "typing_tests/test_public_names.py", "typing_tests/test_signing_in.py"]
    if httpx2:
        paths = ["src", "tests", "typing_tests", "examples"]
    session.run("mypy", f"--cache-dir={session.create_tmp()}", *paths)
    # Its wrapper would tell, on each run, of versions newer than the locked one.
    session.run("pyright", *paths, env={"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"})


@nox.session
def wheel(session: nox.Session) -> None:
    """Build, check what is in the wheel, and use it where nothing else is installed."""
    directory = Path(session.create_tmp()).resolve()
    shutil.rmtree(directory / "dist", ignore_errors=True)
    build = ("uv", "build", "--build-constraints", str(LOCK), "--require-hashes")
    session.run(*build, "--out-dir", str(directory / "dist"), env=registry())
    built = [str(path) for path in (directory / "dist").iterdir() if path.suffix in {".gz", ".whl"}]
    (file,) = (path for path in built if path.endswith(".whl"))
    check_wheel(session, file)
    install(session, package=False)
    session.install("--no-deps", file)
    elsewhere = directory / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    user_code = Path("typing_tests/test_public_names.py").resolve()
    with session.chdir(elsewhere):
        session.run("python", "-c", IMPORTS)
    install(session, "--group=package", "--group=types", project=False)
    session.run("twine", "check", "--strict", *built)
    with session.chdir(elsewhere):
        session.run("mypy", "--strict", f"--cache-dir={directory / 'types'}", str(user_code))


@nox.session
def tour(session: nox.Session) -> None:
    """Run every method in every client; `-- --live` and `-- --json` are passed on."""
    install(session, *EXTRAS, "--group=trio")
    session.run("python", "examples/tour.py", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Write the lock files; `-- --upgrade` takes the newest versions."""
    for path, options in LOCKS.items():
        compile_lock(session, path, "--generate-hashes", *options, *session.posargs)
    for environment in ENVIRONMENTS:
        # Without hashes, which would be 50,000 lines, and run where there are no secrets.
        path = TOOL_LOCKS / f"{environment.replace('/', '_')}.txt"
        group = f"--group={group_of(environment)}"
        compile_lock(session, path, "--extra=testing", group, *session.posargs)


def install(session: nox.Session, *what: str, project: bool = True, package: bool = True) -> None:
    """Install locked versions: of the project's dependencies, extras and groups, and itself."""
    if project:
        what = ("--requirements=pyproject.toml", *what)
    session.install("--require-hashes", f"--constraints={LOCK}", *what, env=registry())
    if project and package:
        install_package(session)


def install_package(session: nox.Session) -> None:
    """Install the package as its users get it, as a wheel."""
    # uv would take a wheel that it built earlier, unless told to forget it.
    fresh = ("--no-deps", f"--reinstall-package={PACKAGE}", f"--build-constraints={LOCK}")
    session.install(*fresh, ".", env=registry())


def install_programs(session: nox.Session, programs: dict[str, str]) -> None:
    """Install the programs that are missing, where the machine is Debian's and this is root."""
    missing = [package for package, program in programs.items() if not shutil.which(program)]
    if missing:
        # Debian starts what it installs, unless this file says no.
        policy = Path("/usr/sbin/policy-rc.d")
        is_ours = not policy.exists()
        if is_ours:
            policy.write_text("#!/bin/sh\nexit 101\n")
            policy.chmod(0o755)
        try:
            session.run("apt-get", "update", "-qq", external=True, silent=True)
            options = ("-qq", "-y", "--no-install-recommends")
            session.run("apt-get", "install", *options, *missing, external=True, silent=True)
        finally:
            if is_ours:
                policy.unlink()


def build_site(session: nox.Session) -> None:
    """Build the site; whatever Sphinx warns of is an error."""
    shutil.rmtree(SITE, ignore_errors=True)
    for language in LANGUAGES:
        options = ("-q", "-n", "-W", "--keep-going", "-b", "html", "-D", f"language={language}")
        doctrees = f"-d{SITE.parent / 'doctrees' / language}"
        session.run("sphinx-build", *options, doctrees, "docs", str(SITE / language))
    shutil.copy("docs/_root/index.html", SITE)


def quick(session: nox.Session) -> None:
    """Run the tests that the default session is for; those of `-- ...` alone, if there are any."""
    pytest(session, *QUICK, f"--ignore={REAL_TIME}")
    if not session.posargs:
        session.run("pytest", "-p", "no_skips", REAL_TIME)


def pytest(session: nox.Session, *arguments: str, env: dict[str, str] | None = None) -> None:
    """Run tests; a skip is a failure, since it proves nothing."""
    # More processes gain little: a test's clients and servers have threads of their own.
    parallel = ("--numprocesses=auto", "--maxprocesses=4", "--dist=worksteal")
    session.run("pytest", "-p", "no_skips", *parallel, *arguments, *session.posargs, env=env)


def compile_lock(session: nox.Session, path: Path, *options: str) -> None:
    """Resolve for every platform; what is in the file already stays, where it still fits."""
    session.run(
        *("uv", "pip", "compile", "pyproject.toml", "--universal"),
        *("--no-annotate", "--custom-compile-command=nox -s lock", "--quiet"),
        *options,
        f"--output-file={path}",
        env=registry(),
        external=True,
    )


def check_locks(session: nox.Session) -> None:
    """Fail if a lock file does not fit pyproject.toml or names a host."""
    for path, options in LOCKS.items():
        draft = Path(session.create_tmp()) / path.name
        shutil.copy(path, draft)
        compile_lock(session, draft, "--generate-hashes", *options)
        if pins(draft) != pins(path):
            session.error(f"{path} does not fit pyproject.toml; nox -s lock writes it anew")
        if "://" in path.read_text():
            session.error(f"{path} names a host, which others need not reach")


def group_of(environment: str) -> str:
    """Name the dependency group of an environment for tools."""
    return f"tools-{environment.replace('/', '-').replace('_', '-')}"


def check_tool_types(session: nox.Session, directory: Path, typing_test: Path) -> None:
    """Check how the tools are used, and what their types take, where they are installed."""
    # What is imported from elsewhere is checked where it belongs.
    mypy = ("mypy", f"--cache-dir={session.create_tmp()}", "--follow-imports=silent")
    # Tools without types give their users no others: what is made of their classes has none.
    lenient = ("--ignore-missing-imports", "--allow-subclassing-any", "--allow-untyped-decorators")
    # File by file: both checkers leave out what their configuration excludes.
    examples = [str(path) for path in sorted(directory.glob("*.py"))]
    strict = [str(typing_test)] if typing_test.exists() else []
    session.run(*mypy, *lenient, *examples)
    if strict:
        session.run(*mypy, *strict)
    session.run("pyright", *examples, *strict, env={"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"})


def pins(path: Path) -> list[str]:
    """Return what is locked without the hashes: a release can get more files later."""
    return [line for line in path.read_text().splitlines() if "==" in line]


def check_wheel(session: nox.Session, path: str) -> None:
    """Fail unless the wheel has all of src, and nothing else but its own metadata."""
    names = {name for name in zipfile.ZipFile(path).namelist() if ".dist-info/" not in name}
    sources = (file for file in Path("src").rglob("*") if file.is_file())
    expected = {f.relative_to("src").as_posix() for f in sources if "__pycache__" not in f.parts}
    if names != expected:
        session.error(f"not both in the wheel and in src: {sorted(names ^ expected)}")


@cache
def registry() -> dict[str, str]:
    """Tell uv, which does not read pip's configuration, of the mirror that pip is set to."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    configured = dict(shlex.split(line)[0].split("=", 1) for line in done.stdout.splitlines())
    names = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}
    return {
        variable: configured[key]
        for option, variable in names.items()
        for key in (f"global.{option}", f"install.{option}", f":env:.{option}")
        if key in configured and variable not in os.environ
    }
