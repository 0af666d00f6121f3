"""Every folder of tests has a budget, and a run says what it took of it."""

from __future__ import annotations

import pytest

from tests import soak
from tests.budgets import BUDGETS, CORES, MAKE_TEST_S, folder_of
from tests.plugins.budgets import Spent, over_budget, table
from tests.sources import ROOT


def test_every_folder_of_tests_has_a_budget() -> None:
    files = [path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("test_*.py")]
    in_folders = [file for file in files if "node_modules" not in file and file.count("/") > 1]
    assert {file for file in in_folders if folder_of(file) == "tests"} == set()


def test_no_budget_is_of_a_folder_that_is_gone() -> None:
    assert [folder for folder in BUDGETS if not (ROOT / folder).is_dir()] == []


def test_all_budgets_together_fit_the_time_of_a_whole_run() -> None:
    assert sum(BUDGETS.values()) <= CORES * MAKE_TEST_S


@pytest.mark.parametrize(
    ("nodeid", "folder"),
    [
        ("tests/test_docs.py::test_it", "tests"),
        ("tests/unit/shops/test_model.py::test_it", "tests/unit"),
        ("tests/integration/shops/test_pages.py::test_it[a/b]", "tests/integration/shops"),
        ("tests/integration/test_health.py::test_it", "tests/integration"),
    ],
)
def test_a_test_counts_for_the_longest_folder_with_a_budget(nodeid: str, folder: str) -> None:
    assert folder_of(nodeid) == folder


@pytest.mark.skipif(soak.FULL, reason="a soak run has no budget")
def test_a_folder_is_over_its_budget_by_processor_time_alone() -> None:
    budget = BUDGETS["tests/unit"]
    assert over_budget({"tests/unit": Spent(1, clock_s=9 * budget, processor_s=budget)}) == []
    assert over_budget({"tests/unit": Spent(1, clock_s=1, processor_s=budget + 1)}) == ["tests/unit"]
    assert over_budget({"tests/unit": Spent(1, clock_s=1, processor_s=budget + 1)}, times=1.5) == []


def test_a_run_prints_a_line_for_each_folder_and_one_for_all() -> None:
    lines = table({"tests/unit": Spent(3, 2.0, 1.0), "tests/aws": Spent(2, 5.0, 4.0)})
    assert [line.split()[-1] for line in lines] == ["tests/aws", "tests/unit", "all"]
    assert lines[-1].split()[0] == "5"
    assert lines[-1].split()[2:4] == ["7", "5"]
