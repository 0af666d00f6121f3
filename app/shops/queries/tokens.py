"""SQL of access tokens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update

from app.core.ports import AccessToken, Database, Expect
from app.core.tables import upsert
from app.jobs.tables import jobs
from app.shops.model import StoredToken
from app.shops.queries.installs import has_left
from app.shops.tables import access_tokens, shops

TOKEN = [access_tokens.c[name] for name in StoredToken.__dataclass_fields__]
SealedPair = tuple[str, str | None]
"""An access token and its refresh token, encrypted."""


async def stored_token(db: Database, shop_id: str) -> StoredToken | None:
    row = await db.one(select(*TOKEN).where(access_tokens.c.shop_id == shop_id, access_tokens.c.kind == "offline"))
    return StoredToken(**row) if row else None


async def fading_tokens(db: Database, before: datetime, job_key: tuple[str, str], limit: int) -> list[str]:
    """Shops whose refresh token expires before a time and that have no job with the key `prefix` + shop + `suffix`.

    Shops with such a job are skipped, so each call returns the next page. Covers all shops, for the sweep.
    """
    prefix, suffix = job_key
    asked = select(jobs.c.id).where(jobs.c.dedupe_key == prefix + access_tokens.c.shop_id + suffix).exists()
    rows = await db.all(
        select(access_tokens.c.shop_id)
        .join(shops, and_(shops.c.id == access_tokens.c.shop_id, shops.c.is_active == 1))
        .where(access_tokens.c.refresh_expires_at <= before, ~asked)
        .order_by(access_tokens.c.refresh_expires_at)
        .limit(limit)
    )
    return [str(row["shop_id"]) for row in rows]


async def tokens_of_another_key(db: Database, mark: str, limit: int) -> list[StoredToken]:
    """Tokens of all shops that were not encrypted with the current key, except those that no key decrypts."""
    rows = await db.all(
        select(*TOKEN)
        .join(shops, and_(shops.c.id == access_tokens.c.shop_id, shops.c.access_lost_at.is_(None)))
        .where(~access_tokens.c.access_cipher.startswith(mark))
        .order_by(access_tokens.c.shop_id)
        .limit(limit)
    )
    return [StoredToken(**row) for row in rows]


def store_token(shop_id: str, token: AccessToken, sealed: SealedPair, at: datetime) -> Any:
    """Store the token of an installation and replace any earlier one."""
    fresh = _token_values(token, sealed, at)
    return (
        upsert(access_tokens)
        .values(shop_id=shop_id, kind="offline", created_at=at, **fresh)
        .on_conflict_do_update(
            index_elements=["shop_id", "kind"], set_={**fresh, "version": access_tokens.c.version + 1}
        )
    )


def lease_refresh(shop_id: str, version: int, lease: str, now: datetime, seconds: int) -> Expect:
    """Take the shop's refresh lease. Refused with `refreshing` while somebody else holds it."""
    free = or_(access_tokens.c.refresh_lease.is_(None), access_tokens.c.refresh_lease_until <= now)
    return Expect(
        update(access_tokens)
        .where(access_tokens.c.shop_id == shop_id, access_tokens.c.version == version, free)
        .values(refresh_lease=lease, refresh_lease_until=now + timedelta(seconds=seconds)),
        "refreshing",
    )


def renew_token(shop_id: str, lease: str, token: AccessToken, sealed: SealedPair, at: datetime) -> Expect:
    """Refused with `lease_lost` if a newer token was stored meanwhile, which must not be replaced."""
    fresh = _token_values(token, sealed, at)
    return Expect(
        update(access_tokens).where(_leased(shop_id, lease)).values(**fresh, version=access_tokens.c.version + 1),
        "lease_lost",
    )


def reseal_token(shop_id: str, version: int, sealed: SealedPair) -> Any:
    """Store the same token, encrypted with another key. Its times stay: they say when Shopify issued it."""
    return (
        update(access_tokens)
        .where(access_tokens.c.shop_id == shop_id, access_tokens.c.version == version)
        .values(access_cipher=sealed[0], refresh_cipher=sealed[1])
    )


def rescope_token(shop_id: str, scope: str, now: datetime) -> Any:
    """Record new scopes and expire the access token, so that its next use fetches one with these scopes."""
    return update(access_tokens).where(access_tokens.c.shop_id == shop_id).values(scope=scope, access_expires_at=now)


def forget_dead_token(shop_id: str, lease: str) -> Expect:
    """Refused with `lease_lost` if a newer token was stored meanwhile."""
    return Expect(access_tokens.delete().where(_leased(shop_id, lease)), "lease_lost")


def forget_refused_token(shop_id: str, version: int) -> Expect:
    """Refused with `lease_lost` if a newer token was stored meanwhile."""
    as_read = and_(access_tokens.c.shop_id == shop_id, access_tokens.c.version == version)
    return Expect(access_tokens.delete().where(as_read), "lease_lost")


def forget_tokens(shop_id: str, told_at: datetime) -> Any:
    """Delete the tokens issued before an uninstall, which revoked them, whatever was installed since."""
    return access_tokens.delete().where(
        access_tokens.c.shop_id == shop_id, or_(access_tokens.c.updated_at <= told_at, has_left(shop_id))
    )


def _leased(shop_id: str, lease: str) -> ColumnElement[bool]:
    return and_(access_tokens.c.shop_id == shop_id, access_tokens.c.refresh_lease == lease)


def _token_values(token: AccessToken, sealed: SealedPair, at: datetime) -> dict[str, Any]:
    """Both ciphers together, so that a pair never mixes two refreshes."""
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
