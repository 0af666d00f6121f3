"""Every adapter of the ports Database, Files, Queue and Vault, by name. A new one is added here and nowhere else."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn

from app.adapters.postgres import PostgresDatabase
from app.adapters.queue_embedded import EmbeddedQueue
from app.adapters.sqlite import SqliteDatabase
from app.adapters.vault_cryptography import CryptographyVault
from app.core.ports import Database, Files, Queue, Vault
from app.core.times import SystemClock
from handlers import routes
from tests import postgres
from tests.apps import make_app, migrated

Open = Callable[[], Database]
"""Another client of the same database, with connections of its own."""


@asynccontextmanager
async def _sqlite(folder: Path) -> AsyncIterator[Open]:
    path, opened = migrated(folder), list[SqliteDatabase]()

    def another() -> Database:
        opened.append(SqliteDatabase(path))
        return opened[-1]

    yield another
    for database in opened:
        await database.close()


@asynccontextmanager
async def _postgres(folder: Path) -> AsyncIterator[Open]:
    url, opened = postgres.database(folder), list[PostgresDatabase]()

    def another() -> Database:
        opened.append(PostgresDatabase(url))
        return opened[-1]

    yield another
    for database in opened:
        await database.close()


@contextmanager
def _folder(folder: Path) -> Iterator[Files]:
    """The folder, with the app's own routes on a real socket to answer its links."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # from here on the system takes calls, before the server has started
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = make_app(folder, {"APP_URL": url}, clock=SystemClock())
        config = uvicorn.Config(routes.create(app), log_level="critical", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield app.files
        finally:
            server.should_exit = True
            thread.join(10)


DATABASES: dict[str, Callable[[Path], AbstractAsyncContextManager[Open]]] = {
    "sqlite": _sqlite,
    "postgres": _postgres,
}
FILES: dict[str, Callable[[Path], AbstractContextManager[Files]]] = {"folder": _folder}
QUEUES: dict[str, Callable[[], Queue]] = {"embedded": EmbeddedQueue}
VAULTS: dict[str, Callable[[bytes], Vault]] = {"cryptography": CryptographyVault}
