"""Tests that share a server are run by one process."""

from __future__ import annotations

import re

import pytest

from tests.plugins.spread import TOGETHER, scope_of
from tests.sources import ROOT

ADAPTERS = re.compile(r"^from tests\.edge(?:\.| import .*)(adapter_worker|binding_images|worker_clients)", re.M)


@pytest.mark.parametrize(
    ("nodeid", "scope"),
    [
        ("tests/unit/jobs/test_running.py::test_it[a::b]", "tests/unit/jobs/test_running.py"),
        ("tests/edge/test_worker.py::test_it", "the worker"),
        ("tests/setups/test_line.py::test_it[lambda]", "the worker"),
        ("tests/browser/test_uploads.py::test_it[worker]", "the worker"),
        ("tests/browser/test_uploads.py::test_it[postgres]", "tests/browser/test_uploads.py"),
        ("tests/edge/test_queue.py::test_it", "adapters in workerd"),
        ("tests/contract/test_files.py::test_it[r2]", "adapters in workerd"),
    ],
)
def test_a_test_is_run_with_those_of_its_file_or_of_its_server(nodeid: str, scope: str) -> None:
    assert scope_of(nodeid) == scope


def test_every_test_of_the_edge_that_needs_adapters_alone_shares_their_worker() -> None:
    """test_boot.py takes a list of files from there, and starts a worker of its own."""
    files = [path for path in (ROOT / "tests/edge").glob("test_*.py") if path.name != "test_boot.py"]
    need = {path.relative_to(ROOT).as_posix() for path in files if ADAPTERS.search(path.read_text("utf-8"))}
    assert len(need) >= 5
    assert {file for file in need if scope_of(file) != "adapters in workerd"} == set()


def test_what_is_run_together_exists() -> None:
    assert [beginning for beginning in TOGETHER if not (ROOT / beginning).exists()] == []
