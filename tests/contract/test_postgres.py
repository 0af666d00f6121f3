"""What only PostgreSQL does: writers that collide, a pool that outlives its server's faults, and poolers between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import column, func, insert, select, table, update

from app.adapters.database import postgres
from app.adapters.database.postgres import TRIES_WAIT_S, PostgresDatabase
from app.core.errors import ConstraintError, Unavailable
from app.core.ports.database import Database
from app.shops.tables import rate_limits, shops
from tests.fakes.ports import START
from tests.integration.world import until
from tests.postgres import database, execute, made, rows

pytestmark = pytest.mark.anyio
OTHERS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
STATEMENTS = table("pg_prepared_statements", column("name"))
FIRST_TRIES_FAIL = """
CREATE SEQUENCE tries;  -- it counts what is undone too
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF nextval('tries') <= {count} THEN RAISE EXCEPTION USING ERRCODE = '{code}'; END IF;
  RETURN new;
END $$;
CREATE TRIGGER fail BEFORE INSERT ON shops FOR EACH ROW EXECUTE FUNCTION fail();
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return database(tmp_path)


@pytest.fixture
def waits() -> list[float]:
    """How long the database would have waited between tries."""
    return []


@pytest.fixture
async def db(url: str, waits: list[float], anyio_backend: str) -> AsyncIterator[PostgresDatabase]:
    async def note(seconds: float) -> None:
        waits.append(seconds)

    opened = PostgresDatabase(url, sleep=note)
    yield opened
    await opened.close()


@asynccontextmanager
async def opponent(url: str) -> AsyncIterator[Any]:
    """A client that is not the app, in a transaction; it never notices a deadlock itself."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("BEGIN; SET LOCAL deadlock_timeout = '1min'")
        yield connection
    finally:
        await connection.close()


def shop(name: str) -> Any:
    return insert(shops).values(id=name, created_at=START, updated_at=START)


def counter(name: str) -> Any:
    return insert(rate_limits).values(key=name, window_start=START, expires_at=START)


def count_up(name: str) -> Any:
    return update(rate_limits).where(rate_limits.c.key == name).values(count=rate_limits.c.count + 1)


async def ids(db: Database) -> list[str]:
    return [row["id"] for row in await db.all(select(shops.c.id).order_by(shops.c.id))]


def waiting(url: str) -> int:
    """How many clients wait for a lock."""
    return len(rows(url, f"{OTHERS} AND wait_event_type = 'Lock'"))


@pytest.mark.parametrize("code", ["40001", "40P01"], ids=["serialization", "deadlock"])
async def test_a_batch_that_collided_is_tried_again_after_a_growing_wait(
    db: PostgresDatabase, url: str, waits: list[float], code: str
) -> None:
    execute(url, FIRST_TRIES_FAIL.format(count=3, code=code))
    await db.batch(counter("k"), shop("a"))
    assert await ids(db) == ["a"]
    assert len(await db.all(select(rate_limits.c.key))) == 1
    assert [most / 2 <= wait <= most for wait, most in zip(waits, TRIES_WAIT_S, strict=False)] == [True] * 3


async def test_a_batch_that_collides_every_time_is_unavailable_and_writes_nothing(
    db: PostgresDatabase, url: str, waits: list[float]
) -> None:
    execute(url, FIRST_TRIES_FAIL.format(count=1000, code="40001"))
    with pytest.raises(Unavailable) as fault:
        await db.batch(counter("k"), shop("a"))
    assert fault.value.retryable
    assert len(waits) == len(TRIES_WAIT_S)
    assert await db.all(select(rate_limits.c.key)) == []


async def test_a_real_deadlock_ends_with_both_writes(db: PostgresDatabase, url: str, waits: list[float]) -> None:
    """The opponent waits for our row before we ask for its row, so that we are the one to notice."""
    await db.batch(counter("k"), counter("l"))
    async with opponent(url) as other, opponent(url) as gate:
        await other.execute("UPDATE rate_limits SET count = count + 10 WHERE key = 'l'")
        await gate.execute("SELECT pg_advisory_xact_lock(1)")
        ours = asyncio.create_task(db.batch(count_up("k"), select(func.pg_advisory_xact_lock(1)), count_up("l")))
        await until(lambda: waiting(url) == 1)
        theirs = asyncio.create_task(other.execute("UPDATE rate_limits SET count = count + 10 WHERE key = 'k'"))
        await until(lambda: waiting(url) == 2)
        await gate.execute("COMMIT")
        await theirs
        await other.execute("COMMIT")
        await ours
    found = await db.all(select(rate_limits.c.key, rate_limits.c.count).order_by(rate_limits.c.key))
    assert found == [{"key": "k", "count": 11}, {"key": "l", "count": 11}]
    assert waits


async def test_a_broken_constraint_is_not_tried_again(db: PostgresDatabase, waits: list[float]) -> None:
    with pytest.raises(ConstraintError, match="pk_shops"):
        await db.batch(shop("a"), shop("a"))
    assert waits == []


async def test_a_statement_that_runs_too_long_is_unavailable(
    db: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "STATEMENT_S", 0.05)
    with pytest.raises(Unavailable) as fault:
        await db.one(select(func.pg_sleep(60)))
    assert (fault.value.code, fault.value.retryable) == ("database_unavailable", True)
    assert await ids(db) == []


async def test_a_writer_that_waits_too_long_for_a_lock_is_unavailable_and_writes_nothing(
    db: PostgresDatabase, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await db.batch(counter("k"))
    monkeypatch.setattr(postgres, "STATEMENT_S", 0.05)
    async with opponent(url) as other:
        await other.execute("UPDATE rate_limits SET count = 5")
        with pytest.raises(Unavailable):
            await db.batch(shop("a"), count_up("k"))
    assert await ids(db) == []


async def test_a_reader_does_not_wait_for_somebody_elses_write(db: PostgresDatabase, url: str) -> None:
    await db.batch(shop("a"))
    async with opponent(url) as other:
        await other.execute("UPDATE shops SET id = 'b'")
        assert await ids(db) == ["a"]


async def test_connections_that_died_while_idle_are_replaced(db: PostgresDatabase, url: str) -> None:
    await asyncio.gather(*[db.batch(shop(str(at))) for at in range(5)])
    ended = rows(url, f"SELECT pg_terminate_backend(pid, 5000) FROM ({OTHERS}) AS others")
    assert len(ended) >= 1
    await db.batch(shop("after"))
    assert await ids(db) == ["0", "1", "2", "3", "4", "after"]


async def test_a_connection_that_dies_within_a_batch_is_unavailable_and_writes_nothing(
    db: PostgresDatabase, waits: list[float]
) -> None:
    with pytest.raises(Unavailable):
        await db.batch(shop("a"), select(func.pg_terminate_backend(func.pg_backend_pid()).label("ended")))
    assert await ids(db) == []
    assert waits == []


async def test_a_caller_that_gives_up_leaves_no_lock_and_no_row(db: PostgresDatabase, url: str) -> None:
    await db.batch(counter("k"))
    async with opponent(url) as other:
        await other.execute("UPDATE rate_limits SET count = 5")
        task = asyncio.create_task(db.batch(shop("a"), count_up("k")))
        await until(lambda: waiting(url) == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await db.batch(count_up("k"))
    assert await ids(db) == []


@pytest.mark.parametrize(
    "address",
    ["postgresql://127.0.0.1:1/artify", "postgresql://artify@artify.invalid/artify"],
    ids=["nobody listens", "no such host"],
)
async def test_a_server_that_is_not_there_is_unavailable(address: str) -> None:
    nowhere = PostgresDatabase(address)
    with pytest.raises(Unavailable):
        await nowhere.one(select(shops.c.id))
    await nowhere.close()


async def test_a_database_that_is_not_there_is_unavailable(url: str) -> None:
    nowhere = PostgresDatabase(url.replace("artify_test_", "nobody_"))
    with pytest.raises(Unavailable):
        await nowhere.one(select(shops.c.id))
    await nowhere.close()


async def test_a_missing_table_is_a_fault_and_no_busy_database(anyio_backend: str, url: str) -> None:
    empty = PostgresDatabase(made())
    with pytest.raises(asyncpg.UndefinedTableError):
        await empty.one(select(shops.c.id))
    await empty.close()


async def test_a_nul_in_text_is_replaced_and_one_in_json_kept(db: PostgresDatabase) -> None:
    values = {"shop_name": "a\0b", "settings": {"\0": "\0"}}
    await db.batch(insert(shops).values(id="a", created_at=START, updated_at=START, **values))
    found = await db.one(select(shops.c.shop_name, shops.c.settings).where(shops.c.id != "\0"))
    assert found == values | {"shop_name": "a\ufffdb"}


async def test_nothing_stays_in_a_session_that_a_pooler_would_give_to_another(db: PostgresDatabase) -> None:
    """One connection after another would see a prepared statement or a setting that was left behind."""
    limit = select(func.current_setting("statement_timeout").label("limit"))
    assert await db.one(limit) == {"limit": "10s"}
    await db.batch(shop("a"), shop("b"))
    assert await db.all(select(STATEMENTS.c.name)) == []
    [pool] = db._pools.values()
    async with pool.acquire() as connection:
        assert await connection.fetchval("SHOW statement_timeout") == "0"
        assert not connection.is_in_transaction()


async def test_reads_and_writes_keep_to_the_pools_size(db: PostgresDatabase) -> None:
    await asyncio.gather(*[db.batch(shop(f"{at:03}")) for at in range(60)], *[ids(db) for _ in range(60)])
    assert len(await ids(db)) == 60
    [pool] = db._pools.values()
    assert pool.get_size() <= postgres.POOL_SIZE


async def test_nothing_connects_before_the_first_statement(db: PostgresDatabase, url: str) -> None:
    await db.batch()
    assert rows(url, OTHERS) == []
    await ids(db)
    assert len(rows(url, OTHERS)) == 1


def test_a_database_serves_one_loop_after_another(url: str) -> None:
    database = PostgresDatabase(url)

    async def add(name: str) -> list[str]:
        await database.batch(shop(name))
        found = await ids(database)
        await database.close()
        return found

    assert asyncio.run(add("a")) == ["a"]
    assert asyncio.run(add("b")) == ["a", "b"]


async def test_loops_side_by_side_share_a_database_and_close_it_together(db: PostgresDatabase, url: str) -> None:
    read, closed = Future[list[str]](), Future[None]()

    async def other() -> None:
        read.set_result(await ids(db))
        await asyncio.wrap_future(closed)

    await db.batch(shop("a"))
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(lambda: asyncio.run(other()))
        assert await asyncio.wrap_future(read) == ["a"]
        await db.close()
        closed.set_result(None)
        await asyncio.wrap_future(running)
    await until(lambda: rows(url, OTHERS) == [])
