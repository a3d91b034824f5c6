"""A pytest plug-in that makes a failure of every skip, since a test that is skipped proves nothing.

Loaded with ``-p no_skips``. It covers skips and expected failures of tests and of whole modules;
that no test was found is an error of pytest's own.
"""

from collections.abc import Generator
from typing import TypeVar

import pytest

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report a skipped test."""
    return _failed((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Report a skipped module."""
    return _failed((yield))


def _failed(report: Report) -> Report:
    if report.skipped:
        # Without this attribute, an expected failure is a failure like any other.
        reason = report.__dict__.pop("wasxfail", report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"skipped, which counts as a failure here: {reason}"
    return report
