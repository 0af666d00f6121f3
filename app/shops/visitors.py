"""Who stands in front of the storefront block: a customer with an account, or a guest with a token."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from app.core.app import App
from app.core.errors import NotFound
from app.core.ids import new_id, new_token
from app.core.ports import ProxyVisit
from app.shops import queries
from app.shops.model import Guest, Shop, Shopper, Visitor

GUEST_LIFE = timedelta(days=30)


async def visitor(app: App, visit: ProxyVisit, guest_token: str | None) -> Visitor:
    """The visitor; who is new is recorded. Raises NotFound when the app is not installed."""
    shop = await open_shop(app, visit)
    if visit.customer_id:
        return await _shopper(app, shop, visit.customer_id)
    return await _guest(app, shop, guest_token) or await _new_guest(app, shop)


async def known_visitor(app: App, visit: ProxyVisit, guest_token: str | None) -> Visitor:
    """A visitor whom we have met. Raises NotFound."""
    shop = await open_shop(app, visit)
    if visit.customer_id:
        return await _shopper(app, shop, visit.customer_id)
    guest = await _guest(app, shop, guest_token)
    if guest is None:
        raise NotFound()
    return guest


async def open_shop(app: App, visit: ProxyVisit) -> Shop:
    """The shop that a storefront request came through. Raises NotFound when the app is not installed there."""
    shop = await queries.active_shop(app.db, visit.shop)
    if shop is None:
        raise NotFound("This shop does not use Artify at the moment.")
    return shop


async def _guest(app: App, shop: Shop, token: str | None) -> Guest | None:
    guest_id = await queries.guest(app.db, shop.id, _hash(token), app.clock.now()) if token else None
    return Guest(shop, guest_id, token) if guest_id and token else None


async def _shopper(app: App, shop: Shop, customer_id: str) -> Shopper:
    shopper_id = await queries.shopper(app.db, shop.id, customer_id)
    if shopper_id is None:
        await app.db.batch(queries.insert_shopper(shop.id, customer_id, app.clock.now()))
        shopper_id = await queries.shopper(app.db, shop.id, customer_id)
    if shopper_id is None:
        raise NotFound()
    return Shopper(shop, shopper_id, customer_id)


async def _new_guest(app: App, shop: Shop) -> Guest:
    guest, now = Guest(shop, new_id(), new_token()), app.clock.now()
    await app.db.batch(queries.insert_guest(shop.id, guest.id, _hash(guest.token), now + GUEST_LIFE, now))
    return guest


def _hash(token: str) -> str:
    """A token of 256 random bits needs no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
