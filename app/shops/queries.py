"""All SQL on shops, tokens, visitors, limits and deliveries."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, select, update

from app.core.ids import new_id
from app.core.ports import AccessToken, Database, Expect, ShopDetails, Webhook
from app.core.tables import moment, upsert
from app.shops.model import Delivery, Shop, StoredToken
from app.shops.tables import access_tokens, guest_sessions, rate_limits, shoppers, shops, webhook_deliveries

SHOP = [shops.c[name] for name in Shop.__dataclass_fields__]
TOKEN = [access_tokens.c[name] for name in StoredToken.__dataclass_fields__]
SealedPair = tuple[str, str | None]
"""An access token and its refresh token, sealed."""
DELIVERY = [webhook_deliveries.c[name] for name in Delivery.__dataclass_fields__]


async def shop(db: Database, shop_id: str) -> Shop | None:
    row = await db.one(select(*SHOP).where(shops.c.id == shop_id))
    return Shop(**row) if row else None


async def active_shop(db: Database, shop_id: str) -> Shop | None:
    found = await shop(db, shop_id)
    return found if found and found.is_active else None


def install(shop_id: str, details: ShopDetails, scope: str, at: datetime) -> Any:
    """Record or renew an installation; one that is active already keeps its date."""
    fresh = {
        "shop_name": details.name,
        "email": details.email,
        "currency": details.currency,
        "timezone": details.timezone,
        "scope": scope,
        "is_active": True,
        "uninstalled_at": None,
        "updated_at": at,
    }
    was_active = and_(shops.c.is_active == 1, shops.c.installed_at.is_not(None))
    return (
        upsert(shops)
        .values(id=shop_id, installed_at=at, created_at=at, **fresh)
        .on_conflict_do_update(
            index_elements=["id"],
            set_={**fresh, "installed_at": case((was_active, shops.c.installed_at), else_=moment(at))},
        )
    )


def expect_install(shop_id: str, at: datetime) -> Any:
    """A shop that may be filled before its merchant opens the app."""
    return (
        upsert(shops)
        .values(id=shop_id, is_active=False, created_at=at, updated_at=at)
        .on_conflict_do_nothing(index_elements=["id"])
    )


def uninstall(shop_id: str, at: datetime, told_at: datetime) -> Any:
    """Only an installation that is older than the message."""
    return (
        update(shops)
        .where(shops.c.id == shop_id, or_(shops.c.installed_at.is_(None), shops.c.installed_at <= told_at))
        .values(is_active=False, uninstalled_at=told_at, updated_at=at)
    )


def forget_tokens(shop_id: str, told_at: datetime) -> Any:
    older = select(shops.c.id).where(shops.c.id == shop_id, shops.c.is_active == 0).exists()
    return access_tokens.delete().where(
        access_tokens.c.shop_id == shop_id, access_tokens.c.created_at <= told_at, older
    )


async def stored_token(db: Database, shop_id: str) -> StoredToken | None:
    row = await db.one(select(*TOKEN).where(access_tokens.c.shop_id == shop_id, access_tokens.c.kind == "offline"))
    return StoredToken(**row) if row else None


def store_token(shop_id: str, token: AccessToken, sealed: SealedPair, at: datetime) -> Any:
    """The token of an installation, whatever was there before."""
    fresh = _token_values(token, sealed, at)
    return (
        upsert(access_tokens)
        .values(shop_id=shop_id, kind="offline", created_at=at, **fresh)
        .on_conflict_do_update(
            index_elements=["shop_id", "kind"], set_={**fresh, "version": access_tokens.c.version + 1}
        )
    )


def renew_token(shop_id: str, lease: str, token: AccessToken, sealed: SealedPair, at: datetime) -> Expect:
    """Refused with `lease_lost` when a newer token came while this one was fetched: it must not be replaced."""
    fresh = _token_values(token, sealed, at)
    return Expect(
        update(access_tokens).where(_leased(shop_id, lease)).values(**fresh, version=access_tokens.c.version + 1),
        "lease_lost",
    )


def forget_dead_token(shop_id: str, lease: str) -> Any:
    return access_tokens.delete().where(_leased(shop_id, lease))


def _leased(shop_id: str, lease: str) -> ColumnElement[bool]:
    return and_(access_tokens.c.shop_id == shop_id, access_tokens.c.refresh_lease == lease)


def _token_values(token: AccessToken, sealed: SealedPair, at: datetime) -> dict[str, Any]:
    """Both ciphers at once: a pair is never mixed from two refreshes."""
    return {
        "access_cipher": sealed[0],
        "access_expires_at": token.access_expires_at,
        "refresh_cipher": sealed[1],
        "refresh_expires_at": token.refresh_expires_at,
        "scope": token.scope,
        "refresh_lease": None,
        "refresh_lease_until": None,
        "updated_at": at,
    }


def lease_refresh(shop_id: str, version: int, lease: str, now: datetime, seconds: int) -> Expect:
    """One refresher per shop."""
    free = or_(access_tokens.c.refresh_lease.is_(None), access_tokens.c.refresh_lease_until <= now)
    return Expect(
        update(access_tokens)
        .where(access_tokens.c.shop_id == shop_id, access_tokens.c.version == version, free)
        .values(refresh_lease=lease, refresh_lease_until=now + timedelta(seconds=seconds)),
        "refreshing",
    )


async def shopper(db: Database, shop_id: str, customer_id: str) -> str | None:
    row = await db.one(
        select(shoppers.c.id).where(shoppers.c.shop_id == shop_id, shoppers.c.shopify_customer_id == customer_id)
    )
    return row["id"] if row else None


async def customer_of(db: Database, shop_id: str, shopper_id: str) -> str | None:
    """Shopify's id of a shopper."""
    row = await db.one(
        select(shoppers.c.shopify_customer_id).where(shoppers.c.shop_id == shop_id, shoppers.c.id == shopper_id)
    )
    return row["shopify_customer_id"] if row else None


async def guest(db: Database, shop_id: str, token_hash: str, now: datetime) -> str | None:
    """The session of a token that has not expired."""
    row = await db.one(
        select(guest_sessions.c.id).where(
            guest_sessions.c.shop_id == shop_id,
            guest_sessions.c.token_hash == token_hash,
            guest_sessions.c.expires_at > now,
        )
    )
    return row["id"] if row else None


def insert_shopper(shop_id: str, customer_id: str, at: datetime) -> Any:
    return (
        upsert(shoppers)
        .values(id=new_id(), shop_id=shop_id, shopify_customer_id=customer_id, created_at=at, updated_at=at)
        .on_conflict_do_nothing(index_elements=["shop_id", "shopify_customer_id"])
    )


def insert_guest(shop_id: str, guest_id: str, token_hash: str, expires_at: datetime, at: datetime) -> Any:
    return upsert(guest_sessions).values(
        id=guest_id, shop_id=shop_id, token_hash=token_hash, expires_at=expires_at, created_at=at, updated_at=at
    )


def count_hit(key: str, now: datetime, window: timedelta) -> Any:
    """One more hit in the running window, or the first of a new one; returns count and window_start."""
    over = rate_limits.c.expires_at <= now
    return (
        upsert(rate_limits)
        .values(key=key, window_start=now, count=1, expires_at=now + window)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={
                "count": case((over, 1), else_=rate_limits.c.count + 1),
                "window_start": case((over, moment(now)), else_=rate_limits.c.window_start),
                "expires_at": case((over, moment(now + window)), else_=rate_limits.c.expires_at),
            },
        )
        .returning(rate_limits.c.count, rate_limits.c.expires_at)
    )


def insert_delivery(
    delivery_id: str, webhook: Webhook, status: str, fields: dict[str, Any] | None, error: str | None, at: datetime
) -> Any:
    """Once per event: a repeated delivery changes nothing."""
    return (
        upsert(webhook_deliveries)
        .values(
            id=delivery_id,
            shop_id=webhook.shop,
            topic=webhook.topic,
            event_id=webhook.event_id,
            webhook_id=webhook.webhook_id,
            triggered_at=webhook.triggered_at,
            status=status,
            fields=fields,
            error=error,
            created_at=at,
            updated_at=at,
        )
        .on_conflict_do_nothing(index_elements=["shop_id", "topic", "event_id"])
    )


async def delivery(db: Database, shop_id: str, delivery_id: str) -> Delivery | None:
    row = await db.one(
        select(*DELIVERY).where(webhook_deliveries.c.shop_id == shop_id, webhook_deliveries.c.id == delivery_id)
    )
    return Delivery(**row) if row else None


def close_delivery(shop_id: str, delivery_id: str, status: str, error: str | None, at: datetime) -> Any:
    return (
        update(webhook_deliveries)
        .where(webhook_deliveries.c.shop_id == shop_id, webhook_deliveries.c.id == delivery_id)
        .values(status=status, error=error, updated_at=at)
    )
