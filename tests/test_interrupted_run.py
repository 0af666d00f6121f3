"""A test run ends what it started, however it ends itself."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import processes
from tests.run_mark import Process, carriers
from tests.sources import ROOT, sources

on_linux = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="left processes are found by /proc: Linux")
SOON_S = 90.0
STARTS = {
    *(f"subprocess.{name}" for name in ("Popen", "run", "call", "check_call", "check_output")),
    *(f"asyncio.create_subprocess_{name}" for name in ("exec", "shell")),
}
THE_HELPER = {"tests.processes", "tests.plugins.processes"}

WAITS = """
import json, os, pathlib, sys, time
from tests import processes

HERE = pathlib.Path(__file__).parent
SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
MOVE_AWAY = f"import subprocess; subprocess.Popen({SLEEP!r}, start_new_session=True)"

def test_that_waits():
    processes.start(SLEEP)
    processes.run([sys.executable, "-c", MOVE_AWAY], env={"PATH": os.environ["PATH"]})
    kept = processes.folder("kept")
    if "servers" in sys.argv[-1]:
        from tests import postgres
        from tests.aws import servers

        postgres.server(), servers.moto(), servers.seaweedfs()
    told = {"mark": os.environ["ARTIFY_TEST_RUN"], "pid": os.getpid(), "folder": str(kept)}
    (HERE / "new").write_text(json.dumps(told))
    (HERE / "new").rename(HERE / "started")
    time.sleep(600)
"""


@dataclass(frozen=True)
class Run:
    """A run of pytest in the middle of its test: its process, the one that runs the test, and what that has started."""

    process: subprocess.Popen[bytes]
    runs_test: int
    started: set[Process]
    folder: Path


@on_linux
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_ends_what_it_started(number: signal.Signals, tmp_path: Path) -> None:
    with begun(tmp_path) as run:
        run.process.send_signal(number)
        check_ends(run)


@on_linux
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_run_in_several_processes_ends_what_each_of_them_started(number: signal.Signals, tmp_path: Path) -> None:
    with begun(tmp_path, "-n", "1") as run:
        run.process.send_signal(number)
        check_ends(run)


@on_linux
def test_servers_end_with_a_run_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "servers").mkdir()
    with begun(tmp_path / "servers") as run:
        assert len(run.started) >= 5  # the two that sleep, PostgreSQL, moto and SeaweedFS
        run.process.kill()
        check_ends(run)


@on_linux
def test_a_process_that_shares_the_tests_and_dies_takes_with_it_what_it_started(tmp_path: Path) -> None:
    with begun(tmp_path, "-n", "1", "--max-worker-restart", "0") as run:
        os.kill(run.runs_test, signal.SIGKILL)
        check_ends(run)


def test_only_the_helper_starts_processes() -> None:
    """What is started elsewhere might not carry the mark."""
    elsewhere = {
        f"{source.name}:{node.lineno}"
        for source in sources("tests")
        if source.name not in THE_HELPER and "subprocess" in source.text
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func) in STARTS
    }
    assert elsewhere == set()


@contextmanager
def begun(folder: Path, *options: str) -> Iterator[Run]:
    """A run of a test that starts processes and then waits, with one of them in a session of its own."""
    (folder / "test_waits.py").write_text(WAITS)
    command = [sys.executable, "-m", "pytest", "-p", "tests.plugins.processes", "-p", "tests.plugins.spread"]
    with (folder / "output").open("wb") as output:
        process = processes.start(
            [*command, "-c", os.devnull, *options, str(folder)],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=_heed_interrupts,
        )
    try:
        wait(lambda: (folder / "started").exists() or process.poll() is not None)
        assert process.poll() is None, (folder / "output").read_text()
        told = json.loads((folder / "started").read_text())
        started = carriers(told["mark"])
        assert len(started) >= 2
        yield Run(process, told["pid"], started, Path(told["folder"]))
    finally:
        processes.stop(process, signal.SIGKILL)


def _heed_interrupts() -> None:
    """A shell starts what runs in the background with SIGINT ignored, and every process below inherits that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def check_ends(run: Run) -> None:
    run.process.wait(SOON_S)
    wait(lambda: not any(each.is_alive for each in run.started))
    wait(lambda: not run.folder.exists())


def wait(look: Callable[[], bool]) -> None:
    until = time.monotonic() + SOON_S
    while not look():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)
