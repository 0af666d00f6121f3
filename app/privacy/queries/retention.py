"""All SQL on data that is no longer needed, of every shop."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, func, or_, select, update

from app.core.ids import first_id
from app.core.ports.database import Database, Expect, Row
from app.core.tables import among, upsert
from app.jobs.tables import jobs
from app.media.tables import assets
from app.privacy import model
from app.privacy.personal_data import Personal
from app.privacy.tables import audit_log, privacy_requests, sweeps
from app.quotas.tables import quotas
from app.shops.tables import guest_sessions, oauth_states, rate_limits, shops, webhook_deliveries


async def progress(db: Database, names: Collection[str]) -> dict[str, Row]:
    """Return the progress of each sweep: its cursor (None if the round has ended), and when the round began."""
    rows = await db.all(select(sweeps).where(among(sweeps.c.name, names)))
    return {row["name"]: row for row in rows}


def advance(name: str, cursor: str | None, begun_at: datetime, at: datetime) -> Any:
    fresh = {"cursor": cursor, "begun_at": begun_at, "updated_at": at}
    return (
        upsert(sweeps)
        .values(name=name, created_at=at, **fresh)
        .on_conflict_do_update(index_elements=["name"], set_=fresh)
    )


async def shops_after(db: Database, after: str, limit: int) -> Sequence[Row]:
    """Return the ids and settings of a page of shops, by id."""
    return await db.all(
        select(shops.c.id, shops.c.settings).where(shops.c.id > after).order_by(shops.c.id).limit(limit)
    )


async def known_keys(db: Database, keys: Collection[str]) -> set[str]:
    """Return those of the keys that belong to a file that is not deleted."""
    rows = await db.all(select(assets.c.key).where(among(assets.c.key, keys), assets.c.deleted_at.is_(None)))
    return {row["key"] for row in rows}


async def assets_after(db: Database, after: str, made_before: datetime, limit: int) -> Sequence[Row]:
    """Return a page of files that are not deleted and are older than `made_before`, by id."""
    return await db.all(
        select(assets.c.id, assets.c.shop_id, assets.c.key, assets.c.bytes)
        .where(assets.c.id > after, assets.c.id < first_id(made_before), assets.c.deleted_at.is_(None))
        .order_by(assets.c.id)
        .limit(limit)
    )


async def gone_uploads(
    db: Database, after: str, gone_before: datetime, limit: int, personal: Personal
) -> Sequence[Row]:
    """Return a page of photos, by id, that were deleted before `gone_before` and from which no item has pictures."""
    gone = _is_gone_upload(assets.c.shop_id, personal)
    return await db.all(
        select(assets.c.id, assets.c.shop_id)
        .where(assets.c.id > after, assets.c.deleted_at < gone_before, gone)
        .order_by(assets.c.id)
        .limit(limit)
    )


def delete_gone_uploads(shop_id: str, asset_ids: Collection[str], personal: Personal) -> Any:
    """Delete the rows of these photos, except those that an item needs by now."""
    gone = _is_gone_upload(shop_id, personal)
    return delete(assets).where(assets.c.shop_id == shop_id, among(assets.c.id, asset_ids), gone)


def _is_gone_upload(shop: str | ColumnElement[str], personal: Personal) -> ColumnElement[bool]:
    needed = [each.needs_upload(shop) for each in personal]
    return and_(assets.c.deleted_at.is_not(None), assets.c.purpose == "upload", *[~each for each in needed])


def forget_asset(shop_id: str, asset_id: str, at: datetime) -> Expect:
    """Mark a file as deleted. Refused with `deleted_already`."""
    return Expect(
        update(assets)
        .where(assets.c.shop_id == shop_id, assets.c.id == asset_id, assets.c.deleted_at.is_(None))
        .values(deleted_at=at, updated_at=at),
        "deleted_already",
    )


async def drift(db: Database, after: str, limit: int) -> Sequence[Row]:
    """Return a page of shops with their storage counter (`counted`) and the size of their files (`held`), in bytes."""
    held = (
        select(func.coalesce(func.sum(assets.c.bytes), 0))
        .where(assets.c.shop_id == quotas.c.shop_id, assets.c.deleted_at.is_(None))
        .scalar_subquery()
    )
    return await db.all(
        select(quotas.c.shop_id, quotas.c.current_storage_bytes.label("counted"), held.label("held"))
        .where(quotas.c.shop_id > after)
        .order_by(quotas.c.shop_id)
        .limit(limit)
    )


def correct_counter(shop_id: str, counted: int, held: int, at: datetime) -> Any:
    """Correct a storage counter, unless it has changed since it was read: then it counts files that were not read."""
    return (
        update(quotas)
        .where(quotas.c.shop_id == shop_id, quotas.c.current_storage_bytes == counted)
        .values(current_storage_bytes=held, updated_at=at)
    )


def delete_aged(now: datetime, limit: int, limits_at_once: int, personal: Personal) -> list[Any]:
    """Delete up to `limit` expired rows of each table, and up to `limits_at_once` rows of the rate limits."""
    ended = jobs.c.status.not_in(("pending", "running"))
    used = or_(
        *[each.needs_session(guest_sessions.c.id) for each in personal],
        select(assets.c.id)
        .where(assets.c.guest_session_id == guest_sessions.c.id, assets.c.deleted_at.is_(None))
        .exists(),
    )
    limits = select(rate_limits.c.key).where(rate_limits.c.expires_at <= now).limit(limits_at_once)
    return [
        delete(rate_limits).where(rate_limits.c.key.in_(limits)),
        delete(oauth_states).where(oauth_states.c.expires_at <= now),
        _aged(guest_sessions, and_(guest_sessions.c.expires_at <= now, ~used), limit),
        _aged(webhook_deliveries, webhook_deliveries.c.id < first_id(now - model.MESSAGE_LIFE), limit),
        _aged(jobs, and_(jobs.c.id < first_id(now - model.MESSAGE_LIFE), ended), limit),
        _aged(privacy_requests, privacy_requests.c.id < first_id(now - model.REQUEST_LIFE), limit),
        _aged(audit_log, audit_log.c.id < first_id(now - model.AUDIT_LIFE), limit),
    ]


def _aged(table: Table, over: Any, limit: int) -> Any:
    return delete(table).where(table.c.id.in_(select(table.c.id).where(over).order_by(table.c.id).limit(limit)))
