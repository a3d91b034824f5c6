"""The pages on other people's tools: nothing is left out in silence, and nothing is only said."""

import importlib.util
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "integrations"

# Whoever takes a tool off this list takes a promise back.
WANTED = {
    "Airbyte CDK",
    "Airbyte CDK, low-code",
    "anthropic",
    "Apache Airflow",
    "CacheControl",
    "dlt",
    "elastic-transport",
    "elasticsearch",
    "FastAPI",
    "fastmcp 2",
    "fastmcp 4",
    "gql",
    "gql's transports over httpx",
    "gql's transports over httpx2",
    "hishel",
    "HTTPie",
    "httpx-retries",
    "httpx-sse",
    "httpx2's `client.sse`",
    "kedro-datasets",
    "langchain-mcp-adapters",
    "Locust",
    "mcp 1",
    "mcp 2",
    "MLflow",
    "niquests",
    "openai",
    "openapi-python-client",
    "opensearch-py",
    "OpenTelemetry",
    "Prefect",
    "PyIceberg",
    "pystac-client",
    "pytest-httpx",
    "requests-cache",
    "requests-futures",
    "requests-mock",
    "requests-ratelimiter",
    "requests-toolbelt",
    "responses",
    "RESPX",
    "robotframework-requests",
    "Schemathesis",
    "Singer SDK",
    "Starlette",
    "vcrpy",
    "zeep",
    "zeep's AsyncTransport",
}


@pytest.fixture(scope="module")
def pages() -> ModuleType:
    """Import what writes the pages, which is no part of a package."""
    specification = importlib.util.spec_from_file_location("pages", ROOT / "docs" / "pages.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_every_tool_is_tested_or_left_out_with_a_reason(pages: ModuleType) -> None:
    left_out = tomllib.loads((PAGES / "left_out.toml").read_text(encoding="utf-8"))["tool"]
    assert all(each["reason"] for each in left_out)
    tested = {tool.name for tool in pages.all_tools()}
    assert tested | {each["name"] for each in left_out} == WANTED


def test_at_least_35_tools_passed_in_the_last_full_run(pages: ModuleType) -> None:
    outcomes = [tool.outcome for tool in pages.all_tools()]
    passed = [each for each in outcomes if each["passed"] and not each["failed"]]
    assert len(passed) >= 35
    assert len(passed) == len(outcomes)


def test_every_tool_has_an_example_and_says_what_to_mind(pages: ModuleType) -> None:
    for tool in pages.all_tools():
        assert tool.examples, tool.name
        assert tool.how, tool.name
        assert tool.mind.endswith("."), tool.name


def test_every_tool_is_tested_in_an_environment_that_is_declared(pages: ModuleType) -> None:
    declared = {name for name in pages.dependency_groups() if name.startswith("tools-")}
    assert declared == {tool.dependency_group for tool in pages.all_tools()}


def test_every_group_has_a_page_that_the_table_leads_to(pages: ModuleType) -> None:
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    for tool in pages.all_tools():
        page = f"{tool.group.replace('_', '-')}.md"
        text = (PAGES / page).read_text(encoding="utf-8")
        assert f"\n## {tool.name}\n" in text
        assert f"({page}#{pages.anchor(tool.name)})" in index
