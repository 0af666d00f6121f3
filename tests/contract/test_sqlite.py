"""What only SQLite does: one file, one writer, readers beside it, and a schema that may be missing."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from app.adapters import sqlite
from app.adapters.sqlite import SqliteDatabase
from app.core.errors import Unavailable
from app.shops.tables import shops
from tests.apps import migrated
from tests.fakes.ports import START

pytestmark = pytest.mark.anyio


@pytest.fixture
async def db(tmp_path: Path, anyio_backend: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SqliteDatabase]:
    monkeypatch.setattr(sqlite, "BUSY_S", 0.05)
    database = SqliteDatabase(migrated(tmp_path))
    yield database
    await database.close()


@contextmanager
def written(path: Path) -> Iterator[sqlite3.Connection]:
    """While somebody else's write is under way."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO shops (id, created_at, updated_at) VALUES ('theirs', '', '')")
        yield other


def shop(name: str) -> Any:
    return insert(shops).values(id=name, created_at=START, updated_at=START)


async def test_a_reader_does_not_wait_for_somebody_elses_write(db: SqliteDatabase, tmp_path: Path) -> None:
    await db.batch(shop("ours"))
    with written(tmp_path / "artify.db"):
        assert await db.all(select(shops.c.id)) == [{"id": "ours"}]


async def test_a_writer_that_waited_long_enough_says_unavailable_and_writes_nothing(
    db: SqliteDatabase, tmp_path: Path
) -> None:
    with written(tmp_path / "artify.db"), pytest.raises(Unavailable) as fault:
        await db.batch(shop("ours"))
    assert (fault.value.code, fault.value.retryable) == ("database_unavailable", True)
    assert await db.all(select(shops.c.id)) == []


async def test_a_writer_goes_on_when_the_lock_is_gone(db: SqliteDatabase, tmp_path: Path) -> None:
    with written(tmp_path / "artify.db") as other:
        with pytest.raises(Unavailable):
            await db.batch(shop("ours"))
        other.execute("COMMIT")
    await db.batch(shop("ours"))
    assert len(await db.all(select(shops.c.id))) == 2


async def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "artify.db").mkdir()
    database = SqliteDatabase(tmp_path / "artify.db")
    with pytest.raises(Unavailable):
        await database.one(select(shops.c.id))
    await database.close()


async def test_a_missing_table_is_a_fault_and_no_busy_database(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "empty.db")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await database.one(select(shops.c.id))
    await database.close()


async def test_a_connection_is_durable_and_keeps_foreign_keys(tmp_path: Path) -> None:
    with closing(sqlite.connect(tmp_path / "new" / "artify.db")) as handle:
        asked = ("journal_mode", "foreign_keys", "synchronous")
        assert [handle.execute(f"PRAGMA {name}").fetchone()[0] for name in asked] == ["wal", 1, 2]


async def test_what_was_written_is_there_after_closing(tmp_path: Path) -> None:
    for name in ("first", "second"):
        database = SqliteDatabase(migrated(tmp_path))
        await database.batch(shop(name))
        await database.close()
    with closing(sqlite3.connect(tmp_path / "artify.db")) as handle:
        assert [row[0] for row in handle.execute("SELECT id FROM shops ORDER BY id")] == ["first", "second"]
