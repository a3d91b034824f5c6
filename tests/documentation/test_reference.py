"""The reference tells of every public name, record, variable and message, and of what each takes.

What is looked at is the site as `nox -s docs` has built it before; what it is compared with is the
package as it is imported, and its source.
"""

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag

import dtz_dastra_auth
import dtz_dastra_auth.testing
from dtz_dastra_auth import ConfigurationError, MemoryTokenStore

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs/_build/html/en/reference"
SOURCE = ROOT / "src/dtz_dastra_auth"

EXPORTED = [
    *(f"dtz_dastra_auth.{name}" for name in dtz_dastra_auth.__all__),
    *(f"dtz_dastra_auth.testing.{name}" for name in dtz_dastra_auth.testing.__all__),
]
FROM_ENV = [
    f"dtz_dastra_auth.{name}.from_env"
    for name in dtz_dastra_auth.__all__
    if hasattr(getattr(dtz_dastra_auth, name), "from_env")
]
CONSTANTS = [
    *("dtz_dastra_auth.dastra.ORIGINS", "dtz_dastra_auth.dastra.TOKEN_URL"),
    *("dtz_dastra_auth.dtz.ORIGINS", "dtz_dastra_auth.dtz.IDENTITY_URL"),
]
FIXTURES = [f"dtz_dastra_auth.testing.plugin.{name}" for name in ("dastra", "dtz", "stand_ins")]
PLUGINS = [
    *(f"dtz_dastra_auth.mlflow.{name}" for name in ("DastraProvider", "DastraKeyProvider")),
    *(f"dtz_dastra_auth.mlflow.{name}" for name in ("DtzKeyProvider", "DtzBearerProvider")),
    *(f"dtz_dastra_auth.opentelemetry.{name}" for name in ("dastra", "dastra_key")),
    *(f"dtz_dastra_auth.opentelemetry.{name}" for name in ("dtz_key", "dtz_bearer")),
]
# What can be called with arguments, or without any; protocols and what only has attributes cannot.
CALLED = [name for name in EXPORTED if name.rpartition(".")[2] not in {"TokenSource", "TokenStore"}]

# Arguments that are right, for finding out which can be wrong.
PAIR = {"public_key": "public-key", "private_key": "private-key"}
CODE = {"code": "code", "redirect_uri": "https://app.example.org/callback"}
BROWSER = {"redirect_uri": "https://app.example.org/callback"}
RIGHT: dict[str, dict[str, Any]] = {
    "DastraApiKey": {"private_key": "private-key"},
    "DastraAuthorizationCode": CODE | PAIR,
    "DastraClientCredentials": PAIR,
    "DastraRefreshToken": {"refresh_token": "refresh-token"} | PAIR,
    "DtzApiKey": {"api_key": "apikey-1234"},
    "DtzApiKeyExchange": {"api_key": "apikey-1234"},
    "DtzAuthorizationCode": CODE | {"context_id": "context-1234"},
    "DtzBasic": {"username": "apikey", "password": "apikey-1234"},
    "DtzBearer": {"token": "token"},
    "DtzCookie": {"token": "token"},
    "DtzLogin": {"username": "user@example.org", "password": "password"},
    "DtzQueryKey": {"api_key": "apikey-1234"},
    "MemoryTokenStore": {},
    "SharedTokenStore": {"cache": SimpleNamespace(get=id, set=id, add=id, delete=id)},
    "dastra_authorization_url": {"public_key": "public-key"} | BROWSER,
    "dtz_authorization_url": {"context_id": "context-1234"} | BROWSER,
}
# What raises no ConfigurationError, or is raised: errors, protocols, the filter, what reads a URL.
OTHERS = {
    *("AuthError", "AuthorizationError", "ConfigurationError", "SignInRequiredError", "TokenError"),
    *("TokenSource", "TokenStore", "CredentialFilter", "AuthorizationUrl", "code_from_callback"),
}
VARIABLES = {
    "DASTRA_PUBLIC_KEY": "public-key",
    "DASTRA_PRIVATE_KEY": "private-key",
    "DASTRA_REFRESH_TOKEN": "refresh-token",
    "DTZ_API_KEY": "apikey-1234",
    "DTZ_ACCESS_TOKEN": "token",
    "DTZ_USERNAME": "user@example.org",
    "DTZ_PASSWORD": "password",
    "DTZ_CONTEXT_ID": "context-1234",
    "DASTRA_TOKEN_URL": "https://account.example.org/token",
    "DASTRA_ORIGINS": "https://api.example.org",
    "DTZ_IDENTITY_URL": "https://identity.example.org",
    "DTZ_ORIGINS": "https://api.example.org",
}


@cache
def page(name: str) -> BeautifulSoup:
    path = PAGES / f"{name}.html"
    assert path.exists(), f"{path} is not there: build the site first, as `nox -s docs` does"
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@cache
def entries() -> dict[str, tuple[str, Tag]]:
    """Give the page and the signature of each entry, by its name."""
    names = ["index", "dastra", "dtz", "tokens", "signing-in", "errors", "logs", "testing"]
    found = [(name, tag) for name in names for tag in page(name).select("dt.sig")]
    return {str(tag["id"]): (name, tag) for name, tag in found if "id" in tag.attrs}


def entry(name: str) -> tuple[Tag, Tag]:
    """Give the signature and the text of a public name."""
    assert name in entries(), f"{name} has no entry"
    signature = entries()[name][1]
    text = signature.find_next_sibling("dd")
    assert isinstance(text, Tag)
    return signature, text


def field(name: str, label: str) -> list[str]:
    """Give what stands in bold in one of an entry's lists: names of parameters or of errors."""
    _, text = entry(name)
    for term in text.select(":scope > dl.field-list > dt"):
        if text_of(term).rstrip(":") == label:
            told = term.find_next_sibling("dd")
            assert isinstance(told, Tag)
            return [text_of(each) for each in told.select("strong")]
    return []


def text_of(tag: Tag) -> str:
    return " ".join(tag.get_text().split())


def literals(name: str) -> list[str]:
    """Give all that a page has in the type of code, but for blocks and signatures."""
    return [text_of(tag) for tag in page(name).select("article code")]


def target(name: str) -> Any:
    """Import what an entry tells of."""
    module, _, rest = name.rpartition(".")
    if rest == "from_env":
        return getattr(target(module), rest)
    return getattr(import_module(module), rest)


def parameters(name: str) -> list[str]:
    try:
        found = [*inspect.signature(target(name)).parameters.values()]
    except ValueError:
        # That of an exception which is made as Python's own are.
        return []
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [each.name for each in found if each.kind not in variadic]


@pytest.mark.parametrize("name", [*EXPORTED, *FROM_ENV, *CONSTANTS, *FIXTURES, *PLUGINS])
def test_each_public_name_has_an_entry_and_below_it_an_example(name: str) -> None:
    signature, text = entry(name)
    assert text_of(text), "nothing is told"
    section = signature.find_parent("section")
    example = text.find_next("div", class_="highlight-python")
    assert isinstance(section, Tag)
    assert isinstance(example, Tag)
    assert section in example.parents, "the example stands in another section"


@pytest.mark.parametrize("name", [*CALLED, *FROM_ENV])
def test_its_signature_is_the_one_that_it_has(name: str) -> None:
    signature, _ = entry(name)
    # A long one has a line for each parameter.
    names = "em.sig-param > span.n:first-child"
    found = signature.select(f":scope > {names}, :scope > dl > dd > {names}")
    shown = [text_of(each) for each in found]
    # The stars that keep positional from keyword arguments have no name.
    assert shown == parameters(name)


@pytest.mark.parametrize("name", [*CALLED, *FROM_ENV])
def test_each_parameter_is_described(name: str) -> None:
    made = makes_it(name)
    attributes = [
        each.removeprefix(f"{made}.") for each in entries() if each.startswith(f"{made}.")
    ]
    missing = {*parameters(name)} - {*field(made, "Parameters"), *attributes}
    assert not missing


def makes_it(name: str) -> str:
    """Give the entry that has a class's constructor: its own, or the one it is inherited from."""
    made: Any = target(name)
    if isinstance(made, type) and not {"__init__", "__new__"} & {*vars(made)}:
        base = made.__bases__[0].__name__
        return f"dtz_dastra_auth.{base}" if base in dtz_dastra_auth.__all__ else name
    return name


@pytest.mark.parametrize("name", RIGHT)
def test_a_constructor_that_refuses_arguments_says_so(name: str) -> None:
    constructor, right = getattr(dtz_dastra_auth, name), RIGHT[name]
    constructor(**right)
    refused = []
    for each in parameters(f"dtz_dastra_auth.{name}"):
        try:
            constructor(**{**right, each: MemoryTokenStore})
        except ConfigurationError:
            refused.append(each)
    told = field(f"dtz_dastra_auth.{name}", "Raises")
    assert told == (["ConfigurationError"] if refused else [])


@pytest.mark.parametrize("name", FROM_ENV)
def test_from_env_says_that_it_raises(name: str) -> None:
    assert field(name, "Raises") == ["ConfigurationError"]


def test_the_rooms_that_are_tried_for_errors_are_all_that_there_are() -> None:
    assert {*dtz_dastra_auth.__all__} - {*RIGHT} == OTHERS


def test_what_reads_a_callback_says_what_it_raises() -> None:
    raises = field("dtz_dastra_auth.code_from_callback", "Raises")
    assert raises == ["AuthorizationError", "ConfigurationError"]


class Environment(dict[str, str]):
    """Variables, and which of them were asked for."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables)
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)


@pytest.mark.parametrize("name", FROM_ENV)
def test_from_env_names_each_variable_that_it_reads(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: set[str] = set()
    # Some are read in the absence of others alone.
    for gone in ((), ("DTZ_API_KEY",), ("DTZ_API_KEY", "DTZ_ACCESS_TOKEN")):
        rest = {each: value for each, value in VARIABLES.items() if each not in gone}
        environment = Environment(rest)
        fake = SimpleNamespace(environ=environment)
        monkeypatch.setattr("dtz_dastra_auth._environment.os", fake)
        with suppress(ConfigurationError):
            target(name)()
        read |= environment.asked
    assert read
    assert read <= named(name)


def named(name: str) -> set[str]:
    """Give what an entry names, and those that it leads to name, `DtzLogin.from_env` say."""
    _, text = entry(name)
    found = {text_of(tag) for tag in text.select("code")}
    for link in text.select("a[href*='.from_env']"):
        found |= named(str(link["href"]).partition("#")[2])
    return found


def test_the_index_leads_to_each_exported_name() -> None:
    index = page("index")
    for name in [*EXPORTED, *CONSTANTS, *FIXTURES]:
        short = re.sub(r"^dtz_dastra_auth\.(testing\.)?(plugin\.)?", "", name)
        links = [link for link in index.select("article td a") if text_of(link) == short]
        assert links, f"{short} is not in the table"
        where, _, anchor = str(links[0]["href"]).partition("#")
        there, signature = entries()[name]
        assert where == f"{there}.html", short
        assert anchor in {str(each.get("id")) for each in signature.parents}, short


# What the source can say.


@cache
def trees() -> dict[str, ast.Module]:
    files = sorted(SOURCE.rglob("*.py"))
    return {
        path.relative_to(SOURCE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in files
    }


def calls(tree: ast.Module) -> Iterator[tuple[str, str, ast.Call]]:
    """Give each call in a module: the name of what is called, what it is called on, and all."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, ast.unparse(node.func.value), node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id, "", node


@cache
def texts() -> dict[str, dict[str, ast.expr]]:
    """Give the texts that have a name, by module and name."""
    return {
        module: {
            target.id: node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant | ast.JoinedStr)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for module, tree in trees().items()
    }


def pattern(node: ast.expr, module: str) -> str | None:
    """Write what a text in the source can come to as a pattern; None if that cannot be told."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = [pattern(each, module) or "" for each in node.values]
        return "".join(parts)
    if isinstance(node, ast.FormattedValue | ast.IfExp):
        return ".*"
    if isinstance(node, ast.BinOp):
        return f"{pattern(node.left, module)}{pattern(node.right, module)}"
    if isinstance(node, ast.Name):
        for each in (module, "_drivers.py"):
            if node.id in texts()[each]:
                return pattern(texts()[each][node.id], each)
    return None


def messages(error: str) -> Iterator[tuple[str, str | None]]:
    """Give the module and the pattern of each message that an error is made with."""
    for module, tree in trees().items():
        for name, _, call in calls(tree):
            if name == error and call.args:
                yield module, pattern(call.args[0], module)


MESSAGES = {
    "ConfigurationError": 20,
    "TokenError": 15,
    "AuthorizationError": 4,
    "SignInRequiredError": 2,
}


@pytest.mark.parametrize(("error", "least"), MESSAGES.items())
def test_each_message_is_on_the_page_of_errors(error: str, least: int) -> None:
    listed = literals("errors")
    found = list(messages(error))
    assert len(found) >= least
    for module, each in found:
        if each is None:
            # It tells again what another process was told.
            assert module == "_shelf.py"
            continue
        assert any(re.fullmatch(each, text) for text in listed), each


def test_each_reason_that_a_token_answer_is_not_used_is_on_the_page_of_errors() -> None:
    listed = literals("errors")
    reasons = [
        pattern(call.args[2], "_oauth.py")
        for name, _, call in calls(trees()["_oauth.py"])
        if name == "_unusable"
    ]
    assert len(reasons) == 3
    for each in reasons:
        assert any(re.fullmatch(f"the token answer for .* {each}", text) for text in listed), each


def test_each_reason_to_sign_in_again_is_on_the_page_of_errors() -> None:
    listed = literals("errors")
    reasons = [
        pattern(call.args[0], module)
        for module, tree in trees().items()
        for name, _, call in calls(tree)
        if name == "_over"
    ]
    assert len(reasons) == 2
    for each in reasons:
        wanted = rf"sign in again: {each} \(WHOSE\)"
        assert any(re.fullmatch(wanted, text) for text in listed), each


def test_each_record_is_on_the_page_of_logs_with_its_level() -> None:
    levels = {"debug", "info", "warning", "error", "exception", "critical", "log"}
    rows = [
        [text_of(cell) for cell in row.select("td")] for row in page("logs").select("article tr")
    ]
    found = [
        (name.upper(), call.args[0])
        for tree in trees().values()
        for name, on, call in calls(tree)
        if name in levels and on.startswith("log")
    ]
    assert len(found) >= 7
    for level, template in found:
        assert isinstance(template, ast.Constant)
        parts = re.split(r"%(?:\.\d+)?[sdf]", str(template.value))
        wanted = ".+".join(map(re.escape, parts))
        told = [row for row in rows if len(row) > 1 and re.fullmatch(wanted, row[1])]
        assert told, wanted
        assert {row[0] for row in told} == {level}, wanted


def test_each_reason_why_a_shared_store_is_left_alone_is_on_the_page_of_logs() -> None:
    listed = literals("logs")
    found = [
        pattern(call.args[0], module)
        for module, tree in trees().items()
        for name, _, call in calls(tree)
        if name in {"rest", "trouble"} and not isinstance(call.args[0], ast.Name)
    ]
    assert len(found) >= 6
    for each in found:
        wanted = f"the shared token store {each}; it is left alone for 30 s"
        assert any(re.fullmatch(wanted, text) for text in listed), each


def test_each_variable_in_the_source_is_on_the_page_of_the_environment() -> None:
    variable = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|(?:https?|no|all)_proxy")
    found = {
        node.value
        for tree in trees().values()
        for statement in tree.body
        # What a module exports are no variables.
        if not ast.unparse(statement).startswith("__all__ =")
        for node in ast.walk(statement)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and variable.fullmatch(node.value)
    }
    assert found >= {*VARIABLES}
    assert found <= {*literals("environment")}
