"""Several processes share the tests, a file at a time (pytest-xdist); some tests want the machine to themselves.

The long ones begin first, so that the processes end together.
"""

from __future__ import annotations

import atexit
import fcntl
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

IN_WORKERD = (
    "database database_values files image_model imaging imaging_agreement imaging_odd limits "
    "made_by_ai mockups print queue samples vault"
)
"""Contract tests of adapters that run inside workerd: test_database.py and so on."""
ADAPTERS_IN_WORKERD = "queue streams time_zones vault wrangler_images"
"""Tests of the edge that need adapters alone, not the app: they share that worker."""
TOGETHER = {
    **dict.fromkeys((f"tests/edge/test_{name}.py" for name in ADAPTERS_IN_WORKERD.split()), "adapters in workerd"),
    **dict.fromkeys(("tests/edge/", "tests/setups/", "tests/story/"), "the worker"),
    **{f"tests/contract/test_{name}.py": "adapters in workerd" for name in IN_WORKERD.split()},
}
"""Tests that one process runs, by the beginnings of their names (the first that fits counts), because what they start
takes long to start: a worker 10 to 15 seconds of a processor.
"""
IN_THE_BROWSER = re.compile(r"tests/browser/.*\[worker\]$")
"""Tests that look at the worker in a browser: they share it with the first ones of TOGETHER."""
TURNS, MACHINE = Path(__file__), Path(__file__).with_name("__init__.py")
"""Files that every process of a run sees, to be locked."""
FIRST = ("tests/integration/processes/", *TOGETHER)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "alone: no other process runs a test meanwhile, because it measures the machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(FIRST))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling

    class Files(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return scope_of(nodeid)

    config.option.loadscopereorder = False  # it would begin with those that have most tests, however short
    return Files(config, log)


def scope_of(nodeid: str) -> str:
    """What a test is run together with, in one process: its file, or what others of the same server have in common."""
    if IN_THE_BROWSER.match(nodeid):
        return "the worker"
    together = (name for beginning, name in TOGETHER.items() if nodeid.startswith(beginning))
    return next(together, nodeid.partition("::")[0])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    if not hasattr(item.config, "workerinput"):  # the only process
        return (yield)
    with _turn(alone=item.get_closest_marker("alone") is not None):
        return (yield)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Servers that were started for all tests end now: a process that shares them is killed two seconds later."""
    if hasattr(session.config, "workerinput"):
        atexit._run_exitfuncs()


@contextmanager
def _turn(*, alone: bool) -> Iterator[None]:
    """Run beside other tests, or alone. A test that waits to be alone holds the turns: no other starts before it."""
    with TURNS.open() as turns, MACHINE.open() as machine:
        fcntl.flock(turns, fcntl.LOCK_EX)
        fcntl.flock(machine, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(turns, fcntl.LOCK_UN)
        yield
