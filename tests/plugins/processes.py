"""A run ends what it started: a watcher outlives it, and ends the processes that carry its mark.

It does so however the run ends: by itself, by Ctrl-C, by SIGTERM, or by SIGKILL. Each process that shares the tests has
a watcher of its own, so that the servers of one that crashes end with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from uuid import uuid4

import pytest

from tests.run_mark import MARK, RUN_FOLDER
from tests.sources import ROOT

WATCHER = pytest.StashKey[subprocess.Popen[bytes]]()
INTERRUPTED = pytest.StashKey[bool]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(os, "pidfd_open"):  # not Linux: a run ends what it started when it ends in order
        return
    unmarked = {name: value for name, value in os.environ.items() if name not in (MARK, RUN_FOLDER)}
    outer = os.environ.get(MARK)
    mark = f"{outer}/{uuid4().hex[:12]}" if outer else uuid4().hex[:12]
    folder = tempfile.mkdtemp(prefix="artify-tests-")
    os.environ |= {MARK: mark, RUN_FOLDER: folder}
    command = [sys.executable, "-m", "tests.run_mark", str(os.getpid()), mark, folder]
    config.stash[WATCHER] = subprocess.Popen(
        command, cwd=ROOT, env=unmarked, start_new_session=True, stdout=subprocess.DEVNULL
    )


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """End an interrupted run at once. Threads of the interrupted test may wait for minutes for what will not come."""
    if config.stash.get(INTERRUPTED, False):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(pytest.ExitCode.INTERRUPTED)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.config.stash[INTERRUPTED] = exitstatus == pytest.ExitCode.INTERRUPTED
