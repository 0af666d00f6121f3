"""All SQL on assets."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, select, update

from app.core.ports import Database, Expect
from app.core.tables import Id, among, moment, upsert
from app.media.model import UPLOAD_LIFE, Asset
from app.media.tables import assets

COLUMNS = [assets.c[name] for name in Asset.__dataclass_fields__]


async def asset(db: Database, shop_id: str, asset_id: Id) -> Asset | None:
    """An asset whose object is still there."""
    row = await db.one(
        select(*COLUMNS).where(assets.c.shop_id == shop_id, assets.c.id == asset_id, assets.c.deleted_at.is_(None))
    )
    return Asset(**row) if row else None


async def due_files(db: Database, now: datetime, limit: int) -> list[Asset]:
    """Files whose time has come, those of one shop together.

    Every shop's oldest come before any shop's second oldest, so that a flood in one shop keeps no other waiting.
    """
    place = func.row_number().over(partition_by=assets.c.shop_id, order_by=assets.c.expires_at)
    due = (
        select(*COLUMNS, place.label("place"))
        .where(assets.c.expires_at <= now, assets.c.deleted_at.is_(None))
        .subquery()
    )
    rows = await db.all(
        select(*[due.c[each.name] for each in COLUMNS]).order_by(due.c.place, due.c.expires_at).limit(limit)
    )
    return sorted((Asset(**row) for row in rows), key=lambda each: each.shop_id)


async def kept_objects(db: Database, after: str, limit: int) -> list[Asset]:
    """Assets of every shop whose objects should be there, by id, those after one."""
    rows = await db.all(
        select(*COLUMNS)
        .where(assets.c.id > after, assets.c.deleted_at.is_(None), assets.c.purpose != "upload")
        .order_by(assets.c.id)
        .limit(limit)
    )
    return [Asset(**row) for row in rows]


async def are_recorded(db: Database, shop_id: str, keys: Collection[str]) -> bool:
    """Whether any of these objects has a row, and should be there."""
    named = and_(assets.c.shop_id == shop_id, among(assets.c.key, keys), assets.c.deleted_at.is_(None))
    return await db.one(select(assets.c.id).where(named).limit(1)) is not None


def mark_deleted(shop_id: str, asset_ids: Sequence[str], at: datetime) -> Expect:
    """Refused with `changed` unless all are still due."""
    marked = update(assets).where(_due(shop_id, asset_ids, at)).values(deleted_at=at, updated_at=at)
    return Expect(marked, "changed", rows=len(asset_ids))


def delete_unclaimed(shop_id: str, asset_ids: Sequence[str], at: datetime) -> Expect:
    """Delete rows of uploads that nobody used. Refused with `changed` unless all are still due and unused."""
    unused = delete(assets).where(_due(shop_id, asset_ids, at), _unclaimed())
    return Expect(unused, "changed", rows=len(asset_ids))


def lapse(shop_id: str, asset_ids: Sequence[str], until: datetime, at: datetime) -> Expect:
    """End the reservations of uploads that have not come; they are looked for again `until`.

    Refused with `changed` unless all are still due and awaited.
    """
    awaited = and_(_due(shop_id, asset_ids, at), assets.c.arrived_at.is_(None))
    ended = update(assets).where(awaited).values(bytes=0, expires_at=until, updated_at=at)
    return Expect(ended, "changed", rows=len(asset_ids))


def set_arrived(upload: Asset, size: int, at: datetime) -> Expect:
    """An upload has come, with so many bytes. Refused with `changed` when that was known, or its reservation ended."""
    row = and_(assets.c.shop_id == upload.shop_id, assets.c.id == upload.id, assets.c.deleted_at.is_(None))
    awaited = and_(row, assets.c.arrived_at.is_(None), assets.c.bytes == upload.bytes)
    return Expect(update(assets).where(awaited).values(bytes=size, updated_at=at, **_arrival(upload, at)), "changed")


def claim_upload(
    shop_id: str, upload: Asset, shopper_id: str | None, guest_session_id: str | None, at: datetime
) -> Any:
    """The upload belongs to whoever used it first, so that their redaction finds it. By then it has arrived, and its
    real type is known."""
    return (
        update(assets)
        .where(assets.c.shop_id == shop_id, assets.c.id == upload.id, _unclaimed())
        .values(shopper_id=shopper_id, guest_session_id=guest_session_id, mime=upload.mime, **_arrival(upload, at))
    )


def is_unused(shop_id: str, asset_id: str) -> ColumnElement[bool]:
    """Whether nobody has used an upload yet."""
    return select(assets.c.id).where(assets.c.shop_id == shop_id, assets.c.id == asset_id, _unclaimed()).exists()


def insert_asset(asset: Asset, at: datetime) -> Any:
    return upsert(assets).values(**asdict(asset) | {"created_at": at, "updated_at": at})


def _due(shop_id: str, asset_ids: Sequence[str], at: datetime) -> ColumnElement[bool]:
    named = among(assets.c.id, asset_ids)
    return and_(assets.c.shop_id == shop_id, named, assets.c.deleted_at.is_(None), assets.c.expires_at <= at)


def _arrival(upload: Asset, at: datetime) -> dict[str, Any]:
    """The values of an upload that has come: its day counts from its ticket.

    One that was known to have come, or whose reservation has ended since it was read, keeps its values.
    """
    ends = (upload.created_at or at) + UPLOAD_LIFE
    awaited = and_(assets.c.arrived_at.is_(None), assets.c.bytes == upload.bytes)
    return {
        "expires_at": case((awaited, moment(ends)), else_=assets.c.expires_at),
        "arrived_at": case((awaited, moment(at)), else_=assets.c.arrived_at),
    }


def _unclaimed() -> ColumnElement[bool]:
    return and_(assets.c.shopper_id.is_(None), assets.c.guest_session_id.is_(None))
