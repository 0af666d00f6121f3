"""All SQL on data that is no longer needed, of every shop."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, delete, func, or_, select, update

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


async def deleted_files(
    db: Database, after: str, deleted_before: datetime, limit: int, personal: Personal
) -> Sequence[Row]:
    """Return a page of files that are marked as deleted, by id, each with whether its row can go (`is_over`)."""
    page = select(assets.c.id).where(assets.c.id > after, _is_deleted()).order_by(assets.c.id).limit(limit)
    return await db.all(
        select(assets.c.id, _can_go(deleted_before, personal).label("is_over"))
        .where(assets.c.id.in_(page))
        .order_by(assets.c.id)
    )


def delete_file_rows(asset_ids: Collection[str], deleted_before: datetime, personal: Personal) -> Any:
    """Delete the rows of these files, except those that something has come to need since they were read."""
    return delete(assets).where(among(assets.c.id, asset_ids), _can_go(deleted_before, personal))


def _can_go(deleted_before: datetime, personal: Personal) -> ColumnElement[bool]:
    return and_(_is_deleted(), assets.c.deleted_at < deleted_before, *[~each.needs_file() for each in personal])


def _is_deleted() -> ColumnElement[bool]:
    """Return the condition of the partial index ix_assets_deleted."""
    return assets.c.deleted_at.is_not(None)


async def old_sessions(
    db: Database, after: str, begun_before: datetime, limit: int, personal: Personal
) -> Sequence[Row]:
    """Return a page of guest sessions that began before a time, by id, each with whether it is in use (`used`)."""
    page = (
        select(guest_sessions.c.id)
        .where(guest_sessions.c.id > after, guest_sessions.c.id < first_id(begun_before))
        .order_by(guest_sessions.c.id)
        .limit(limit)
        .subquery()
    )
    return await db.all(select(page.c.id, _is_used(page.c.id, personal).label("used")).order_by(page.c.id))


def delete_sessions(session_ids: Collection[str], now: datetime, personal: Personal) -> Any:
    """Delete these guest sessions, if they have expired and nothing refers to them."""
    ended = and_(guest_sessions.c.expires_at <= now, ~_is_used(guest_sessions.c.id, personal))
    return delete(guest_sessions).where(among(guest_sessions.c.id, session_ids), ended)


def _is_used(session: ColumnElement[str], personal: Personal) -> ColumnElement[bool]:
    """Return the condition that an item or a file that exists was made in a guest session."""
    files = select(assets.c.id).where(assets.c.guest_session_id == session, assets.c.deleted_at.is_(None))
    return or_(files.exists(), *[each.needs_session(session) for each in personal])


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


class Aged(Enum):
    """Tables whose rows go with age alone."""

    DELIVERIES = "webhook_deliveries"
    JOBS = "jobs"
    REQUESTS = "privacy_requests"
    AUDIT_LOG = "audit_log"
    OAUTH_STATES = "oauth_states"
    RATE_LIMITS = "rate_limits"


def any_aged(now: datetime, aged: Aged) -> Any:
    """Select one expired row of a table, so that a sweep which has nothing to delete takes no write lock."""
    return _aged(aged, now).limit(1)


def delete_aged(now: datetime, aged: Aged, limit: int) -> Any:
    """Delete up to `limit` expired rows of a table."""
    key = _KEYS[aged]
    return delete(key.table).where(key.in_(_aged(aged, now).limit(limit)))


_KEYS: Mapping[Aged, Column[str]] = {
    Aged.DELIVERIES: webhook_deliveries.c.id,
    Aged.JOBS: jobs.c.id,
    Aged.REQUESTS: privacy_requests.c.id,
    Aged.AUDIT_LOG: audit_log.c.id,
    Aged.OAUTH_STATES: oauth_states.c.state_hash,
    Aged.RATE_LIMITS: rate_limits.c.key,
}
_LIVES: Mapping[Aged, timedelta] = {
    Aged.DELIVERIES: model.MESSAGE_LIFE,
    Aged.JOBS: model.MESSAGE_LIFE,
    Aged.REQUESTS: model.REQUEST_LIFE,
    Aged.AUDIT_LOG: model.AUDIT_LIFE,
}


def _aged(aged: Aged, now: datetime) -> Any:
    """Select the keys of a table's expired rows, oldest first: by `expires_at`, or by the time in the id."""
    key = _KEYS[aged]
    if aged not in _LIVES:
        expires_at = key.table.c.expires_at
        return select(key).where(expires_at <= now).order_by(expires_at)
    rows = select(key).where(key < first_id(now - _LIVES[aged])).order_by(key)
    return rows.where(jobs.c.status.not_in(("pending", "running"))) if aged is Aged.JOBS else rows
