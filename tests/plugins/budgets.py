"""The time that each folder's tests took, beside its budget (`tests.budgets`), at the end of a run.

A folder is over its budget by processor time, which depends little on what else the machine does, and the run says so.
Far over, it fails the run where CI asks for that (REQUIRE_ALL=1). Time by the clock is printed too: it shows tests that
wait.
"""

from __future__ import annotations

import resource
from collections.abc import Generator, Mapping
from dataclasses import dataclass

import pytest

from tests import soak
from tests.budgets import BUDGETS, FAILS_AT, folder_of
from tests.plugins.not_run import REQUIRE_ALL
from tests.run_mark import carriers, own_mark, processor_s


@dataclass
class Spent:
    """What the tests of a folder took. The processes that share the tests add up."""

    tests: int = 0
    clock_s: float = 0.0
    processor_s: float = 0.0


class Meter:
    """Processor seconds of this process, of the children that it has waited for, and of the servers that it runs."""

    def __init__(self) -> None:
        self._servers_s = 0.0
        self._last_s = self._total_s()

    def lap(self, *, servers: bool) -> float:
        """The seconds since the last lap. `servers`: look at them too, which takes some milliseconds."""
        mark = own_mark()
        if servers and mark:
            self._servers_s = sum(processor_s(process.pid) for process in carriers(mark))
        before, self._last_s = self._last_s, self._total_s()
        return self._last_s - before

    def _total_s(self) -> float:
        usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(usage.ru_utime + usage.ru_stime for usage in usages) + self._servers_s


METER = pytest.StashKey[Meter]()
ENDS_FILE = pytest.StashKey[bool]()
PROPERTY = "processor_s"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    item.config.stash.setdefault(METER, Meter())
    item.stash[ENDS_FILE] = nextitem is None or nextitem.path != item.path
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "teardown":
        seconds = item.config.stash[METER].lap(servers=item.stash[ENDS_FILE])
        report.user_properties = [*report.user_properties, (PROPERTY, seconds)]
    return report


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Totals())


class Totals:
    """Adds up the reports of all processes, in the one that prints them."""

    def __init__(self) -> None:
        self._spent: dict[str, Spent] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        spent = self._spent.setdefault(folder_of(report.nodeid), Spent())
        spent.clock_s += report.duration
        if report.when == "teardown":
            spent.tests += 1
            spent.processor_s += sum(seconds for name, seconds in report.user_properties if name == PROPERTY)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if REQUIRE_ALL and over_budget(self._spent, FAILS_AT) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._spent:
            return
        terminalreporter.section("seconds by folder: of a processor, its budget, by the clock; tests")
        for line in table(self._spent):
            terminalreporter.write_line(line)
        terminalreporter.write_line(f"SOAK_DAY={soak.DAY} takes the samples of this run again.")
        for folder in over_budget(self._spent):
            terminalreporter.write_line(f"OVER BUDGET: {folder}. See tests/budgets.py.", red=True, bold=True)


def table(spent: Mapping[str, Spent]) -> list[str]:
    """A line for each folder, and one for all of them."""
    whole = Spent(
        *(sum(getattr(each, name) for each in spent.values()) for name in ("tests", "clock_s", "processor_s"))
    )
    return [
        f"{each.processor_s:8.0f} {budget:6.0f} {each.clock_s:8.0f} {each.tests:6}  {folder}"
        for folder, each, budget in [
            *((folder, each, BUDGETS[folder]) for folder, each in sorted(spent.items())),
            ("all", whole, sum(BUDGETS.values())),
        ]
    ]


def over_budget(spent: Mapping[str, Spent], times: float = 1.0) -> list[str]:
    """The folders that took more than so many times their budget. In a soak run none does: it is long on purpose."""
    taken = {} if soak.FULL else spent
    return [folder for folder, each in taken.items() if each.processor_s > times * BUDGETS[folder]]
