"""Cloudflare: the shipped worker in workerd, with D1, R2, Queues and cron as it has them locally.

One worker serves all set-ups of a process, one after another, because starting one takes over ten seconds of a
processor. Each set-up has new neighbours, at the addresses that the worker knows, and empty tables.
"""

from __future__ import annotations

import atexit
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import app.schema  # noqa: F401  # fills the metadata
from app.core.tables import metadata
from tests import processes
from tests.edge import workerd
from tests.ports import free_ports
from tests.setups import sqlite_file
from tests.setups.base import Neighbours, SetUp, neighbours
from tests.sources import ROOT

CRON = "/cdn-cgi/handler/scheduled"


@contextmanager
def opened(folder: Path) -> Iterator[Worker]:
    """The set-up, running. Skips where no worker can run."""
    workerd.needed()
    ports = _ports()
    with neighbours(ports.app_url, shopify_port=ports.shopify, gemini_port=ports.gemini) as beside:
        setup = Worker(ports.app_url, beside, _started(tuple(sorted(beside.environ.items()))))
        with setup.http:
            setup.execute(*[f'DELETE FROM "{table.name}"' for table in reversed(metadata.sorted_tables)])
            setup.fill()
            yield setup


class Worker(SetUp):
    name = "worker"

    def __init__(self, url: str, beside: Neighbours, state: Path):
        super().__init__(url, beside)
        self.state = state
        self._objects_before, self._log_before = set(self._keys()), len(self._whole_log())

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        return sqlite_file.rows(self._file("d1"), sql, *values)

    def execute(self, *statements: str) -> None:
        sqlite_file.execute(self._file("d1"), *statements)

    def objects(self) -> Collection[str]:
        return [key for key in self._keys() if key not in self._objects_before]

    def stored(self, key: str) -> bytes:
        file = self._file("r2")
        [row] = sqlite_file.rows(file, "SELECT blob_id FROM _mf_objects WHERE key = ?", key)
        [path] = self.state.glob(f"v3/r2/*/blobs/{row['blob_id']}")
        return path.read_bytes()

    def cron(self) -> None:
        answer = self.send("GET", CRON)
        assert answer.status_code == 200, answer.text

    def log(self) -> str:
        return self._whole_log()[self._log_before :]

    def _keys(self) -> list[str]:
        """Of all set-ups that the worker has served."""
        return [row["key"] for row in sqlite_file.rows(self._file("r2"), "SELECT key FROM _mf_objects")]

    def _whole_log(self) -> str:
        return (self.state / "workerd.log").read_text(errors="replace")

    def _file(self, kind: str) -> Path:
        """Where workerd keeps what it holds of a kind."""
        [path] = [path for path in self.state.glob(f"v3/{kind}/**/*.sqlite") if path.name != "metadata.sqlite"]
        return path


@dataclass(frozen=True)
class _Ports:
    app: int
    shopify: int
    gemini: int

    @property
    def app_url(self) -> str:
        return f"http://127.0.0.1:{self.app}"


@cache
def _ports() -> _Ports:
    return _Ports(*free_ports(3))


@cache
def _started(environ: tuple[tuple[str, str], ...]) -> Path:
    """The folder of the worker's state. It starts with the first set-up, and runs until the tests end."""
    stack = ExitStack()
    atexit.register(stack.close)
    state = processes.folder("worker")
    stack.enter_context(workerd.serving(ROOT, state, dict(environ), port=_ports().app))
    return state
