"""Offline access tokens: encrypted in the database, refreshed before they expire, one refresh per shop at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from app.core.app import App
from app.core.errors import Refused, Unauthorized, Unavailable
from app.core.ids import new_token
from app.core.ports.shopify import AccessToken
from app.shops.model import StoredToken
from app.shops.queries import installs, tokens

T = TypeVar("T")
REFRESH_EARLY = timedelta(minutes=5)
REFRESH_LEASE_S = 30
WAIT_S = 3.0
"""How long a request waits for the token that another one is fetching, in seconds."""
REFRESHING = "refreshing"
DEAD = "token_dead"


async def ask(app: App, shop_id: str, call: Callable[[AccessToken], Awaitable[T]]) -> T:
    """Run `call` against Shopify's Admin API. If Shopify refuses the token, refresh it and try once more.

    Raises what `call` raises, Unavailable, and Unauthorized if only a visit of the merchant can restore access.
    """
    token = await access_token(app, shop_id)
    try:
        return await call(token)
    except Unauthorized as fault:
        if fault.code != DEAD:
            raise
    stored, token = await _after(app, token)
    try:
        return await call(token)
    except Unauthorized as fault:
        if fault.code == DEAD:
            await _forget(app, shop_id, tokens.forget_refused_token(shop_id, stored.version))
        raise


async def access_token(app: App, shop_id: str) -> AccessToken:
    """Return a token that is valid for five more minutes, or a shorter time if it cannot be refreshed now.

    Raises Unauthorized if the shop has none or it has been revoked, and Unavailable if another request refreshes it for
    longer than WAIT_S.
    """
    stored, token = await _read(app, shop_id)
    if _lives(token, app.clock.now() + REFRESH_EARLY):
        return token
    try:
        return (await _renewed(app, stored, token))[1]
    except Unavailable as fault:
        return await _newest(app, shop_id, fault)


async def _newest(app: App, shop_id: str, fault: Unavailable) -> AccessToken:
    """Return the stored token if it is still valid, or the one that another request is about to store.

    Raises `fault` if neither is there: a merchant who waits for an answer is better off with a second more than with
    the advice to try again.
    """
    until = time.monotonic() + (WAIT_S if fault.code == REFRESHING else 0)
    while True:
        newest = (await _read(app, shop_id))[1]
        if _lives(newest, app.clock.now()):
            return newest
        if time.monotonic() >= until:
            raise fault
        await asyncio.sleep(WAIT_S / 10)


async def renew(app: App, shop_id: str, *, before: datetime) -> None:
    """Refresh the tokens if the refresh token expires before a time. Raises as access_token."""
    stored, token = await _read(app, shop_id)
    if stored.refresh_expires_at is not None and stored.refresh_expires_at <= before:
        await _renewed(app, stored, token)


async def store(app: App, token: AccessToken, at: datetime) -> Any:
    """Return the statement that stores an encrypted token."""
    return tokens.store_token(token.shop, token, await _sealed(app, token), at)


async def reseal(app: App, stored: StoredToken) -> bool:
    """Encrypt a stored token with the current key. Return whether it could be decrypted."""
    try:
        token = await _opened(app, stored)
    except Unavailable:
        return False
    await app.db.batch(tokens.reseal_token(stored.shop_id, stored.version, await _sealed(app, token)))
    return True


async def _after(app: App, refused: AccessToken) -> tuple[StoredToken, AccessToken]:
    """Return the token that replaces one that Shopify refused before it expired."""
    stored, token = await _read(app, refused.shop)
    if token.access != refused.access:  # it was renewed meanwhile
        return stored, token
    return await _renewed(app, stored, token)


async def _read(app: App, shop_id: str) -> tuple[StoredToken, AccessToken]:
    stored = await tokens.stored_token(app.db, shop_id)
    if stored is None:
        raise Unauthorized(
            "This shop has not granted the app access. Open the app from the Shopify admin.", code="token_missing"
        )
    return stored, await _opened(app, stored)


def _lives(token: AccessToken, at: datetime) -> bool:
    return token.access_expires_at is None or token.access_expires_at > at


async def _renewed(app: App, stored: StoredToken, token: AccessToken) -> tuple[StoredToken, AccessToken]:
    """Refresh under the shop's lease and store the new pair.

    If the answer is lost, the request is repeated after the lease has ended: Shopify returns the same pair for the
    same refresh token until the new one is used.
    """
    lease, now = new_token(), app.clock.now()
    try:
        await app.db.batch(tokens.lease_refresh(token.shop, stored.version, lease, now, REFRESH_LEASE_S))
    except Refused as refused:
        raise _refreshing() from refused
    try:
        fresh = await app.shopify_auth.refresh(token)
    except Unauthorized as fault:
        if fault.code == DEAD:
            await _forget(app, token.shop, tokens.forget_dead_token(token.shop, lease))
        raise
    sealed, now = await _sealed(app, fresh), app.clock.now()
    kept = tokens.renew_token(token.shop, lease, fresh, sealed, now)
    try:
        await app.db.batch(kept, installs.note_renewal(token.shop, fresh.scope, now))
    except Refused as refused:  # the app was installed again or removed meanwhile
        raise _refreshing() from refused
    return await _read(app, token.shop)


async def _forget(app: App, shop_id: str, forgetting: object) -> None:
    """Delete the token and record that access is lost; the merchant's next visit restores it.

    Raises Unavailable if a newer token was stored meanwhile.
    """
    try:
        await app.db.batch(forgetting, installs.lose_access(shop_id, app.clock.now()))
    except Refused as refused:
        raise _refreshing() from refused
    app.log.warning("access_lost", shop=shop_id)


async def _sealed(app: App, token: AccessToken) -> tokens.SealedPair:
    return await app.vault.seal(token.access), await app.vault.seal(token.refresh) if token.refresh else None


async def _opened(app: App, stored: StoredToken) -> AccessToken:
    """Raises Unavailable if no key decrypts it: an operator can add the right key, and a visit brings a new token."""
    try:
        access = await app.vault.open(stored.access_cipher)
        refresh = await app.vault.open(stored.refresh_cipher) if stored.refresh_cipher else None
    except Unauthorized as fault:
        app.log.error("token_unreadable", fault, shop=stored.shop_id)
        await app.db.batch(installs.lose_unreadable(stored.shop_id, app.clock.now()))
        raise Unavailable(
            "TOKEN_KEY cannot decrypt this shop's token. Set the previous key as OLD_TOKEN_KEY.", code=fault.code
        ) from fault
    return AccessToken(
        shop=stored.shop_id,
        access=access,
        access_expires_at=stored.access_expires_at,
        refresh=refresh,
        refresh_expires_at=stored.refresh_expires_at,
        scope=stored.scope or "",
    )


def _refreshing() -> Unavailable:
    return Unavailable("The connection to Shopify is being renewed. Try again in a moment.", code=REFRESHING)
