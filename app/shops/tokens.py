"""Offline access tokens: sealed in the database, refreshed before they die, by one refresher per shop."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app.core.app import App
from app.core.errors import Refused, Unauthorized, Unavailable
from app.core.ids import new_token
from app.core.ports import AccessToken
from app.shops import queries
from app.shops.model import StoredToken

REFRESH_EARLY = timedelta(minutes=5)
REFRESH_LEASE_S = 30


async def access_token(app: App, shop_id: str) -> AccessToken:
    """A token that is good for five more minutes. Raises Unauthorized when the shop has none, or it is dead."""
    stored = await queries.stored_token(app.db, shop_id)
    if stored is None:
        raise Unauthorized("This shop has not given the app access.", code="token_missing")
    token = await _opened(app, stored)
    now = app.clock.now()
    if token.access_expires_at is None or token.access_expires_at - REFRESH_EARLY > now:
        return token
    return await _refreshed(app, token, stored.version, now)


async def store(app: App, token: AccessToken, at: datetime) -> Any:
    """The statement that seals and keeps a token."""
    return queries.store_token(token.shop, token, await _sealed(app, token), at)


async def _sealed(app: App, token: AccessToken) -> queries.SealedPair:
    return await app.vault.seal(token.access), await app.vault.seal(token.refresh) if token.refresh else None


async def _opened(app: App, stored: StoredToken) -> AccessToken:
    return AccessToken(
        shop=stored.shop_id,
        access=await app.vault.open(stored.access_cipher),
        access_expires_at=stored.access_expires_at,
        refresh=await app.vault.open(stored.refresh_cipher) if stored.refresh_cipher else None,
        refresh_expires_at=stored.refresh_expires_at,
        scope=stored.scope or "",
    )


async def _refreshed(app: App, token: AccessToken, version: int, now: datetime) -> AccessToken:
    lease = new_token()
    try:
        await app.db.batch(queries.lease_refresh(token.shop, version, lease, now, REFRESH_LEASE_S))
    except Refused as refused:
        if token.access_expires_at and token.access_expires_at > now:
            return token  # somebody else refreshes it; it still works
        raise _refreshing() from refused
    try:
        fresh = await app.door.refresh(token)
    except Unauthorized as fault:
        if fault.code == "token_dead":  # without a token, the merchant's next visit brings a new one
            await app.db.batch(queries.forget_dead_token(token.shop, lease))
        raise
    sealed = await _sealed(app, fresh)
    try:
        await app.db.batch(queries.renew_token(token.shop, lease, fresh, sealed, app.clock.now()))
    except Refused as refused:  # the app was installed again, or removed, meanwhile
        raise _refreshing() from refused
    return fresh


def _refreshing() -> Unavailable:
    return Unavailable("The connection to Shopify is being renewed.", code="refreshing")
