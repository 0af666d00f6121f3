"""An installation as an operator runs it: real processes, several of them on one database and one folder of files."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from app.wiring import sqlite_path
from handlers.server import UVICORN
from tests import postgres, processes, soak
from tests.fakes.gemini import FakeGemini
from tests.integration.servers import Shopify
from tests.ports import free_ports
from tests.sources import ROOT

T = TypeVar("T")
DATABASES = ("sqlite", "postgres")
"""The databases that a server can have."""
START_S = 60.0
PATIENCE_S = 180.0
"""For work on cores that others keep busy."""


def on(*databases: str) -> pytest.MarkDecorator:
    """Run a test on these databases; `make soak` runs it on all."""
    return pytest.mark.parametrize("installation", soak.choice(DATABASES, databases), indirect=True)


@dataclass(frozen=True)
class Process:
    """A process of the app, and the file that its log goes to."""

    process: subprocess.Popen[bytes]
    output: Path
    url: str = ""

    def logged(self, event: str) -> list[dict[str, Any]]:
        lines = [line for line in self.output.read_text().splitlines() if line.startswith("{")]
        return [each for each in map(json.loads, lines) if each["event"] == event]

    @property
    def cpu_s(self) -> float:
        """User and system time of all its threads so far (Linux)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> int:
        """Bytes that it has in memory (Linux)."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def terminate(self) -> tuple[int, float]:
        """Send SIGTERM; the exit status, and how many seconds the process took to end."""
        started = time.monotonic()
        self.process.terminate()
        return self.process.wait(PATIENCE_S), time.monotonic() - started


@dataclass(frozen=True)
class Installation:
    """What its processes are told, and the image service and the Shopify that they ask."""

    folder: Path
    environ: dict[str, str]
    gemini: FakeGemini
    shopify: Shopify

    @contextmanager
    def servers(self, count: int, *options: str) -> Iterator[list[Process]]:
        """So many servers, each with the job loops beside it. The first is what links point to."""
        with ExitStack() as stack:
            yield [stack.enter_context(self._server(url, *options)) for url in self._urls(count)]

    @contextmanager
    def runner(self) -> Iterator[Process]:
        """`artify jobs run`."""
        with self._running([sys.executable, "-m", "handlers.cli", "jobs", "run"]) as process:
            yield process

    @property
    def is_on_postgres(self) -> bool:
        return self.environ["DATABASE_URL"].startswith("postgresql")

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """What one statement gives, by a connection of the tests' own."""
        url = self.environ["DATABASE_URL"]
        if self.is_on_postgres:
            return postgres.rows(url, sql, *values)
        handle = sqlite3.connect(sqlite_path(url))
        handle.row_factory = sqlite3.Row
        try:
            with handle:
                return [dict(row) for row in handle.execute(sql, values)]
        finally:
            handle.close()

    def wait(self, look: Callable[[], T], seconds: float = PATIENCE_S) -> T:
        """The first true thing that a look gives.

        The longer it takes, the rarer the looks: each one opens a connection, which on PostgreSQL is a new process.
        """
        began = time.monotonic()
        while (waited := time.monotonic() - began) < seconds:
            if found := look():
                return found
            time.sleep(min(max(waited / 10, 0.02), 0.3))
        raise AssertionError(f"it did not happen: {self.rows('SELECT kind, status, attempts, last_error FROM jobs')}")

    def _urls(self, count: int) -> Sequence[str]:
        given = self.environ["APP_URL"]
        return [given, *[f"http://127.0.0.1:{port}" for port in free_ports(count - 1)]]

    @contextmanager
    def _server(self, url: str, *options: str) -> Iterator[Process]:
        port = str(httpx.URL(url).port)
        command = [sys.executable, "-m", "uvicorn", "handlers.server:app", "--port", port, "--log-level", "warning"]
        settings = [word for name, value in UVICORN.items() for word in (f"--{name.replace('_', '-')}", str(value))]
        with self._running([*command, *settings, *options], url) as process:
            self.wait(lambda: process.process.poll() is not None or _answers(url), START_S)
            assert process.process.poll() is None, process.output.read_text()
            yield process

    @contextmanager
    def _running(self, command: Sequence[str], url: str = "") -> Iterator[Process]:
        output = self.folder / f"output-{len(list(self.folder.glob('output-*')))}.txt"
        with output.open("wb") as target:
            options = {"cwd": ROOT, "env": os.environ | self.environ, "stdout": target, "stderr": subprocess.STDOUT}
            with processes.running(command, stop_s=START_S, **options) as process:
                yield Process(process, output, url)


def _answers(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"{url}/healthz").status_code == 200
    return False
