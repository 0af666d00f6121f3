"""Visitors of the storefront block: customers with an account, and guests with a token."""

from __future__ import annotations

import asyncio
import hashlib
import re
from datetime import timedelta

from app.core.app import App
from app.core.errors import NotFound
from app.core.ids import new_id, new_token
from app.core.ports.shopify import ProxyVisit
from app.core.read_batch import ReadBatch
from app.shops.model import Guest, Shop, Shopper, Visitor
from app.shops.queries import installs, visitors

GUEST_LIFE = timedelta(days=30)
OWN_TOKEN = re.compile(r"own-[0-9a-f]{64}")
"""A token that the browser makes from 256 random bits before its first request, so that a lost answer loses nothing."""


async def visitor(app: App, visit: ProxyVisit, guest_token: str | None) -> Visitor:
    """Return the visitor, and record a new one. Raises NotFound if the app is not installed."""
    if visit.customer_id:
        return await _shopper(app, visit, visit.customer_id)
    shop, guest = await _guest(app, visit, guest_token)
    own = guest_token if guest_token and OWN_TOKEN.fullmatch(guest_token) else None
    return guest or await _new_guest(app, shop, own or new_token())


async def known_visitor(app: App, visit: ProxyVisit, guest_token: str | None) -> Visitor:
    """Return a known visitor. A customer who sends a guest token is also that guest. Raises NotFound."""
    if visit.customer_id:
        return await _shopper(app, visit, visit.customer_id, guest_token)
    _, guest = await _guest(app, visit, guest_token)
    if guest is None:
        raise NotFound()
    return guest


async def open_shop(app: App, visit: ProxyVisit) -> Shop:
    """Return the shop of a storefront request. Raises NotFound if the app is not installed there."""
    return _opened(await installs.active_shop(app.db, visit.shop))


async def note_block(app: App, shop: Shop) -> None:
    """Record that a page of the online store asked for a product's styles: the shop's theme has our block."""
    if shop.block_seen_at is None:
        await app.db.batch(installs.note_block(shop.id, app.clock.now()))


def _opened(shop: Shop | None) -> Shop:
    if shop is None:
        raise NotFound("This shop does not use Artify at the moment.")
    return shop


async def _guest(app: App, visit: ProxyVisit, token: str | None) -> tuple[Shop, Guest | None]:
    if not token:
        return await open_shop(app, visit), None
    at_once = ReadBatch(app.db)
    found, guest_id = await asyncio.gather(
        installs.active_shop(at_once, visit.shop),
        visitors.guest(at_once, visit.shop, _hash(token), app.clock.now()),
    )
    shop = _opened(found)
    return shop, Guest(shop, guest_id, token) if guest_id else None


async def _shopper(app: App, visit: ProxyVisit, customer_id: str, guest_token: str | None = None) -> Shopper:
    at_once = ReadBatch(app.db)
    found, shopper_id, guest_id = await asyncio.gather(
        installs.active_shop(at_once, visit.shop),
        visitors.shopper(at_once, visit.shop, customer_id),
        visitors.guest(at_once, visit.shop, _hash(guest_token or ""), app.clock.now()),
    )
    shop = _opened(found)
    if shopper_id is None:
        new = visitors.insert_shopper(shop.id, customer_id, app.clock.now())
        _, stored = await app.db.batch(new, visitors.shopper_row(shop.id, customer_id))
        shopper_id = stored.rows[0]["id"]
    return Shopper(shop, shopper_id, customer_id, guest_id)


async def _new_guest(app: App, shop: Shop, token: str) -> Guest:
    """Create the guest of this token, or of a new token if it has expired. Two requests at once create one guest."""
    token_hash, now = _hash(token), app.clock.now()
    new = visitors.insert_guest(shop.id, new_id(), token_hash, now + GUEST_LIFE, now)
    _, stored = await app.db.batch(new, visitors.guest_row(shop.id, token_hash, now))
    if not stored.rows:
        return await _new_guest(app, shop, new_token())
    return Guest(shop, stored.rows[0]["id"], token)


def _hash(token: str) -> str:
    """A token of 256 random bits needs no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
