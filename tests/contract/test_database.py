"""What every Database does: reads, atomic batches, the errors of our own, and D1's limits everywhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, literal, select, update

from app.catalog.tables import products
from app.core.errors import ConstraintError, Refused
from app.core.ports.connections import Closes
from app.core.ports.database import Database, Expect
from app.core.tables import upsert
from app.jobs.tables import jobs
from app.shops.tables import rate_limits, shops
from tests.contract.adapters import DATABASES, Open
from tests.fakes.ports import START

pytestmark = pytest.mark.anyio
STAMPS = {"created_at": START, "updated_at": START}


@pytest.fixture(params=DATABASES)
async def another(request: pytest.FixtureRequest, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Open]:
    async with DATABASES[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture
async def db(another: Open) -> Database:
    return another()


def shop(name: str, **values: Any) -> Any:
    return upsert(shops).values(id=name, **values, **STAMPS)


def product(name: str, shop_id: str = "a", **values: Any) -> Any:
    return upsert(products).values(id=name, shop_id=shop_id, title=name, **values, **STAMPS)


def counter(name: str, count: int = 0) -> Any:
    return upsert(rate_limits).values(key=name, window_start=START, count=count, expires_at=START)


def count_up(name: str, limit: int) -> Any:
    return (
        update(rate_limits)
        .where(rate_limits.c.key == name, rate_limits.c.count < limit)
        .values(count=rate_limits.c.count + 1)
    )


async def ids(db: Database) -> list[str]:
    return [row["id"] for row in await db.all(select(shops.c.id).order_by(shops.c.id))]


async def refusal(db: Database, *statements: Any) -> Exception:
    with pytest.raises((Refused, ConstraintError)) as caught:
        await db.batch(*statements)
    return caught.value


async def test_one_is_the_row_or_none(db: Database) -> None:
    await db.batch(shop("a"))
    found = select(shops.c.id, shops.c.currency)
    assert await db.one(found.where(shops.c.id == "a")) == {"id": "a", "currency": "USD"}
    assert await db.one(found.where(shops.c.id == "b")) is None


async def test_all_are_the_rows_in_the_order_asked_for(db: Database) -> None:
    await db.batch(shop("b"), shop("a"), shop("c"))
    assert await ids(db) == ["a", "b", "c"]


async def test_columns_keep_their_labels(db: Database) -> None:
    await db.batch(shop("a"))
    asked = select(shops.c.id.label("domain"), func.count().label("n"), literal("x").label("word"))
    assert await db.all(asked.group_by(shops.c.id)) == [{"domain": "a", "n": 1, "word": "x"}]


async def test_a_batch_runs_in_order_and_says_what_each_statement_did(db: Database) -> None:
    results = await db.batch(
        shop("a"),
        shop("b"),
        update(shops).values(shop_name="Both"),
        delete(shops).where(shops.c.id == "nobody"),
        select(func.count().label("n")).select_from(shops),
    )
    assert [result.rowcount for result in results[:4]] == [1, 1, 2, 0]
    assert [list(result.rows) for result in results] == [[], [], [], [], [{"n": 2}]]


async def test_returning_gives_rows_and_a_count(db: Database) -> None:
    await db.batch(shop("a"), shop("b"))
    renamed = update(shops).values(is_active=False).returning(shops.c.id, shops.c.is_active, shops.c.created_at)
    (result,) = await db.batch(renamed)
    assert result.rowcount == 2
    assert sorted(result.rows, key=lambda row: str(row["id"])) == [
        {"id": "a", "is_active": False, "created_at": START},
        {"id": "b", "is_active": False, "created_at": START},
    ]


async def test_an_empty_batch_does_nothing(db: Database) -> None:
    assert list(await db.batch()) == []


async def test_a_statement_sees_what_those_before_it_wrote(db: Database) -> None:
    await db.batch(shop("a"), product("p"), Expect(update(products).values(title="Seen"), "unseen"))
    assert await db.one(select(products.c.title)) == {"title": "Seen"}


async def test_a_fault_undoes_the_whole_batch(db: Database) -> None:
    await refusal(db, shop("a"), product("p"), shop("a"))
    assert await ids(db) == []


async def test_an_expectation_that_is_missed_undoes_everything_and_says_its_code(db: Database) -> None:
    await db.batch(counter("k", 3))
    fault = await refusal(db, shop("a"), Expect(count_up("k", 3), "limit_reached"), shop("b"))
    assert isinstance(fault, Refused)
    assert fault.code == "limit_reached"
    assert await ids(db) == []


async def test_the_first_expectation_that_is_missed_gives_the_code(db: Database) -> None:
    fault = await refusal(db, Expect(count_up("k", 3), "first"), Expect(count_up("k", 3), "second"))
    assert str(fault) == "first"


async def test_an_expectation_that_is_met_changes_nothing_about_the_statement(db: Database) -> None:
    await db.batch(counter("k"))
    wanted = Expect(count_up("k", 3).returning(rate_limits.c.count), "limit_reached")
    (result,) = await db.batch(wanted)
    assert (list(result.rows), result.rowcount) == ([{"count": 1}], 1)


@pytest.mark.parametrize("rows", [0, 2])
async def test_an_expectation_may_want_any_number_of_rows(db: Database, rows: int) -> None:
    await db.batch(*[counter(f"k{at}") for at in range(rows)])
    await db.batch(Expect(delete(rate_limits), "others", rows))
    assert await db.all(select(rate_limits)) == []


async def test_too_many_rows_miss_an_expectation_too(db: Database) -> None:
    await db.batch(counter("k"), counter("l"))
    assert str(await refusal(db, Expect(delete(rate_limits), "only_one"))) == "only_one"
    assert len(await db.all(select(rate_limits.c.key))) == 2


async def test_a_refused_batch_leaves_the_connection_usable(db: Database) -> None:
    await refusal(db, Expect(count_up("k", 3), "limit_reached"))
    await db.batch(shop("a"))
    assert await ids(db) == ["a"]


@pytest.mark.parametrize(
    ("statements", "name"),
    [
        ([shop("a"), shop("a")], "pk_shops"),
        ([product("p", "nobody")], "foreign_key"),
        (
            [shop("a"), product("p", shopify_product_id="1"), product("q", shopify_product_id="1")],
            "uq_products_shop_id_shopify_product_id",
        ),
        ([counter("k"), counter("k")], "pk_rate_limits"),
    ],
)
async def test_a_broken_constraint_is_told_by_its_name(db: Database, statements: list[Any], name: str) -> None:
    fault = await refusal(db, *statements)
    assert isinstance(fault, ConstraintError)
    assert fault.name == name


def job(name: str, **values: Any) -> Any:
    wanted = {"shop_id": "a", "kind": "k", "subject_id": "s", "dedupe_key": name, "run_at": START} | values
    return upsert(jobs).values(id=name, **wanted, **STAMPS)


async def test_a_broken_check_is_told_by_its_name(db: Database) -> None:
    assert str(await refusal(db, job("j", status="asleep"))) == "ck_jobs_status_known"


async def test_a_unique_column_is_told_by_its_name(db: Database) -> None:
    fault = await refusal(db, job("j", dedupe_key="once"), job("i", dedupe_key="once"))
    assert str(fault) == "uq_jobs_dedupe_key"


async def test_a_parent_that_is_deleted_takes_its_children_along(db: Database) -> None:
    await db.batch(shop("a"), product("p"))
    await db.batch(delete(shops))
    assert await db.all(select(products.c.id)) == []


async def test_an_upsert_inserts_then_updates_one_row(db: Database) -> None:
    once = counter("k", 1).on_conflict_do_update(
        index_elements=["key"], set_={"count": rate_limits.c.count + 10, "expires_at": START}
    )
    counts = [(await db.batch(once.returning(rate_limits.c.count)))[0].rows[0]["count"] for _ in range(3)]
    assert counts == [1, 11, 21]


async def test_an_insert_that_meets_its_twin_may_do_nothing(db: Database) -> None:
    once = counter("k", 1).on_conflict_do_nothing(index_elements=["key"])
    results = [(await db.batch(once))[0].rowcount for _ in range(2)]
    assert results == [1, 0]


async def test_sixteen_clients_at_once_pass_a_limit_of_three_exactly_three_times(another: Open) -> None:
    clients = [another() for _ in range(16)]
    await clients[0].batch(counter("k"))

    async def attempt(client: Database, name: int) -> bool:
        try:
            await client.batch(shop(str(name)), Expect(count_up("k", 3), "limit_reached"))
        except Refused:
            return False
        return True

    passed = await asyncio.gather(*[attempt(client, name) for name, client in enumerate(clients)])
    assert sum(passed) == 3
    assert len(await ids(clients[0])) == 3
    assert await clients[1].one(select(rate_limits.c.count)) == {"count": 3}


async def test_what_one_client_wrote_another_reads(another: Open) -> None:
    one, other = another(), another()
    await one.batch(shop("a"))
    assert await ids(other) == ["a"]
    await other.batch(shop("b"))
    assert await ids(one) == ["a", "b"]


async def test_many_reads_and_writes_of_one_client_go_on_at_once(db: Database) -> None:
    await asyncio.gather(*[db.batch(shop(f"{at:02}")) for at in range(20)], *[ids(db) for _ in range(20)])
    assert await ids(db) == [f"{at:02}" for at in range(20)]


@pytest.mark.parametrize("name", ["sqlite", "postgres"])
async def test_a_database_that_was_closed_twice_can_be_used_again(name: str, tmp_path: Path) -> None:
    async with DATABASES[name](tmp_path) as opened:
        db = opened()
        assert isinstance(db, Closes)
        await db.batch(shop("a"))
        await db.close()
        await db.close()
        assert await ids(db) == ["a"]
