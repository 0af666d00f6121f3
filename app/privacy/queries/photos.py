"""All SQL on the files of a photo and of the items made from it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from app.core.ports.database import Database
from app.core.tables import among
from app.media.tables import assets


async def keys_of(db: Database, shop_id: str, asset_ids: Collection[str]) -> list[str]:
    """Return the keys of files, including files that are marked as deleted."""
    rows = await db.all(select(assets.c.key).where(assets.c.shop_id == shop_id, among(assets.c.id, asset_ids)))
    return [row["key"] for row in rows]


def mark_deleted(shop_id: str, asset_ids: Collection[str], at: datetime) -> Any:
    """Mark files as deleted, so that they are no longer counted or found."""
    return (
        update(assets)
        .where(assets.c.shop_id == shop_id, among(assets.c.id, asset_ids), assets.c.deleted_at.is_(None))
        .values(deleted_at=at, updated_at=at)
    )
