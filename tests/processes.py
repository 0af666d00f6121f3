"""Processes that tests start, and how they end.

Tests start every process here, so that it carries the mark of the test run in its environment. Its own children inherit
the mark, whatever session or parent they move to. When a run ends, even by SIGKILL, a watcher ends whatever still
carries the run's mark (`tests.plugins.processes`).

    with processes.running([sys.executable, "-m", "uvicorn", …], stdout=log, stderr=STDOUT) as server:
        processes.wait_for_answer(server, f"{url}/healthz", log_path)
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.run_mark import MARK, RUN_FOLDER

Command = Sequence[str | os.PathLike[str]]
STOP_S = 30.0
ANSWER_S = 60.0


def start(command: Command, *, env: Mapping[str, str] | None = None, **options: Any) -> subprocess.Popen[Any]:
    """`subprocess.Popen`, with the mark of the run. The caller ends the process with `stop`."""
    return subprocess.Popen(command, env=_marked(env), **options)


def run(command: Command | str, *, env: Mapping[str, str] | None = None, **options: Any) -> Any:
    """`subprocess.run`, with the mark of the run."""
    return subprocess.run(command, env=_marked(env), **options)


async def start_async(
    *command: str, env: Mapping[str, str] | None = None, **options: Any
) -> asyncio.subprocess.Process:
    """`asyncio.create_subprocess_exec`, with the mark of the run. The caller ends the process."""
    return await asyncio.create_subprocess_exec(*command, env=_marked(env), **options)


@contextmanager
def running(
    command: Command, *, stop_signal: int = signal.SIGTERM, stop_s: float = STOP_S, **options: Any
) -> Iterator[subprocess.Popen[Any]]:
    """A process that is stopped when the block ends, with its whole group if it leads one (`start_new_session`)."""
    process = start(command, **options)
    try:
        yield process
    finally:
        stop(process, stop_signal, stop_s, group=bool(options.get("start_new_session")))


def stop(
    process: subprocess.Popen[Any], stop_signal: int = signal.SIGTERM, seconds: float = STOP_S, *, group: bool = False
) -> None:
    """Ask a process to end, and kill it if it has not ended after so many seconds."""
    _send(process, stop_signal, group)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    _send(process, signal.SIGKILL, group)
    process.wait()


def wait_for_answer(
    process: subprocess.Popen[Any], url: str, log: Path, seconds: float = ANSWER_S, *, every_s: float = 0.05
) -> None:
    """Return when an HTTP server answers at all, with any status. If it ends or stays silent, fail with its log."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(url, timeout=seconds, trust_env=False)
        except httpx.TransportError:
            time.sleep(every_s)
        else:
            return
    raise AssertionError(f"{process.args} did not start:\n{log.read_text(errors='replace')[-3000:]}")


def folder(name: str) -> Path:
    """A new folder that is removed when the run ends, however it ends."""
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=os.environ.get(RUN_FOLDER)))


def _marked(env: Mapping[str, str] | None) -> dict[str, str]:
    """The given environment, or this process's own, with the mark of the run."""
    if env is None:
        return dict(os.environ)
    return {**env, MARK: os.environ[MARK]} if MARK in os.environ else dict(env)


def _send(process: subprocess.Popen[Any], number: int, group: bool) -> None:
    with contextlib.suppress(ProcessLookupError):
        if group:
            os.killpg(process.pid, number)
        elif process.poll() is None:
            process.send_signal(number)
