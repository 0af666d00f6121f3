"""All SQL on one photo and what was made of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from app.core.ports import Database, Expect
from app.core.tables import among
from app.media.tables import assets
from app.personalization.tables import generations, order_items
from app.privacy.model import Design
from app.privacy.queries.people import PICTURES
from app.shops import Owner


async def designs_of_photo(db: Database, shop_id: str, design_id: str, owners: Collection[Owner]) -> list[Design]:
    """Every design that these owners had made of the photo of one of theirs."""
    columns = [generations.c[name] for name in Design.__dataclass_fields__]
    rows = await db.all(select(*columns).where(_of_photo(shop_id, design_id, owners)).order_by(generations.c.id))
    return [Design(**row) for row in rows]


async def files_of_photo(db: Database, shop_id: str, design_ids: Collection[str]) -> list[str]:
    pictures = [generations.c[name] for name in PICTURES]
    mine = select(*pictures).where(generations.c.shop_id == shop_id, among(generations.c.id, design_ids)).cte("mine")
    used = [assets.c.id.in_(select(mine.c[name])) for name in PICTURES]
    return [row["id"] for row in await db.all(select(assets.c.id).where(assets.c.shop_id == shop_id, or_(*used)))]


async def keys_of(db: Database, shop_id: str, asset_ids: Collection[str]) -> list[str]:
    """Of files that count no more, too."""
    rows = await db.all(select(assets.c.key).where(assets.c.shop_id == shop_id, among(assets.c.id, asset_ids)))
    return [row["key"] for row in rows]


def mark_deleted(shop_id: str, asset_ids: Collection[str], at: datetime) -> Any:
    """They count no more, and nobody finds them."""
    return (
        update(assets)
        .where(assets.c.shop_id == shop_id, among(assets.c.id, asset_ids), assets.c.deleted_at.is_(None))
        .values(deleted_at=at, updated_at=at)
    )


def delete_photo(shop_id: str, design_ids: Collection[str]) -> Expect:
    """Refused with `ordered` when one of them was ordered, or is proposed for what was."""
    proposed = order_items.c.proposed_generation_id
    proposals = select(proposed).where(order_items.c.shop_id == shop_id, among(proposed, design_ids))
    gone = delete(generations).where(
        generations.c.shop_id == shop_id,
        among(generations.c.id, design_ids),
        generations.c.pinned_at.is_(None),
        generations.c.id.not_in(proposals),
    )
    return Expect(gone, "ordered", rows=len(design_ids))


def _of_photo(shop_id: str, design_id: str, owners: Collection[Owner]) -> ColumnElement[bool]:
    by_shopper = among(generations.c.shopper_id, [shopper_id for shopper_id, _ in owners if shopper_id])
    by_guest = among(generations.c.guest_session_id, [guest_id for _, guest_id in owners if guest_id])
    theirs = and_(generations.c.shop_id == shop_id, or_(by_shopper, by_guest))
    photo = select(generations.c.upload_asset_id).where(theirs, generations.c.id == design_id).scalar_subquery()
    return and_(theirs, or_(generations.c.id == design_id, generations.c.upload_asset_id == photo))
