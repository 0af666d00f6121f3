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
    access = await app.vault.seal(token.access)
    refresh = await app.vault.seal(token.refresh) if token.refresh else None
    return queries.store_token(token.shop, token, access, refresh, at)


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
    try:
        await app.db.batch(queries.lease_refresh(token.shop, version, new_token(), now, REFRESH_LEASE_S))
    except Refused as refused:
        if token.access_expires_at and token.access_expires_at > now:
            return token  # somebody else refreshes it; it still works
        raise Unavailable("The connection to Shopify is being renewed.", code="refreshing") from refused
    fresh = await app.door.refresh(token)
    await app.db.batch(await store(app, fresh, app.clock.now()))
    return fresh
