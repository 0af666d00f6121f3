"""Adapters that only run inside workerd, for the batteries of their ports."""

from __future__ import annotations

import asyncio
import atexit
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx

import app.schema  # noqa: F401  # fills the metadata
from app.adapters.database.d1 import D1Database, D1Fault, Outcome, Statements
from app.adapters.vault.token_cipher import Keys
from app.core.errors import Unauthorized
from app.core.ports.database import Database
from app.core.tables import metadata
from tests import apps
from tests.edge import workerd
from tests.ports import free_port
from tests.sources import ROOT

CONFIG = """
name = "adapter-worker"
main = "source/worker.py"
base_dir = "source"
compatibility_date = "2026-11-01"
compatibility_flags = ["python_workers"]

[images]
binding = "IMAGES"

[[d1_databases]]
binding = "DB"
database_name = "battery"
database_id = "00000000-0000-0000-0000-000000000000"
migrations_dir = "migrations"

[[r2_buckets]]
binding = "FILES"
bucket_name = "battery"

[[rules]]
type = "Data"
globs = ["**/*.graphql", "**/*.html", "**/*.css", "**/*.js", "**/*.json"]
fallthrough = false

[[queues.consumers]]
queue = "artify-jobs-dead"
max_batch_timeout = 0

"""
QUEUES = re.compile(r"^\[\[queues\.\w+\]\]\n(?:[^\[\n].*\n|\n)*", re.M)
"""The queues of wrangler.toml: the tests' worker has the same, and listens to the dead letters too."""
LINK_KEY = b"l" * 32
INSIDE = {
    "worker_entry": "worker",
    "worker_app": "worker_app",
    "worker_images": "worker_images",
    "parcel": "parcel",
    "sample_wire": "sample_wire",
}
"""Beside the app's own code: each file, and its name there."""
NOT_INSIDE = shutil.ignore_patterns("__pycache__", "cli", "demo")
"""What the shipped worker has not either."""


@asynccontextmanager
async def d1(folder: Path) -> AsyncIterator[Callable[[], Database]]:
    """Clients of one D1 without rows: D1Database here, its binding there. Skips where no worker can run."""
    workerd.needed()
    async with client(await asyncio.to_thread(served)) as http:

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

    def __init__(self, key: bytes, old_key: bytes | None = None):
        workerd.needed()
        self._keys = [each.hex() for each in (key, old_key) if each]
        self.mark = Keys(key).mark

    async def seal(self, secret: str) -> str:
        return str((await self._ask("seal", secret))["text"])

    async def open(self, sealed: str) -> str:
        answer = await self._ask("open", sealed)
        if "code" in answer:
            raise Unauthorized(answer["message"], code=answer["code"])
        return str(answer["text"])

    async def _ask(self, work: str, text: str) -> dict[str, Any]:
        async with client(await asyncio.to_thread(served)) as http:
            answer = await http.post("/", json={"work": work, "keys": self._keys, "text": text})
            return dict(answer.json())


def client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=60, trust_env=False)


def served() -> str:
    """The address of the worker, which runs until the tests end: starting one takes seconds."""
    return _running()[0]


def images_by_wrangler() -> AbstractContextManager[None]:
    """Meanwhile the worker has wrangler's own Images service instead of the tests'."""
    return workerd.images_by_wrangler(_running()[1])


@cache
def _running() -> tuple[str, Path]:
    """The worker's address, and the folder of its state."""
    stack = ExitStack()
    atexit.register(stack.close)
    project = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="adapter-worker-")))
    queues = QUEUES.findall((ROOT / "wrangler.toml").read_text())
    port = free_port()
    (project / "wrangler.toml").write_text(CONFIG + "\n".join(queues))
    (project / "python_modules").symlink_to(workerd.MODULES)
    (project / "migrations").symlink_to(ROOT / "migrations")
    for package in ("app", "handlers"):
        shutil.copytree(ROOT / package, project / "source" / package, ignore=NOT_INSIDE)
    for name, place in INSIDE.items():
        shutil.copy(Path(__file__).with_name(f"{name}.py"), project / "source" / f"{place}.py")
    settings = apps.environ(project) | {"APP_URL": f"http://127.0.0.1:{port}"}
    state = project / "state"
    return stack.enter_context(workerd.serving(project, state, settings, port=port)), state
