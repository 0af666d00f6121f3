"""The minute's sweeps: what they look at, what they delete, and what they leave alone when there is nothing to do."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app import media, privacy
from app.adapters.database.sql import compile_sql
from app.adapters.database.sqlite_dialect import DIALECT
from app.capabilities import CAPABILITIES
from app.core.app import App
from app.core.ids import new_id
from app.core.ports.database import Database, Expect, Result, Row
from app.core.tables import metadata, upsert
from app.media.queries import insert_asset
from app.privacy import all_personal_data
from app.privacy.model import GONE_LIFE
from app.privacy.queries import retention
from app.privacy.queries import shops as shop_queries
from app.privacy.retention import SWEEPS
from app.wiring import schema
from handlers import jobs as runner
from tests.apps import SHOP, clock_of, open_shop, stock

pytestmark = pytest.mark.anyio
SMALL = r"sweeps|anon_\d+|json_each"
"""What a sweep may read as a whole: the table of rounds, a page that a subquery has chosen, and a list of values."""


@dataclass
class Watched:
    """A database that remembers the statements which it was asked."""

    db: Database
    read: list[Any] = field(default_factory=list)
    written: list[Any] = field(default_factory=list)

    async def one(self, statement: Any) -> Row | None:
        self.read.append(statement)
        return await self.db.one(statement)

    async def all(self, statement: Any) -> Sequence[Row]:
        self.read.append(statement)
        return await self.db.all(statement)

    async def batch(self, *statements: Any) -> Sequence[Result]:
        for each in statements:
            (self.read if compile_sql(each, DIALECT).is_select else self.written).append(each)
        return await self.db.batch(*statements)


async def swept(app: App) -> Watched:
    watched = Watched(app.db)
    await runner.sweep(replace(app, db=watched))
    return watched


async def file(app: App, purpose: str, **changes: Any) -> str:
    """A file of the shop that was deleted just now."""
    asset_id, now = new_id(), app.clock.now()
    asset = media.Asset(asset_id, SHOP, f"{SHOP}/{purpose}/{asset_id}.jpg", purpose, None, "image/jpeg", 10)
    await app.db.batch(insert_asset(replace(asset, deleted_at=now, **changes), now))
    return asset_id


async def insert(app: App, table: str, **values: Any) -> str:
    now, row_id = app.clock.now(), new_id()
    row = {"id": row_id, "shop_id": SHOP, "created_at": now, "updated_at": now} | values
    await app.db.batch(upsert(metadata.tables[table]).values(**row))
    return row_id


async def ids(app: App, table: str) -> set[str]:
    return {row["id"] for row in await app.db.all(select(metadata.tables[table].c.id))}


async def test_a_minute_with_nothing_to_do_writes_nothing(app: App) -> None:
    await open_shop(app)
    assert (await swept(app)).written != [], "the day's rounds begin"
    clock_of(app).move(minutes=1)
    idle = await swept(app)
    assert idle.written == []
    assert len(idle.read) >= 8


async def test_no_sweep_reads_a_whole_table(app: App) -> None:
    await open_shop(app)
    for purpose in ("upload", "master"):
        await file(app, purpose)
    clock_of(app).move(days=40)
    watched = await swept(app)
    lives = all_personal_data(CAPABILITIES)
    now = app.clock.now()
    deletions = [
        *[retention.delete_aged(now, table, 5) for table in retention.Aged],
        retention.delete_file_rows(["one"], now, lives),
        retention.delete_sessions(["one"], now, lives),
    ]
    plans = dict(map(explained, [*watched.read, *watched.written, *deletions]))
    assert len(plans) >= 20
    assert {text: plan for text, plan in plans.items() if scans(plan)} == {}


def explained(statement: Any) -> tuple[str, list[str]]:
    """The text of a statement and the steps by which SQLite would run it, without statistics."""
    sql = compile_sql(statement.statement if isinstance(statement, Expect) else statement, DIALECT)
    with closing(sqlite3.connect(":memory:")) as handle:
        handle.executescript(schema())
        return sql.text, [row[3] for row in handle.execute(f"EXPLAIN QUERY PLAN {sql.text}", sql.values)]


def scans(plan: list[str]) -> list[str]:
    """The steps that read all rows of a table or an index."""
    found = [re.match(r"SCAN (\w+)", step) for step in plan]
    return [step.string for step in found if step and not re.fullmatch(SMALL, step[1])]


async def test_the_row_of_a_deleted_file_goes_two_days_later(app: App) -> None:
    await open_shop(app)
    await file(app, "master")
    left = []
    for days in (1, 2):
        clock_of(app).move(days=days)
        await swept(app)
        left.append(len(await ids(app, "assets")))
    assert left == [1, 0]


async def test_the_rows_of_deleted_files_go_in_pages(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.privacy.retention.DELETED_AT_ONCE", 4)
    monkeypatch.setattr("app.privacy.retention.FILE_ROWS_AT_ONCE", 3)
    await open_shop(app)
    for _ in range(6):
        await file(app, "preview")
    clock_of(app).move(days=3)
    left = []
    for _ in range(2):
        await swept(app)
        left.append(len(await ids(app, "assets")))
    assert left == [2, 0]


async def test_the_row_of_a_deleted_file_stays_while_its_absence_means_something(app: App) -> None:
    """A line without a print file would be printed again, and a blank without its profile in other colours."""
    await open_shop(app)
    purposes = ("print", "profile", "example", "reference", "watermark", "print")
    printed, profile, example, reference, mark, _ = [await file(app, purpose) for purpose in purposes]
    order = await insert(app, "orders", shopify_order_id="1")
    line = {"order_id": order, "shopify_line_item_id": "2", "preview_ref": "", "print_asset_id": printed}
    await insert(app, "order_items", **line, state="ready")
    await insert(app, "product_bases", name="Poster", profile_asset_id=profile)
    style = {"name": "Oil", "prompt_template": "oil"}
    await insert(app, "ai_styles", **style, example_asset_id=example, reference_asset_id=reference)
    await insert(app, "watermarks", asset_id=mark)
    clock_of(app).move(days=3)
    await swept(app)
    assert await ids(app, "assets") == {printed, profile, example, reference, mark}


async def test_a_file_that_is_needed_by_the_time_of_its_deletion_stays(app: App) -> None:
    await open_shop(app)
    asset_id, lives = await file(app, "profile"), all_personal_data(CAPABILITIES)
    before = app.clock.now() + timedelta(days=1)
    [found] = await retention.deleted_files(app.db, "", before, 10, lives)
    assert found["is_over"]
    await insert(app, "product_bases", name="Poster", profile_asset_id=asset_id)
    (deleted,) = await app.db.batch(retention.delete_file_rows([asset_id], before, lives))
    assert (deleted.rowcount, await ids(app, "assets")) == (0, {asset_id})


async def test_an_expired_session_goes_once_nothing_of_it_is_left(app: App) -> None:
    shop = await open_shop(app)
    offer, now = await stock(app, shop.id), app.clock.now()
    ends = now + timedelta(days=30)
    used, _ = [await insert(app, "guest_sessions", token_hash=each, expires_at=ends) for each in ("a", "b")]
    design = await insert(
        app,
        "generations",
        **{"product_id": offer.product_id, "ai_style_id": offer.styles[0].id, "ai_prompt_used": "oil"},
        **{"generation_type": "preview", "status": "completed", "guest_session_id": used, "pinned_at": now},
    )
    clock_of(app).move(days=45)  # ids have the time of the machine, not of the clock
    await swept(app)
    assert await ids(app, "guest_sessions") == {used}
    generations = metadata.tables["generations"]
    await app.db.batch(update(generations).where(generations.c.id == design).values(guest_session_id=None))
    clock_of(app).move(days=1, minutes=1)
    await swept(app)
    assert await ids(app, "guest_sessions") == set()


async def test_rounds_that_ended_keep_their_place_when_another_fails(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: Any) -> Any:
        raise OSError("the storage is away")

    await open_shop(app)
    monkeypatch.setitem(SWEEPS, "objects", fails)
    with pytest.raises(OSError, match="away"):
        await privacy.sweep(app)
    rows = await app.db.all(select(metadata.tables["sweeps"].c.name))
    assert [row["name"] for row in rows] == ["previews"]


@pytest.mark.parametrize(("is_active", "deleted"), [(False, [2, 1]), (True, [0, 0])])
async def test_messages_of_a_shop_go_in_pages_and_only_while_it_is_away(
    app: App, is_active: bool, deleted: list[int]
) -> None:
    await open_shop(app)
    shops = metadata.tables["shops"]
    await app.db.batch(update(shops).where(shops.c.id == SHOP).values(is_active=is_active))
    job = {"kind": "k", "subject_id": "s", "run_at": app.clock.now()}
    kept, *_ = [await insert(app, "jobs", dedupe_key=str(number), **job) for number in range(4)]
    delivery, _ = [await insert(app, "webhook_deliveries", topic="t", event_id=str(number)) for number in range(2)]
    results = await app.db.batch(*shop_queries.delete_messages(SHOP, kept, delivery, 2))
    assert [result.rowcount for result in results] == deleted
    assert {kept} <= await ids(app, "jobs")


def test_a_deleted_files_row_outlives_the_job_that_deletes_its_object() -> None:
    assert timedelta(days=1) < GONE_LIFE
