"""What only SQLite does: one file, one writer, readers beside it, and a schema that may be missing."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, literal_column, select, text, update

from app.adapters.database import sqlite
from app.adapters.database.sqlite import SqliteDatabase
from app.core.errors import Refused, Unavailable
from app.core.ports.database import Expect
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


def raw(folder: Path) -> bytes:
    """Every byte of the database's files."""
    return b"".join(path.read_bytes() for path in folder.glob("artify.db*"))


def modes(folder: Path) -> dict[str, int]:
    """The mode of each file and folder in a folder."""
    return {path.relative_to(folder).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}


def shop(name: str) -> Any:
    return insert(shops).values(id=name, created_at=START, updated_at=START)


async def test_a_reader_does_not_wait_for_somebody_elses_write(db: SqliteDatabase, tmp_path: Path) -> None:
    await db.batch(shop("ours"))
    with written(tmp_path / "artify.db"):
        assert await db.all(select(shops.c.id)) == [{"id": "ours"}]


async def test_a_read_that_takes_long_delays_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    may_end, connect = threading.Event(), sqlite.connect

    def with_wait(path: Path) -> sqlite3.Connection:
        handle = connect(path)
        handle.create_function("wait", 0, lambda: may_end.wait(60))
        return handle

    monkeypatch.setattr(sqlite, "connect", with_wait)
    db, wait = SqliteDatabase(migrated(tmp_path)), select(literal_column("wait()").label("is_over"))
    waiting = [asyncio.ensure_future(db.all(wait)) for _ in range(sqlite.READERS - 1)]
    await db.batch(shop("ours"))
    assert await db.all(select(shops.c.id)) == [{"id": "ours"}]
    assert not any(each.done() for each in waiting)
    may_end.set()
    assert await asyncio.gather(*waiting) == [[{"is_over": 1}]] * (sqlite.READERS - 1)
    await db.close()


async def test_a_read_sees_what_was_committed_before_it_on_whichever_connection(db: SqliteDatabase) -> None:
    for number in range(20):
        await db.batch(shop(f"shop-{number}"))
        alone = await asyncio.gather(*[db.all(select(shops.c.id)) for _ in range(sqlite.READERS)])
        batches = await asyncio.gather(*[db.batch(select(shops.c.id)) for _ in range(sqlite.READERS)])
        assert {len(rows) for rows in alone} == {len(result.rows) for [result] in batches} == {number + 1}


async def test_a_read_cannot_write(db: SqliteDatabase) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await db.all(shop("ours"))
    await db.batch(shop("ours"))
    assert await db.all(select(shops.c.id)) == [{"id": "ours"}]


async def test_a_closed_database_opens_again(db: SqliteDatabase) -> None:
    await db.batch(shop("ours"))
    await asyncio.gather(*[db.all(select(shops.c.id)) for _ in range(sqlite.READERS)])
    await db.close()
    assert await db.all(select(shops.c.id)) == [{"id": "ours"}]


async def test_reads_that_begin_with_a_table_expression_do_not_wait_either(db: SqliteDatabase, tmp_path: Path) -> None:
    await db.batch(shop("ours"))
    named = select(shops.c.id).where(shops.c.id == "ours").cte("named")
    with written(tmp_path / "artify.db"):
        [result] = await db.batch(select(named.c.id))
    assert result.rows == [{"id": "ours"}]


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
        asked = ("journal_mode", "foreign_keys", "synchronous", "secure_delete", "temp_store")
        assert [handle.execute(f"PRAGMA {name}").fetchone()[0] for name in asked] == ["wal", 1, 2, 1, 2]


async def test_a_new_database_and_the_files_beside_it_are_their_owners_alone(tmp_path: Path, no_umask: None) -> None:
    database = SqliteDatabase(tmp_path / "new" / "deep" / "artify.db")
    await database.batch(text("CREATE TABLE t (x)"))
    found = modes(tmp_path)
    await database.close()
    assert found == {
        "new": 0o700,
        "new/deep": 0o700,
        **{f"new/deep/artify.db{suffix}": 0o600 for suffix in ("", "-wal", "-shm")},
    }


async def test_a_database_that_an_operator_shares_stays_shared(tmp_path: Path) -> None:
    migrated(tmp_path).chmod(0o660)
    database = SqliteDatabase(tmp_path / "artify.db")
    await database.batch(shop("ours"))
    await database.close()
    assert modes(tmp_path) == {"artify.db": 0o660}


@pytest.mark.parametrize("size", [20, 3_000, 40_000])
async def test_what_was_deleted_changed_or_never_committed_is_in_no_byte_once_it_is_scrubbed(
    db: SqliteDatabase, tmp_path: Path, size: int
) -> None:
    """Short enough for a cell, longer than a page, and over several; beside rows that stay."""
    for number in range(30):
        await db.batch(shop(f"kept-{number}"))
    await db.batch(*[shop(name).values(shop_name=f"planted-{name}" + "x" * size) for name in ("gone", "changed")])
    await db.batch(update(shops).where(shops.c.id == "changed").values(shop_name="other"))
    await db.batch(delete(shops).where(shops.c.id == "gone"))
    missed = Expect(update(shops).where(shops.c.id == "nobody").values(shop_name=""), "missed")
    with pytest.raises(Refused):
        await db.batch(shop("undone").values(shop_name="planted-undone" + "x" * size), missed)
    assert b"planted" in raw(tmp_path)
    assert await db.scrub()
    assert b"planted" not in raw(tmp_path)
    assert b"kept-29" in raw(tmp_path)


async def test_scrubbing_waits_for_no_reader_and_can_be_tried_again(
    db: SqliteDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "SCRUB_S", 0.05)
    await db.batch(shop("planted"))
    with closing(sqlite3.connect(tmp_path / "artify.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT id FROM shops").fetchall()
        await db.batch(delete(shops))
        assert not await db.scrub()
        await db.batch(shop("next"))  # writing goes on
    assert await db.scrub()
    assert b"planted" not in raw(tmp_path)


async def test_scrubbing_ends_while_reads_follow_one_another_without_a_gap(db: SqliteDatabase, tmp_path: Path) -> None:
    for number in range(200):
        await db.batch(shop(f"planted-{number}"))
    await db.batch(delete(shops))

    async def read() -> int:
        count = 0
        while not is_over:
            await db.all(select(shops.c.id))
            count += 1
        return count

    is_over = False
    reading = [asyncio.ensure_future(read()) for _ in range(sqlite.READERS * 2)]
    assert await db.scrub()
    is_over = True
    assert sum(await asyncio.gather(*reading)) > 0
    assert b"planted" not in raw(tmp_path)


async def test_scrubbing_beside_somebody_elses_write_can_be_tried_again(db: SqliteDatabase, tmp_path: Path) -> None:
    await db.batch(shop("planted"))
    await db.batch(delete(shops))
    with written(tmp_path / "artify.db") as other:
        assert not await db.scrub()
        other.execute("ROLLBACK")
    assert await db.scrub()
    assert b"planted" not in raw(tmp_path)


async def test_what_was_written_is_there_after_closing(tmp_path: Path) -> None:
    for name in ("first", "second"):
        database = SqliteDatabase(migrated(tmp_path))
        await database.batch(shop(name))
        await database.close()
    with closing(sqlite3.connect(tmp_path / "artify.db")) as handle:
        assert [row[0] for row in handle.execute("SELECT id FROM shops ORDER BY id")] == ["first", "second"]
