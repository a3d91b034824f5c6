"""The page for operators: its recipes run as they stand, and what it tells is so."""

import base64
import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

import dtz_dastra_auth
from dtz_dastra_auth._seal import Seal
from dtz_dastra_auth._stores import Identity
from dtz_dastra_auth.testing import StandIns
from fleet.caches import CACHES, Cache, CacheKind
from fleet.children import environment
from fleet.memcached_server import MemcachedServer
from fleet.redis_server import RedisServer

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "shared-tokens.md"
TEXT = PAGE.read_text(encoding="utf-8")

_PARTS = re.compile(r"(?ms)^#+ (?P<heading>[^\n]+)$|^```(?P<language>\w+)\n(?P<block>.*?)^```$")
_KEY = re.compile(rb"(:1:|flask_cache_)?dtz-dastra-auth:[0-9a-f]{64}")
PYTHON = (sys.executable, "-W", "error")
# As Django runs a project's code; prints, if asked, seconds to connect and to answer, and attempts.
RUN = """
import django, json, os, runpy, sys
if os.path.exists("settings.py"):
    django.setup()
found = runpy.run_path("recipe.py")
for what in sys.argv[1:]:
    print(json.dumps(eval(what, found)))
"""
OF_REDIS = (
    "(lambda connection: [connection.socket_connect_timeout, connection.socket_timeout,"
    " 1 + connection.retry.get_retries()])({}.connection_pool.make_connection())"
)
OF_MEMCACHE = "[[c.connect_timeout, c.timeout, 1] for c in store._cache._cache.clients.values()][0]"
OF_DATABASE = (
    "[1, __import__('django.db').db.connections['caches'].settings_dict['OPTIONS']['timeout'], 1]"
)


class Recipe(NamedTuple):
    """Blocks of the page that make a program; `set` gives its timeouts and attempts, in Python."""

    program: str
    set: str
    settings: str | None = None


_OWN = "Django, in a cache of its own"
_DJANGO_REDIS = OF_REDIS.format("store._cache._cache.get_client()")
ON_REDIS = {
    "plain Redis": Recipe("Redis alone 1", OF_REDIS.format("store._cache._redis")),
    "Django": Recipe("Django 2", _DJANGO_REDIS, "Django 1"),
    "Django, of its own": Recipe(f"{_OWN} 2", _DJANGO_REDIS, f"{_OWN} 1"),
    "Flask-Caching": Recipe("Flask-Caching 1", OF_REDIS.format("store._cache.cache._write_client")),
    "cachelib": Recipe("cachelib 1", OF_REDIS.format("store._cache._write_client")),
}
MEMCACHED = Recipe("Django 2", OF_MEMCACHE, "Django 3")
DATABASE = Recipe("Django 2", OF_DATABASE, "Django, in a database 1")
LOGGED = [
    ("Django", "settings.py", ("Django 1", "Check that it works 1")),
    ("plain Redis", "recipe.py", ("Check that it works 2", "Redis alone 1")),
]
RECIPES = {**ON_REDIS, "Memcached": MEMCACHED, "database": DATABASE}
ROWS = {
    "plain Redis, as below": ["plain-redis"],
    "Django: Redis": ["django-redis"],
    "Django: Memcached": ["django-memcached", "django-memcached-quiet"],
    "Django: database": ["django-database"],
    "Django: files": ["django-files"],
    "Flask-Caching: Redis": ["flask-redis"],
    "cachelib: Redis": ["cachelib-redis"],
    "cachelib: files": ["cachelib-files"],
}

each_recipe = pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
each_on_redis = pytest.mark.parametrize("recipe", ON_REDIS.values(), ids=ON_REDIS)


def parts(language: str) -> dict[str, str]:
    """Give every block of a language, under the name of its section and its number in it."""
    found: dict[str, str] = {}
    section, number = "", 0
    for match in _PARTS.finditer(TEXT):
        if match["heading"]:
            section, number = match["heading"], 0
        elif match["language"] == language:
            number += 1
            found[f"{section} {number}"] = match["block"]
    return found


def promises() -> dict[str, list[str]]:
    """Give the rows of the table of caches, by their first cell."""
    rows = [line.strip("| ").split(" | ") for line in TEXT.splitlines() if line.startswith("| ")]
    return {row[0]: row[1:] for row in rows if row[0] in ROWS}


class Operator:
    """Runs recipes as the programs that they are."""

    def __init__(self, services: StandIns, directory: Path, **addresses: str) -> None:
        self.services = services
        self.database = directory / "caches.sqlite3"
        self._directory = directory
        self._variables = {"CACHE_DATABASE": str(self.database), **addresses}
        self._variables["DJANGO_SETTINGS_MODULE"] = "settings"

    def install(self, recipe: Recipe) -> None:
        """Put a recipe where its program is run."""
        self.write("recipe.py", recipe.program)
        if recipe.settings is not None:
            self.write("settings.py", recipe.settings)
        if recipe is DATABASE:
            [command] = [each for each in parts("sh").values() if "createcachetable" in each]
            self._run(*PYTHON, "-m", "django", *command.split()[2:])

    def run(self, *what: str) -> subprocess.CompletedProcess[str]:
        """Run the program in a process of its own; what fails, fails the test."""
        return self._run(*PYTHON, "-c", RUN, *what)

    def shell(self, line: str) -> str:
        """Give what a line of the page prints."""
        return self._run("/bin/sh", "-c", line).stdout

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command,
            env={**environment(self.services), **self._variables},
            cwd=self._directory,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    @property
    def token_requests(self) -> int:
        return len(self.services.dastra.token_requests)

    def write(self, name: str, *blocks: str) -> None:
        """Write blocks of the page into one file."""
        text = "\n".join(parts("python")[block] for block in blocks)
        (self._directory / name).write_text(text, encoding="utf-8")


@pytest.fixture
def operator(
    stand_ins: StandIns, redis: RedisServer, memcached: MemcachedServer, tmp_path: Path
) -> Operator:
    url = redis.url.replace("//:", "//default:")
    return Operator(stand_ins, tmp_path, REDIS_URL=url, MEMCACHED=memcached.address)


def test_every_block_belongs_to_a_recipe() -> None:
    blocks = [[each.program, each.settings] for each in RECIPES.values()]
    blocks += [[*each] for _, _, each in LOGGED]
    assert set(parts("python")) == {block for each in blocks for block in each} - {None}


@each_recipe
def test_the_second_process_makes_no_token_request_of_its_own(
    recipe: Recipe, operator: Operator
) -> None:
    operator.install(recipe)
    for _ in range(2):
        assert operator.run().stderr == ""
    assert [call.status for call in operator.services.dastra.calls] == [200, 200]
    assert operator.token_requests == 1


@each_recipe
def test_a_question_is_asked_once_and_given_a_second(recipe: Recipe, operator: Operator) -> None:
    operator.install(recipe)
    assert json.loads(operator.run(recipe.set).stdout) == [1, 1, 1]


@each_recipe
def test_while_the_cache_stands_still_a_process_warns_once_and_goes_on_alone(
    recipe: Recipe, operator: Operator, redis: RedisServer, memcached: MemcachedServer
) -> None:
    operator.install(recipe)
    redis.freeze()
    memcached.freeze()
    with closing(sqlite3.connect(operator.database, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        [warning] = operator.run().stderr.splitlines()
    assert re.fullmatch(r"the shared token store failed with \w+; it is left .* 30 s", warning)
    assert operator.token_requests == 1


@each_on_redis
def test_all_that_the_page_finds_can_be_deleted_at_the_price_of_a_token_request(
    recipe: Recipe, operator: Operator, redis: RedisServer
) -> None:
    operator.install(recipe)
    operator.run()
    assert [key for key in redis.dump() if not _KEY.fullmatch(key)] == []
    [find, delete] = [each.strip() for each in parts("sh").values() if "redis-cli" in each]
    assert delete.startswith(f"{find} | ")
    assert operator.shell(delete) == "1\n"
    operator.run()
    assert operator.token_requests == 2


@pytest.mark.parametrize(("name", "file", "blocks"), LOGGED)
def test_its_logging_shows_who_took_the_token_and_who_found_it(
    name: str, file: str, blocks: tuple[str, str], operator: Operator
) -> None:
    operator.install(ON_REDIS[name])
    operator.write(file, *blocks)
    for what in ("took", "came from"):
        [line] = operator.run().stderr.splitlines()
        assert re.fullmatch(rf"\S+ \S+ \d+ INFO dtz_dastra_auth token .* {what} .*", line)


def test_what_unpickles_nothing_shares_its_values(operator: Operator, redis: RedisServer) -> None:
    for name in ("plain Redis", "Django, of its own"):
        operator.install(ON_REDIS[name])
        operator.run()
    assert operator.token_requests == 1
    [value] = redis.dump().values()
    assert base64.b64encode(base64.b64decode(value, validate=True)) == value


def test_the_class_for_redis_alone_is_the_one_that_is_tested() -> None:
    source = Path(__file__).with_name("plain_redis.py").read_text(encoding="utf-8")
    tested = re.sub(r' *""".*"""\n+', "", source)
    assert tested[tested.index("class ") :] in parts("python")["Redis alone 1"]


def test_the_page_promises_of_each_cache_what_it_was_tried_for() -> None:
    assert sorted(name for names in ROWS.values() for name in names) == sorted(CACHES)
    for row, names in ROWS.items():
        promised = [cell == "yes" for cell in promises()[row][:2]]
        for kind in map(CACHES.__getitem__, names):
            assert promised == [kind.add_is_atomic, kind.add_is_one_step], row


def test_the_page_says_which_caches_unpickle(cache_kind: CacheKind, cache: Cache) -> None:
    [row] = [row for row, names in ROWS.items() if cache_kind.name in names]
    unpickles = promises()[row][2].startswith("yes")
    try:
        # Text and JSON know no sets.
        cache.set("set", {1, 2}, timeout=60)  # type: ignore[arg-type]  # no str, which is the point
    except Exception:
        assert not unpickles
    else:
        assert (cache.get("set") == {1, 2}) is unpickles


def logged() -> dict[str, str]:
    """Give a pattern for every line that tells of tokens, with its level."""
    found: dict[str, str] = {}
    files = Path(dtz_dastra_auth.__file__).parent.glob("_*.py")
    code = "".join(file.read_text(encoding="utf-8") for file in files)
    reasons = re.findall(r'\.(?:trouble|rest)\(f?"([^"]+)"', code)
    ours = r'logger\.(info|warning)\(\s*"((?:the shared )?token [^"]+)"'
    for level, text in re.findall(ours, code):
        # The one that gives a reason is as many lines as there are reasons.
        for reason in reasons if "store %s;" in text else ["%s"]:
            pattern = re.escape(text.replace("%s;", f"{reason};"))
            found[re.sub(r"%s|%\\\.\df|\\\{.+?\\\}", ".+", pattern)] = level.upper()
    return found


def test_every_log_line_that_is_quoted_is_one_and_none_is_missing() -> None:
    quoted = [line.split(maxsplit=1) for line in parts("text")["What it logs 1"].splitlines()]
    patterns = logged()
    fitting = [[each for each in patterns if re.fullmatch(each, text)] for _, text in quoted]
    assert [len(each) for each in fitting] == [1] * len(quoted)
    assert {each[0]: level for each, (level, _) in zip(fitting, quoted, strict=True)} == patterns


def test_the_sizes_that_it_tells_are_those_of_what_is_stored() -> None:
    seal = Seal(Identity(("client_credentials", "url", "public-key", "api1"), "x"), encrypt=True)
    token = seal.close("token", ["T" * 1000, 3600.0, 1760000000.123456])
    lease = seal.close("lease", ["asking", "0" * 16])
    assert (
        f"A token of 1,000 characters takes {len(token):,} bytes, a lease {len(lease)}"
        in " ".join(TEXT.split())
    )


@pytest.mark.parametrize("document", ["README.md", "SECURITY.md", "docs/threat-model.md"])
def test_whoever_reads_of_the_shared_store_is_led_to_the_page(document: str) -> None:
    targets = re.findall(r"\]\(([^)\s#]+)", (ROOT / document).read_text(encoding="utf-8"))
    assert PAGE in [(ROOT / document).parent.joinpath(target).resolve() for target in targets]
