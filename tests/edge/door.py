"""Adapters that only run inside workerd, for the batteries of their ports."""

from __future__ import annotations

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx

import app.schema  # noqa: F401  # fills the metadata
from app.adapters.d1 import D1Database, D1Fault, Outcome, Statements
from app.core.errors import Unauthorized
from app.core.ports import Database
from app.core.tables import metadata
from tests.edge import workerd
from tests.sources import ROOT

CONFIG = """
name = "door"
main = "source/worker.py"
base_dir = "source"
compatibility_date = "2026-11-01"
compatibility_flags = ["python_workers"]

[[d1_databases]]
binding = "DB"
database_name = "battery"
database_id = "00000000-0000-0000-0000-000000000000"
migrations_dir = "migrations"
"""


@asynccontextmanager
async def d1(folder: Path) -> AsyncIterator[Callable[[], Database]]:
    """Clients of one D1 without rows: D1Database here, its binding there. Skips where no worker can run."""
    workerd.needed()
    async with _client(await asyncio.to_thread(_served)) as http:

        async def run(statements: Statements) -> list[Outcome]:
            asked = [[text, list(values)] for text, values in statements]
            answer = (await http.post("/", json={"statements": asked})).json()
            if "fault" in answer:
                raise D1Fault(answer["fault"])
            return [Outcome(rows, changes) for rows, changes in answer["outcomes"]]

        await run([(f'DELETE FROM "{table.name}"', []) for table in reversed(metadata.sorted_tables)])
        yield lambda: D1Database(run)


class WebCrypto:
    """The Vault of a worker. Skips where none can run."""

    def __init__(self, key: bytes):
        workerd.needed()
        self._key = key.hex()

    async def seal(self, secret: str) -> str:
        return str((await self._ask("seal", secret))["text"])

    async def open(self, sealed: str) -> str:
        answer = await self._ask("open", sealed)
        if "code" in answer:
            raise Unauthorized(answer["message"], code=answer["code"])
        return str(answer["text"])

    async def _ask(self, work: str, text: str) -> dict[str, Any]:
        async with _client(await asyncio.to_thread(_served)) as http:
            answer = await http.post("/", json={"work": work, "key": self._key, "text": text})
            return dict(answer.json())


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=60, trust_env=False)


@cache
def _served() -> str:
    """The address of the worker, which runs until the tests end: starting one takes seconds."""
    stack = ExitStack()
    atexit.register(stack.close)
    project = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="door-")))
    (project / "wrangler.toml").write_text(CONFIG)
    (project / "python_modules").symlink_to(workerd.MODULES)
    (project / "migrations").symlink_to(ROOT / "migrations")
    shutil.copytree(ROOT / "app", project / "source" / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(Path(__file__).with_name("door_worker.py"), project / "source" / "worker.py")
    return stack.enter_context(workerd.serving(project, project / "state", {}))
