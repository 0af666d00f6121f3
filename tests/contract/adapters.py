"""Every adapter of the ports Database, Files, Queue and Vault, by name. A new one is added here and nowhere else."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Protocol

import uvicorn

from app.adapters.database.postgres import PostgresDatabase
from app.adapters.database.sqlite import SqliteDatabase
from app.adapters.files.s3 import S3Files
from app.adapters.queue.embedded import EmbeddedQueue
from app.adapters.queue.sqs import SqsQueue
from app.adapters.vault.cryptography import CryptographyVault
from app.core.log import Log
from app.core.ports.database import Database
from app.core.ports.files import Files
from app.core.ports.queue import Queue, WaitsForWakeUps
from app.core.ports.vault import Vault
from app.core.times import SystemClock
from handlers import routes
from tests import postgres
from tests.apps import make_app, migrated
from tests.aws import servers as aws_servers
from tests.edge import adapter_worker, worker_clients

Open = Callable[[], Database]
"""Another client of the same database, with connections of its own."""


class OwnQueue(Queue, WaitsForWakeUps, Protocol):
    """A queue whose jobs this process runs; the others leave that to their platform."""


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


@contextmanager
def _s3(folder: Path) -> Iterator[Files]:
    """A bucket of its own in SeaweedFS, open to browsers of any origin as template.yaml says."""
    yield S3Files(aws_servers.bucket(), endpoint=aws_servers.seaweedfs(), region=aws_servers.REGION)


def _sqs() -> Queue:
    """A queue of its own in moto's server."""
    made = aws_servers.queue()
    return SqsQueue(made, Log(io.StringIO()), endpoint=aws_servers.moto(), region=aws_servers.REGION)


DATABASES: dict[str, Callable[[Path], AbstractAsyncContextManager[Open]]] = {
    "sqlite": _sqlite,
    "postgres": _postgres,
    "d1": adapter_worker.d1,
}
FILES: dict[str, Callable[[Path], AbstractContextManager[Files]]] = {
    "folder": _folder,
    "s3": _s3,
    "r2": worker_clients.r2,
}
OWN_QUEUES: dict[str, Callable[[], OwnQueue]] = {"embedded": EmbeddedQueue}
QUEUES: dict[str, Callable[[], Queue]] = {**OWN_QUEUES, "sqs": _sqs, "cloudflare": worker_clients.CloudQueue}
VAULTS: dict[str, Callable[..., Vault]] = {"cryptography": CryptographyVault, "webcrypto": adapter_worker.WebCrypto}
