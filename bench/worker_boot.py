"""The start of the Cloudflare worker in the local workerd, compared with a Python worker that uses the SDK only.

Three times are measured. The time from the start of wrangler to the first response includes wrangler and workerd on
both sides. The time from workerd's first accepted connection to that response includes Python's own start, the worker's
imports and its first request. The time of the first webhook includes importing its code, and is compared with the
webhooks that follow.
"""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx
import pytest

from bench.orders import delivery
from bench.rows import Row
from bench.servers import wait
from bench.webhooks import ENVIRON
from tests.edge import workerd
from tests.ports import free_port
from tests.sources import ROOT

TURNS = 3
WEBHOOKS = 11
SETTINGS = {**ENVIRON, "GEMINI_API_KEY": "bench"}
SDK = "floor: a Python worker that uses the SDK only"
NAME = "worker, wrangler's start to first response"
BARE = """
name = "bare"
main = "source/bare_worker.py"
base_dir = "source"
compatibility_date = "2026-11-01"
compatibility_flags = ["python_workers"]
"""
numbers = count(1)


@dataclass(frozen=True)
class Boot:
    """Durations in seconds: until workerd accepts connections, from then until it answers, and of each webhook."""

    listening: float
    answer: float
    webhooks: list[float] = field(default_factory=list)


def run() -> list[Row]:
    """Medians over the turns. Raises RuntimeError if a response has an unexpected status."""
    try:
        workerd.needed()
    except pytest.skip.Exception as reason:
        return [Row(NAME, None, None, "ms", None, f"not run: {reason}")]
    with tempfile.TemporaryDirectory() as folder:
        state, bare = Path(folder) / "state", _bare(Path(folder) / "bare")
        workerd.wrangler(ROOT, "d1", "migrations", "apply", "DB", "--local", "--persist-to", str(state))
        turns = [(_ours(state), _floor(bare, state)) for _ in range(TURNS)]
    ours, floor = zip(*turns, strict=True)
    return [
        _row(NAME, [each.listening + each.answer for each in ours], [b.listening + b.answer for b in floor], SDK),
        _row("worker, first connection to first response", [b.answer for b in ours], [b.answer for b in floor], SDK),
        _row(
            "worker, first webhook",
            [boot.webhooks[0] for boot in ours],
            [seconds for boot in ours for seconds in boot.webhooks[1:]],
            "floor: the ten webhooks that follow",
        ),
    ]


def _ours(state: Path) -> Boot:
    with _running_worker(ROOT, state, SETTINGS) as (http, boot):
        return Boot(boot.listening, boot.answer, [_webhook(http) for _ in range(WEBHOOKS)])


def _floor(project: Path, state: Path) -> Boot:
    with _running_worker(project, state, {}) as (_, boot):
        return boot


@contextmanager
def _running_worker(project: Path, state: Path, settings: Mapping[str, str]) -> Iterator[tuple[httpx.Client, Boot]]:
    port = free_port()
    variables = [part for name, value in settings.items() for part in ("--var", f"{name}:{value}")]
    options = ["--port", str(port), "--inspector-port", str(free_port()), "--ip", "127.0.0.1"]
    started = time.perf_counter()
    worker = subprocess.Popen(
        [workerd.SERVE, "--project", project, *options, "--persist-to", state, *variables],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # wrangler has child processes, which are stopped with it
    )
    try:
        wait(worker, port, seconds=60.0, every=0.005)
        listening = time.perf_counter()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as http:
            _check_status(http.get("/healthz"))
            yield http, Boot(listening - started, time.perf_counter() - listening)
    finally:
        os.killpg(worker.pid, signal.SIGTERM)
        worker.wait()


def _webhook(http: httpx.Client) -> float:
    headers, body = delivery(next(numbers), SETTINGS["SHOPIFY_API_SECRET"])
    started = time.perf_counter()
    _check_status(http.post("/webhooks", content=body, headers=headers))
    return time.perf_counter() - started


def _check_status(answer: httpx.Response) -> None:
    if answer.status_code != 200:
        raise RuntimeError(f"{answer.request.url.path}: {answer.status_code} {answer.text[-500:]}")


def _bare(project: Path) -> Path:
    """A project with one source file and copies of the SDK's packages, because wrangler does not follow links."""
    (project / "source").mkdir(parents=True)
    (project / "wrangler.toml").write_text(BARE)
    shutil.copy(Path(__file__).with_name("bare_worker.py"), project / "source")
    modules = project / "python_modules"
    shutil.copytree(workerd.MODULES / "workers", modules / "workers")
    for file in workerd.MODULES.glob("_workers_sdk_*"):
        shutil.copy(file, modules)
    return project


def _row(name: str, ours: Sequence[float], floor: Sequence[float], note: str) -> Row:
    mine, least = statistics.median(ours), statistics.median(floor)
    return Row(name, round(mine * 1000), round(least * 1000), "ms", round(least / mine, 2), note)
