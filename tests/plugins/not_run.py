"""Names each test that was not run, with its reason, at the end; REQUIRE_ALL=1 makes those failures."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import TypeVar

import pytest

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
REQUIRE_ALL = os.environ.get("REQUIRE_ALL", "") not in ("", "0")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _required(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _required(report)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped: dict[str, set[str]] = {}  # each process that shares the tests tells of a file that was skipped whole
    for report in terminalreporter.stats.get("skipped", []):
        skipped.setdefault(reason(report), set()).add(report.nodeid)
    for why, tests in sorted(skipped.items()):
        terminalreporter.section(f"not run here, {len(tests)}: {why}")
        for test in sorted(tests):
            terminalreporter.write_line(test)


def reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why a test or a whole file was skipped, as it was given to skip()."""
    given = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return given.removeprefix("Skipped: ")


def _required(report: Report) -> Report:
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.longrepr = f"REQUIRE_ALL=1, and this was skipped: {reason(report)}"
        report.outcome = "failed"
    return report
