"""Uploads that nobody needs any more go, and their storage comes back."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from app import media, quotas
from app.adapters.database.sql import compile_sql
from app.adapters.database.sqlite_dialect import DIALECT
from app.core.app import App
from app.core.errors import NotFound, UnsupportedMedia
from app.media import queries
from app.wiring import schema
from tests import pictures
from tests.apps import PHOTO, SHOP, clock_of, open_shop, send_photo

pytestmark = pytest.mark.anyio
PROMISES = [
    ("IMG_1.heic", "image/heic", "image/heic"),
    ("IMG_1.heic", "application/octet-stream", "image/heic"),
    ("IMG_1.heic", "", "image/heic"),
    ("IMG_1.HEIC", "", "image/heic"),
    ("IMG_1.HIF", "", "image/heic"),
    ("IMG_1.heif", "binary/octet-stream", "image/heif"),
    ("IMG_1.heic", "image/heic-sequence", "image/heic"),
    ("IMG_1.heic", "text/plain", "image/heic"),
    ("photo.avif", "", "image/avif"),
    ("photo.avif", "application/octet-stream", "image/avif"),
    ("photo.webp", "application/octet-stream", "image/webp"),
    ("photo.jfif", "", "image/jpeg"),
    ("photo.jpg", "image/jpg", "image/jpeg"),
    ("photo.jpg", "image/pjpeg", "image/jpeg"),
    ("photo.png", "image/x-png", "image/png"),
    ("photo.png", "image/jpeg", "image/jpeg"),
    ("photo", "IMAGE/JPEG; name=photo", "image/jpeg"),
    ("photo", "", "application/octet-stream"),
    ("photo.jpg_large", "application/octet-stream", "application/octet-stream"),
]


async def stored(app: App) -> int:
    quota = await quotas.quota(app.db, SHOP)
    assert quota is not None
    return quota.current_storage_bytes


@pytest.mark.parametrize(("name", "said", "expected"), PROMISES)
async def test_a_photo_is_expected_by_its_type_or_its_name(name: str, said: str, expected: str) -> None:
    assert media.UploadRequest(name, said, 1).expected_type == expected


@pytest.mark.parametrize(
    ("name", "said"), [("moving.gif", "image/gif"), ("a.pdf", "application/pdf"), ("page", "text/html"), ("a.svg", "x")]
)
async def test_what_neither_name_nor_type_promises_is_refused(name: str, said: str) -> None:
    with pytest.raises(UnsupportedMedia):
        media.UploadRequest(name, said, 1).expected_type  # noqa: B018


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "avif", "heic"])
async def test_an_upload_that_was_misnamed_is_known_by_its_content(app: App, kind: str) -> None:
    photo, shop = pictures.good(kind), await open_shop(app)
    wish = media.UploadRequest("photo.webp" if kind == "png" else "photo.png", "", len(photo.data))
    upload = await media.open_upload(app, shop.id, shop.timezone, wish)
    stored = await media.asset(app.db, SHOP, upload.id)
    assert stored is not None
    await app.files.put(stored.key, photo.data, stored.mime)
    found, header = await media.read_upload(app, stored)
    assert (found.mime, header.mime) == (photo.mime, photo.mime) != (stored.mime, stored.mime)
    assert stored.key.endswith(".bin")


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
    await media.open_upload(app, shop.id, shop.timezone, media.UploadRequest("a.jpg", "image/jpeg", 1000))
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
    """With nothing to do that is one look into a partial index, however many files are kept; else it reads those that
    it has chosen."""
    db: Any = Explained()
    await queries.due_files(db, app.clock.now(), 100)
    assert [step for step in db.plan if "assets" in step] == [
        "SEARCH assets USING INDEX ix_assets_due (expires_at<?)",
        "SEARCH assets USING INDEX sqlite_autoindex_assets_1 (id=?)",
    ]
