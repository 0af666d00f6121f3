"""All SQL on assets."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from app.core.ports import Database, Expect
from app.core.tables import Id, upsert
from app.media.model import Asset
from app.media.tables import assets

COLUMNS = [assets.c[name] for name in Asset.__dataclass_fields__]


async def asset(db: Database, shop_id: str, asset_id: Id) -> Asset | None:
    """An asset whose object is still there."""
    row = await db.one(
        select(*COLUMNS).where(assets.c.shop_id == shop_id, assets.c.id == asset_id, assets.c.deleted_at.is_(None))
    )
    return Asset(**row) if row else None


async def expired_uploads(db: Database, now: datetime, limit: int) -> list[Asset]:
    """Of every shop: the sweep serves them all."""
    rows = await db.all(
        select(*COLUMNS)
        .where(assets.c.expires_at <= now, assets.c.deleted_at.is_(None), assets.c.purpose.in_(("upload", "export")))
        .order_by(assets.c.expires_at)
        .limit(limit)
    )
    return [Asset(**row) for row in rows]


async def kept_objects(db: Database, after: str, limit: int) -> list[Asset]:
    """Assets of every shop whose objects should be there, by id, those after one."""
    rows = await db.all(
        select(*COLUMNS)
        .where(assets.c.id > after, assets.c.deleted_at.is_(None), assets.c.purpose != "upload")
        .order_by(assets.c.id)
        .limit(limit)
    )
    return [Asset(**row) for row in rows]


def mark_deleted(shop_id: str, asset_id: str, at: datetime) -> Expect:
    """Refused with `deleted_already` when another sweep was faster."""
    return Expect(
        update(assets)
        .where(assets.c.shop_id == shop_id, assets.c.id == asset_id, assets.c.deleted_at.is_(None))
        .values(deleted_at=at, updated_at=at),
        "deleted_already",
    )


def insert_asset(asset: Asset, at: datetime) -> Any:
    return upsert(assets).values(**asdict(asset), created_at=at, updated_at=at)
