"""SQLite, a folder and the embedded queue: the server in a thread of this process."""

from __future__ import annotations

import asyncio
import io
import socket
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from app.adapters.files.folder import TYPE_SUFFIX
from app.core.log import Log
from app.core.settings import Settings
from app.wiring import build
from handlers.server import Server
from tests import apps
from tests.setups import sqlite_file
from tests.setups.base import Neighbours, SetUp, neighbours

Watch = Callable[[Any], None]


@contextmanager
def opened(folder: Path, watch: Watch | None = None) -> Iterator[SetUp]:
    """The set-up, running, with its database and files in the folder. `watch` is given every statement of the app."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with neighbours(url) as beside:
            setup = OneProcess(url, beside, folder, listener, watch)
            setup.fill()
            with setup.http, setup.running:
                setup.start()
                yield setup


class OneProcess(SetUp):
    name = "sqlite"

    def __init__(self, url: str, beside: Neighbours, folder: Path, listener: socket.socket, watch: Watch | None = None):
        super().__init__(url, beside)
        self.database, self.files, self.running = apps.migrated(folder), folder / "files", ExitStack()
        self._listener, self._log, self._watch = listener, io.StringIO(), watch
        self.environ = {
            **beside.environ,
            "DATABASE_URL": f"sqlite:///{self.database}",
            "FILES_URL": f"file:{self.files}",
        }

    def start(self) -> None:
        self.running.enter_context(_served(self.environ, self._listener.dup(), self._log, self._watch))

    def cron(self) -> None:
        """A server sweeps as it starts, and every minute then. It needs no cron for its jobs."""
        if self.is_unswept():
            self.running.close()
            self.start()
            self.wait_until_swept()

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        return sqlite_file.rows(self.database, sql, *values)

    def execute(self, *statements: str) -> None:
        sqlite_file.execute(self.database, *statements)

    def objects(self) -> Collection[str]:
        found = (path for path in self.files.rglob("*") if path.is_file() and path.suffix != TYPE_SUFFIX)
        return [str(path.relative_to(self.files)) for path in found]

    def stored(self, key: str) -> bytes:
        return (self.files / key).read_bytes()

    def log(self) -> str:
        return self._log.getvalue()


@contextmanager
def _served(environ: dict[str, str], listener: socket.socket, log: io.StringIO, watch: Watch | None) -> Iterator[None]:
    app = build(Settings.load(environ), log=Log(log))
    if watch:
        _watch(app.db, watch)
    config = uvicorn.Config(Server(app), log_config=None, access_log=False, ws="none", lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
        asyncio.run(apps.close(app))


def _watch(db: Any, watch: Watch) -> None:
    """Show a database's statements before it runs them; `one` asks by `all`."""
    read, write = db.all, db.batch

    async def watched_all(statement: Any, *values: Any) -> Any:
        watch(statement)
        return await read(statement, *values)

    async def watched_batch(*statements: Any) -> Any:
        for statement in statements:
            watch(statement)
        return await write(*statements)

    db.all, db.batch = watched_all, watched_batch
