"""Offline access tokens: sealed in the database, refreshed before they die, by one refresher per shop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from app.core.app import App
from app.core.errors import Refused, Unauthorized, Unavailable
from app.core.ids import new_token
from app.core.ports import AccessToken
from app.shops import queries
from app.shops.model import StoredToken

T = TypeVar("T")
REFRESH_EARLY = timedelta(minutes=5)
REFRESH_LEASE_S = 30
DEAD = "token_dead"


async def ask(app: App, shop_id: str, call: Callable[[AccessToken], Awaitable[T]]) -> T:
    """What Shopify's Admin API answers to `call`; when it refuses the token, once more with the next one.

    Raises what `call` raises, Unavailable, and Unauthorized when only the merchant's visit can renew our access.
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
            await _forget(app, shop_id, queries.forget_refused_token(shop_id, stored.version))
        raise


async def access_token(app: App, shop_id: str) -> AccessToken:
    """A token that is good for five more minutes, or lives still while the next one cannot be had.

    Raises Unauthorized when the shop has none, or it is dead; Unavailable while another request renews it.
    """
    stored, token = await _read(app, shop_id)
    if _lives(token, app.clock.now() + REFRESH_EARLY):
        return token
    try:
        return (await _renewed(app, stored, token))[1]
    except Unavailable:
        newest = (await _read(app, shop_id))[1]
        if _lives(newest, app.clock.now()):
            return newest
        raise


async def renew(app: App, shop_id: str, *, before: datetime) -> None:
    """The next pair of tokens, when the refresh token ends before a time. Raises as access_token."""
    stored, token = await _read(app, shop_id)
    if stored.refresh_expires_at is not None and stored.refresh_expires_at <= before:
        await _renewed(app, stored, token)


async def store(app: App, token: AccessToken, at: datetime) -> Any:
    """The statement that seals and keeps a token."""
    return queries.store_token(token.shop, token, await _sealed(app, token), at)


async def reseal(app: App, stored: StoredToken) -> bool:
    """Seal a token by the present key, whichever key sealed it; whether it could be opened."""
    try:
        token = await _opened(app, stored)
    except Unavailable:
        return False
    await app.db.batch(queries.reseal_token(stored.shop_id, stored.version, await _sealed(app, token)))
    return True


async def _after(app: App, refused: AccessToken) -> tuple[StoredToken, AccessToken]:
    """The token that comes after one that Shopify refused before its time."""
    stored, token = await _read(app, refused.shop)
    if token.access != refused.access:  # it was renewed meanwhile
        return stored, token
    return await _renewed(app, stored, token)


async def _read(app: App, shop_id: str) -> tuple[StoredToken, AccessToken]:
    stored = await queries.stored_token(app.db, shop_id)
    if stored is None:
        raise Unauthorized(
            "This shop has not granted the app access. Open the app from the Shopify admin.", code="token_missing"
        )
    return stored, await _opened(app, stored)


def _lives(token: AccessToken, at: datetime) -> bool:
    return token.access_expires_at is None or token.access_expires_at > at


async def _renewed(app: App, stored: StoredToken, token: AccessToken) -> tuple[StoredToken, AccessToken]:
    """Refresh under the shop's lease, and keep the pair. A lost answer is asked for again once the lease has ended:
    Shopify gives the same pair for the same refresh token until the new one is used."""
    lease, now = new_token(), app.clock.now()
    try:
        await app.db.batch(queries.lease_refresh(token.shop, stored.version, lease, now, REFRESH_LEASE_S))
    except Refused as refused:
        raise _refreshing() from refused
    try:
        fresh = await app.door.refresh(token)
    except Unauthorized as fault:
        if fault.code == DEAD:
            await _forget(app, token.shop, queries.forget_dead_token(token.shop, lease))
        raise
    sealed, now = await _sealed(app, fresh), app.clock.now()
    kept = queries.renew_token(token.shop, lease, fresh, sealed, now)
    try:
        await app.db.batch(kept, queries.note_renewal(token.shop, fresh.scope, now))
    except Refused as refused:  # the app was installed again, or removed, meanwhile
        raise _refreshing() from refused
    return await _read(app, token.shop)


async def _forget(app: App, shop_id: str, forgetting: object) -> None:
    """Without a token, the merchant sees that access is lost, and their next visit renews it.

    Raises Unavailable when a newer token came meanwhile.
    """
    try:
        await app.db.batch(forgetting, queries.lose_access(shop_id, app.clock.now()))
    except Refused as refused:
        raise _refreshing() from refused
    app.log.warning("access_lost", shop=shop_id)


async def _sealed(app: App, token: AccessToken) -> queries.SealedPair:
    return await app.vault.seal(token.access), await app.vault.seal(token.refresh) if token.refresh else None


async def _opened(app: App, stored: StoredToken) -> AccessToken:
    """Raises Unavailable when no key opens it: an operator may bring the right one, or a visit a new token."""
    try:
        access = await app.vault.open(stored.access_cipher)
        refresh = await app.vault.open(stored.refresh_cipher) if stored.refresh_cipher else None
    except Unauthorized as fault:
        app.log.error("token_unreadable", fault, shop=stored.shop_id)
        await app.db.batch(queries.lose_unreadable(stored.shop_id, app.clock.now()))
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
    return Unavailable("The connection to Shopify is being renewed. Try again in a moment.", code="refreshing")
