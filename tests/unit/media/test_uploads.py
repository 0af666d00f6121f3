"""Uploads that nobody needs any more go, and their storage comes back."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from app import generation, media
from app.adapters.sql import compile_sql
from app.adapters.sqlite_dialect import DIALECT
from app.core.app import App
from app.core.errors import NotFound
from app.media import queries
from app.wiring import schema
from tests.apps import PHOTO, SHOP, clock_of, open_shop, send_photo

pytestmark = pytest.mark.anyio


async def stored(app: App) -> int:
    quota = await generation.quota(app.db, SHOP)
    assert quota is not None
    return quota.current_storage_bytes


async def test_an_upload_goes_after_a_day_and_gives_its_storage_back_once(app: App) -> None:
    upload_id = await send_photo(app, await open_shop(app))
    asset = await media.asset(app.db, SHOP, upload_id)
    assert asset is not None
    assert await stored(app) == len(PHOTO)
    clock_of(app).move(minutes=15)
    assert await media.sweep_uploads(app) == 0
    assert await stored(app) == len(PHOTO)
    clock_of(app).move(hours=24)
    assert [await media.sweep_uploads(app), await media.sweep_uploads(app)] == [1, 0]
    assert await stored(app) == 0
    assert await app.files.stat(asset.key) is None
    with pytest.raises(NotFound):
        await media.read_upload(app, await media.asset(app.db, SHOP, upload_id))


async def test_a_ticket_that_was_never_used_gives_its_storage_back(app: App) -> None:
    shop = await open_shop(app)
    await media.open_upload(app, shop.id, shop.timezone, media.UploadWish("a.jpg", "image/jpeg", 1000))
    assert await stored(app) == 1000
    clock_of(app).move(minutes=15)
    assert await media.sweep_uploads(app) == 1
    assert await stored(app) == 0


async def test_an_upload_of_today_stays(app: App) -> None:
    upload_id = await send_photo(app, await open_shop(app))
    clock_of(app).move(hours=23)
    assert await media.sweep_uploads(app) == 0
    assert (await media.read_upload(app, await media.asset(app.db, SHOP, upload_id)))[0].id == upload_id


class Explained:
    """A SQLite with the schema, that notes how it would look for what it is asked."""

    def __init__(self) -> None:
        self._handle = sqlite3.connect(":memory:")
        self._handle.executescript(schema())
        self.plan: list[str] = []

    async def all(self, statement: Any) -> list[Any]:
        sql = compile_sql(statement, DIALECT)
        self.plan = [row[3] for row in self._handle.execute(f"EXPLAIN QUERY PLAN {sql.text}", sql.values)]
        self._handle.close()
        return []


async def test_the_sweep_reads_files_that_are_due_alone(app: App) -> None:
    """With nothing to do that is one look into a partial index, however many files are kept."""
    db: Any = Explained()
    await queries.due_files(db, app.clock.now(), 100)
    assert [step for step in db.plan if "assets" in step] == ["SEARCH assets USING INDEX ix_assets_due (expires_at<?)"]
