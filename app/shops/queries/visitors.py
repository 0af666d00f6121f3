"""All SQL on visitors of the storefront, and on rate limits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, or_, select, true, update

from app.core.ids import new_id
from app.core.ports.database import Database
from app.core.statements import built_once
from app.core.tables import moment, upsert
from app.shops.tables import guest_sessions, rate_limits, shoppers


async def shopper(db: Database, shop_id: str, customer_id: str) -> str | None:
    row = await db.one(shopper_row(shop_id, customer_id))
    return row["id"] if row else None


@built_once
def shopper_row(shop_id: str, customer_id: str) -> Any:
    return select(shoppers.c.id).where(shoppers.c.shop_id == shop_id, shoppers.c.shopify_customer_id == customer_id)


async def customer_of(db: Database, shop_id: str, shopper_id: str) -> str | None:
    """Shopify's id of a shopper."""
    row = await db.one(_customer_of(shop_id, shopper_id))
    return row["shopify_customer_id"] if row else None


@built_once
def _customer_of(shop_id: str, shopper_id: str) -> Any:
    return select(shoppers.c.shopify_customer_id).where(shoppers.c.shop_id == shop_id, shoppers.c.id == shopper_id)


async def guest(db: Database, shop_id: str, token_hash: str, now: datetime) -> str | None:
    """The session of a token that has not expired."""
    row = await db.one(guest_row(shop_id, token_hash, now))
    return row["id"] if row else None


@built_once
def guest_row(shop_id: str, token_hash: str, now: datetime) -> Any:
    return select(guest_sessions.c.id).where(
        guest_sessions.c.shop_id == shop_id,
        guest_sessions.c.token_hash == token_hash,
        guest_sessions.c.expires_at > now,
    )


def insert_shopper(shop_id: str, customer_id: str, at: datetime) -> Any:
    return _insert_shopper(new_id(), shop_id, customer_id, at)


@built_once
def _insert_shopper(shopper_id: str, shop_id: str, customer_id: str, at: datetime) -> Any:
    return (
        upsert(shoppers)
        .values(id=shopper_id, shop_id=shop_id, shopify_customer_id=customer_id, created_at=at, updated_at=at)
        .on_conflict_do_nothing(index_elements=["shop_id", "shopify_customer_id"])
    )


@built_once
def insert_guest(shop_id: str, guest_id: str, token_hash: str, expires_at: datetime, at: datetime) -> Any:
    return (
        upsert(guest_sessions)
        .values(
            id=guest_id, shop_id=shop_id, token_hash=token_hash, expires_at=expires_at, created_at=at, updated_at=at
        )
        .on_conflict_do_nothing(index_elements=["shop_id", "token_hash"])
    )


@built_once
def count_hit(key: str, limit: int, amount: int, now: datetime, ends: datetime) -> Any:
    """Count an amount, at most `limit`, in the running window, or as the first of a new one that ends at `ends`.

    Touches no row when the window has no room for it.
    """
    over = rate_limits.c.expires_at <= now
    return (
        upsert(rate_limits)
        .values(key=key, window_start=now, count=amount, expires_at=ends)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={
                "count": case((over, amount), else_=rate_limits.c.count + amount),
                "window_start": case((over, moment(now)), else_=rate_limits.c.window_start),
                "expires_at": case((over, moment(ends)), else_=rate_limits.c.expires_at),
            },
            where=or_(over, rate_limits.c.count + amount <= limit),
        )
    )


@built_once
def release_hit(key: str, since: datetime, now: datetime, condition: ColumnElement[bool] | None = None) -> Any:
    """Uncount one hit of `since`, if a condition holds; nothing when its window is over, where it no longer counts."""
    return (
        update(rate_limits)
        .where(
            true() if condition is None else condition,
            rate_limits.c.key == key,
            rate_limits.c.window_start <= since,
            rate_limits.c.expires_at > now,
            rate_limits.c.count > 0,
        )
        .values(count=rate_limits.c.count - 1)
    )


async def window_end(db: Database, key: str) -> datetime | None:
    row = await db.one(_window_end(key))
    return row["expires_at"] if row else None


@built_once
def _window_end(key: str) -> Any:
    return select(rate_limits.c.expires_at).where(rate_limits.c.key == key)
