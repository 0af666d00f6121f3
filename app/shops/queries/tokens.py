"""SQL of access tokens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update

from app.core.ports.database import Database, Expect
from app.core.ports.shopify import AccessToken
from app.core.statements import built_once
from app.core.tables import upsert
from app.jobs.tables import jobs
from app.shops.model import StoredToken
from app.shops.queries.installs import has_left
from app.shops.tables import access_tokens, shops

TOKEN = [access_tokens.c[name] for name in StoredToken.__dataclass_fields__]
SealedPair = tuple[str, str | None]
"""An access token and its refresh token, encrypted."""


async def stored_token(db: Database, shop_id: str) -> StoredToken | None:
    row = await db.one(_stored_token(shop_id))
    return StoredToken(**row) if row else None


@built_once
def _stored_token(shop_id: str) -> Any:
    return select(*TOKEN).where(access_tokens.c.shop_id == shop_id, access_tokens.c.kind == "offline")


async def fading_tokens(db: Database, before: datetime, job_key: tuple[str, str], limit: int) -> list[str]:
    """Shops whose refresh token expires before a time and that have no job with the key `prefix` + shop + `suffix`.

    Shops with such a job are skipped, so each call returns the next page. Covers all shops, for the sweep.
    """
    rows = await db.all(_fading_tokens(before, *job_key, limit))
    return [str(row["shop_id"]) for row in rows]


@built_once
def _fading_tokens(before: datetime, prefix: str, suffix: str, limit: int) -> Any:
    asked = select(jobs.c.id).where(jobs.c.dedupe_key == prefix + access_tokens.c.shop_id + suffix).exists()
    return (
        select(access_tokens.c.shop_id)
        .join(shops, and_(shops.c.id == access_tokens.c.shop_id, shops.c.is_active == 1))
        .where(access_tokens.c.refresh_expires_at <= before, ~asked)
        .order_by(access_tokens.c.refresh_expires_at)
        .limit(limit)
    )


async def tokens_of_another_key(db: Database, mark: str, limit: int) -> list[StoredToken]:
    """Tokens of all shops that were not encrypted with the current key, except those that no key decrypts."""
    rows = await db.all(_tokens_of_another_key(mark, limit))
    return [StoredToken(**row) for row in rows]


@built_once
def _tokens_of_another_key(mark: str, limit: int) -> Any:
    return (
        select(*TOKEN)
        .join(shops, and_(shops.c.id == access_tokens.c.shop_id, shops.c.access_lost_at.is_(None)))
        .where(~access_tokens.c.access_cipher.startswith(mark))
        .order_by(access_tokens.c.shop_id)
        .limit(limit)
    )


def store_token(shop_id: str, token: AccessToken, sealed: SealedPair, at: datetime) -> Any:
    """Store the token of an installation and replace any earlier one."""
    return _store_token(shop_id, token, *sealed, at)


@built_once
def _store_token(shop_id: str, token: AccessToken, access: str, refresh: str | None, at: datetime) -> Any:
    fresh = _token_values(token, access, refresh, at)
    return (
        upsert(access_tokens)
        .values(shop_id=shop_id, kind="offline", created_at=at, **fresh)
        .on_conflict_do_update(
            index_elements=["shop_id", "kind"], set_={**fresh, "version": access_tokens.c.version + 1}
        )
    )


def lease_refresh(shop_id: str, version: int, lease: str, now: datetime, seconds: int) -> Expect:
    """Take the shop's refresh lease. Refused with `refreshing` while somebody else holds it."""
    return _lease_refresh(shop_id, version, lease, now, now + timedelta(seconds=seconds))


@built_once
def _lease_refresh(shop_id: str, version: int, lease: str, now: datetime, until: datetime) -> Expect:
    free = or_(access_tokens.c.refresh_lease.is_(None), access_tokens.c.refresh_lease_until <= now)
    return Expect(
        update(access_tokens)
        .where(access_tokens.c.shop_id == shop_id, access_tokens.c.version == version, free)
        .values(refresh_lease=lease, refresh_lease_until=until),
        "refreshing",
    )


def renew_token(shop_id: str, lease: str, token: AccessToken, sealed: SealedPair, at: datetime) -> Expect:
    """Refused with `lease_lost` if a newer token was stored meanwhile, which must not be replaced."""
    return _renew_token(shop_id, lease, token, *sealed, at)


@built_once
def _renew_token(
    shop_id: str, lease: str, token: AccessToken, access: str, refresh: str | None, at: datetime
) -> Expect:
    fresh = _token_values(token, access, refresh, at)
    return Expect(
        update(access_tokens).where(_leased(shop_id, lease)).values(**fresh, version=access_tokens.c.version + 1),
        "lease_lost",
    )


def reseal_token(shop_id: str, version: int, sealed: SealedPair) -> Any:
    """Store the same token, encrypted with another key. Its times stay: they say when Shopify issued it."""
    return _reseal_token(shop_id, version, *sealed)


@built_once
def _reseal_token(shop_id: str, version: int, access: str, refresh: str | None) -> Any:
    return (
        update(access_tokens)
        .where(access_tokens.c.shop_id == shop_id, access_tokens.c.version == version)
        .values(access_cipher=access, refresh_cipher=refresh)
    )


@built_once
def rescope_token(shop_id: str, scope: str, now: datetime) -> Any:
    """Record new scopes and expire the access token, so that its next use fetches one with these scopes."""
    return update(access_tokens).where(access_tokens.c.shop_id == shop_id).values(scope=scope, access_expires_at=now)


@built_once
def forget_dead_token(shop_id: str, lease: str) -> Expect:
    """Refused with `lease_lost` if a newer token was stored meanwhile."""
    return Expect(access_tokens.delete().where(_leased(shop_id, lease)), "lease_lost")


@built_once
def forget_refused_token(shop_id: str, version: int) -> Expect:
    """Refused with `lease_lost` if a newer token was stored meanwhile."""
    as_read = and_(access_tokens.c.shop_id == shop_id, access_tokens.c.version == version)
    return Expect(access_tokens.delete().where(as_read), "lease_lost")


@built_once
def forget_tokens(shop_id: str, as_of: datetime) -> Any:
    """Delete the tokens issued before an uninstall, which revoked them, whatever was installed since."""
    return access_tokens.delete().where(
        access_tokens.c.shop_id == shop_id, or_(access_tokens.c.updated_at <= as_of, has_left(shop_id))
    )


def _leased(shop_id: str, lease: str) -> ColumnElement[bool]:
    return and_(access_tokens.c.shop_id == shop_id, access_tokens.c.refresh_lease == lease)


def _token_values(token: AccessToken, access: str, refresh: str | None, at: datetime) -> dict[str, Any]:
    """Both ciphers together, so that a pair never mixes two refreshes."""
    return {
        "access_cipher": access,
        "access_expires_at": token.access_expires_at,
        "refresh_cipher": refresh,
        "refresh_expires_at": token.refresh_expires_at,
        "scope": token.scope,
        "refresh_lease": None,
        "refresh_lease_until": None,
        "updated_at": at,
    }
