"""Cloudflare: the shipped worker in workerd, with D1, R2, Queues and cron as it has them locally."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.edge import workerd
from tests.ports import free_port
from tests.setups import sqlite_file
from tests.setups.base import Neighbours, SetUp, neighbours
from tests.sources import ROOT

CRON = "/cdn-cgi/handler/scheduled"


@contextmanager
def opened(folder: Path) -> Iterator[SetUp]:
    """The set-up, running, with its state in the folder. Skips where no worker can run."""
    workerd.needed()
    port, state = free_port(), folder / "state"
    with neighbours(f"http://127.0.0.1:{port}") as beside:
        setup = Worker(f"http://127.0.0.1:{port}", beside, state)
        with setup.http, workerd.serving(ROOT, state, setup.environ, port=port):
            setup.fill()
            yield setup


class Worker(SetUp):
    name = "worker"

    def __init__(self, url: str, beside: Neighbours, state: Path):
        super().__init__(url, beside)
        self._state = state

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        return sqlite_file.rows(self._file("d1"), sql, *values)

    def execute(self, *statements: str) -> None:
        sqlite_file.execute(self._file("d1"), *statements)

    def objects(self) -> Collection[str]:
        return [row["key"] for row in sqlite_file.rows(self._file("r2"), "SELECT key FROM _mf_objects")]

    def stored(self, key: str) -> bytes:
        file = self._file("r2")
        [row] = sqlite_file.rows(file, "SELECT blob_id FROM _mf_objects WHERE key = ?", key)
        [path] = self._state.glob(f"v3/r2/*/blobs/{row['blob_id']}")
        return path.read_bytes()

    def cron(self) -> None:
        answer = self.send("GET", CRON)
        assert answer.status_code == 200, answer.text

    def log(self) -> str:
        return (self._state / "workerd.log").read_text(errors="replace")

    def _file(self, kind: str) -> Path:
        """Where workerd keeps what it holds of a kind."""
        [path] = [path for path in self._state.glob(f"v3/{kind}/**/*.sqlite") if path.name != "metadata.sqlite"]
        return path
