"""All SQL on assets."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, select, update

from app.core.ports.database import Database, Expect
from app.core.statements import built_once
from app.core.tables import among, moment, upsert
from app.media.model import UPLOAD_LIFE, Asset
from app.media.tables import assets

MOST_DUE = 10_000
"""Due files among which the sweep chooses. The sweep reads no more than these, however many there are; a shop with a
larger flood than this delays the others."""
COLUMNS = [assets.c[name] for name in Asset.__dataclass_fields__]


async def asset(db: Database, shop_id: str, asset_id: str) -> Asset | None:
    """Return an asset that has not been deleted."""
    row = await db.one(_asset_row(shop_id, asset_id))
    return Asset(**row) if row else None


@built_once
def _asset_row(shop_id: str, asset_id: str) -> Any:
    return select(*COLUMNS).where(assets.c.shop_id == shop_id, assets.c.id == asset_id, assets.c.deleted_at.is_(None))


async def due_files(db: Database, now: datetime, limit: int) -> list[Asset]:
    """Return files whose `expires_at` has passed, grouped by shop.

    Every shop's oldest file is selected before any shop's second oldest, so that a flood in one shop does not delay the
    others.
    """
    rows = await db.all(_due_files(now, limit))
    return sorted((Asset(**row) for row in rows), key=lambda each: each.shop_id)


@built_once
def _due_files(now: datetime, limit: int) -> Any:
    oldest = (
        select(assets.c.id, assets.c.shop_id, assets.c.expires_at)
        .where(assets.c.expires_at <= now, assets.c.deleted_at.is_(None))
        .order_by(assets.c.expires_at)
        .limit(MOST_DUE)
        .subquery()
    )
    place = func.row_number().over(partition_by=oldest.c.shop_id, order_by=oldest.c.expires_at)
    due = select(oldest.c.id, oldest.c.expires_at, place.label("place")).subquery()
    first = select(due).order_by(due.c.place, due.c.expires_at).limit(limit).subquery()
    return select(*COLUMNS).join(first, first.c.id == assets.c.id).order_by(first.c.place, first.c.expires_at)


async def expected_objects(db: Database, after: str, limit: int) -> list[Asset]:
    """Return a page of the assets of all shops whose objects should exist, uploads excepted, by id after `after`."""
    rows = await db.all(
        select(*COLUMNS)
        .where(assets.c.id > after, assets.c.deleted_at.is_(None), assets.c.purpose != "upload")
        .order_by(assets.c.id)
        .limit(limit)
    )
    return [Asset(**row) for row in rows]


async def are_recorded(db: Database, shop_id: str, keys: Collection[str]) -> bool:
    """Return whether any of these objects has a row that is not deleted."""
    named = and_(assets.c.shop_id == shop_id, among(assets.c.key, keys), assets.c.deleted_at.is_(None))
    return await db.one(select(assets.c.id).where(named).limit(1)) is not None


def mark_deleted(shop_id: str, asset_ids: Sequence[str], at: datetime) -> Expect:
    """Mark files as deleted. Refused with `changed` unless all are still due."""
    return Expect(_mark_deleted(shop_id, asset_ids, at), "changed", rows=len(asset_ids))


@built_once
def _mark_deleted(shop_id: str, asset_ids: Sequence[str], at: datetime) -> Any:
    return update(assets).where(_due(shop_id, asset_ids, at)).values(deleted_at=at, updated_at=at)


def delete_unclaimed(shop_id: str, asset_ids: Sequence[str], at: datetime) -> Expect:
    """Delete the rows of uploads that no one has used. Refused with `changed` unless all are still due and unused."""
    return Expect(_delete_unclaimed(shop_id, asset_ids, at), "changed", rows=len(asset_ids))


@built_once
def _delete_unclaimed(shop_id: str, asset_ids: Sequence[str], at: datetime) -> Any:
    return delete(assets).where(_due(shop_id, asset_ids, at), _unclaimed())


def expire_reservations(shop_id: str, asset_ids: Sequence[str], until: datetime, at: datetime) -> Expect:
    """Release the storage reserved for uploads that have not arrived; the sweep checks them once more at `until`.

    Refused with `changed` unless all are still due and have not arrived.
    """
    return Expect(_expire_reservations(shop_id, asset_ids, until, at), "changed", rows=len(asset_ids))


@built_once
def _expire_reservations(shop_id: str, asset_ids: Sequence[str], until: datetime, at: datetime) -> Any:
    awaited = and_(_due(shop_id, asset_ids, at), assets.c.arrived_at.is_(None))
    return update(assets).where(awaited).values(bytes=0, expires_at=until, updated_at=at)


def set_arrived(upload: Asset, size: int, at: datetime) -> Expect:
    """Record that an upload has arrived, and its size in bytes.

    Refused with `changed` if that was known already, or if its reservation has expired since the upload was read.
    """
    return _set_arrived(upload.shop_id, upload.id, upload.bytes, size, _upload_expiry(upload, at), at)


@built_once
def _set_arrived(shop_id: str, asset_id: str, reserved: int, size: int, ends: datetime, at: datetime) -> Expect:
    row = and_(assets.c.shop_id == shop_id, assets.c.id == asset_id, assets.c.deleted_at.is_(None))
    awaited = and_(row, assets.c.arrived_at.is_(None), assets.c.bytes == reserved)
    arrival = update(assets).where(awaited).values(bytes=size, updated_at=at, **_arrival(reserved, ends, at))
    return Expect(arrival, "changed")


def claim_upload(
    shop_id: str, upload: Asset, shopper_id: str | None, guest_session_id: str | None, at: datetime
) -> Any:
    """Make the first visitor who uses an upload its owner, so that their redaction finds it.

    The upload has arrived by then, so its actual media type is recorded too.
    """
    owner = {"shopper_id": shopper_id, "guest_session_id": guest_session_id}
    return _claim_upload(shop_id, upload.id, upload.bytes, upload.mime, _upload_expiry(upload, at), at, **owner)


@built_once
def _claim_upload(
    shop_id: str, asset_id: str, size: int, mime: str, ends: datetime, at: datetime, **owner: str | None
) -> Any:
    return (
        update(assets)
        .where(assets.c.shop_id == shop_id, assets.c.id == asset_id, _unclaimed())
        .values(**owner, mime=mime, **_arrival(size, ends, at))
    )


@built_once
def is_unused(shop_id: str, asset_id: str) -> ColumnElement[bool]:
    """Return the condition that no one has used an upload yet."""
    return select(assets.c.id).where(assets.c.shop_id == shop_id, assets.c.id == asset_id, _unclaimed()).exists()


@built_once
def expire(shop_id: str, asset_id: str, at: datetime) -> Any:
    """Let the sweep delete a file that is no longer needed."""
    return (
        update(assets).where(assets.c.shop_id == shop_id, assets.c.id == asset_id).values(expires_at=at, updated_at=at)
    )


@built_once
def insert_asset(asset: Asset, at: datetime) -> Any:
    return upsert(assets).values(**vars(asset) | {"created_at": at, "updated_at": at})


def _due(shop_id: str, asset_ids: Sequence[str], at: datetime) -> ColumnElement[bool]:
    named = among(assets.c.id, asset_ids)
    return and_(assets.c.shop_id == shop_id, named, assets.c.deleted_at.is_(None), assets.c.expires_at <= at)


def _upload_expiry(upload: Asset, at: datetime) -> datetime:
    """Return when an upload expires: UPLOAD_LIFE after its ticket was issued, not after it arrived."""
    return (upload.created_at or at) + UPLOAD_LIFE


def _arrival(size: int, ends: datetime, at: datetime) -> dict[str, Any]:
    """Return the column values for an upload that has arrived.

    The columns keep their values if the arrival was known already, or if the reservation of this size has expired since
    the upload was read.
    """
    awaited = and_(assets.c.arrived_at.is_(None), assets.c.bytes == size)
    return {
        "expires_at": case((awaited, moment(ends)), else_=assets.c.expires_at),
        "arrived_at": case((awaited, moment(at)), else_=assets.c.arrived_at),
    }


def _unclaimed() -> ColumnElement[bool]:
    return and_(assets.c.shopper_id.is_(None), assets.c.guest_session_id.is_(None))
