"""All SQL on assets."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.core.ports import Database
from app.core.tables import upsert
from app.media.model import Asset
from app.media.tables import assets

COLUMNS = [assets.c[name] for name in Asset.__dataclass_fields__]


async def asset(db: Database, shop_id: str, asset_id: str) -> Asset | None:
    """An asset whose object is still there."""
    row = await db.one(
        select(*COLUMNS).where(assets.c.shop_id == shop_id, assets.c.id == asset_id, assets.c.deleted_at.is_(None))
    )
    return Asset(**row) if row else None


def insert_asset(asset: Asset, at: datetime) -> Any:
    return upsert(assets).values(**asdict(asset), created_at=at, updated_at=at)
