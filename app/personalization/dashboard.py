"""The figures about personalization on the merchant's home page."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from app import catalog, quotas
from app.core.app import App
from app.core.ports.database import Database
from app.core.read_batch import ReadBatch
from app.notifications import Notice
from app.personalization.model import Offer
from app.personalization.order_rules import NEED_MERCHANT
from app.personalization.queries import offers as offer_queries
from app.personalization.queries import orders, unread_orders
from app.shops import Shop


@dataclass(frozen=True)
class Summary:
    """Figures for the home page.

    `used` and `limit` are the number of previews this month and the monthly quota; `used_in_all` counts all time.
    `counted_since` is when the first preview of this month was requested, None if there was none.
    """

    offers: list[Offer]
    used: int
    limit: int
    used_in_all: int
    counted_since: datetime | None
    previews_30_days: int
    prints_ready: int
    prints_running: int
    need_attention: int
    orders_unread: int


async def summary(app: App, shop: Shop) -> Summary:
    now = app.clock.now()
    at_once = ReadBatch(app.db)
    quota, states, failed_notes, unread, products, previews = await asyncio.gather(
        quotas.quota(at_once, shop.id),
        orders.items_by_state(at_once, shop.id),
        orders.count_failed_notes(at_once, shop.id),
        unread_orders.count_unread_orders(at_once, shop.id),
        catalog.enabled_products(at_once, shop.id),
        orders.previews_since(at_once, shop.id, now - timedelta(days=30)),
    )
    month = quotas.period_of(now, shop.timezone)
    return Summary(
        offers=await asyncio.gather(*[_offer(at_once, product) for product in products]),
        used=quota.used_in(month) if quota else 0,
        limit=quota.monthly_generation_limit if quota else 0,
        used_in_all=quota.total_generations if quota else 0,
        counted_since=quota.last_reset_at if quota and quota.used_in(month) else None,
        previews_30_days=previews,
        prints_ready=states.get("ready", 0),
        prints_running=sum(states.get(state, 0) for state in ("queued", "printing", "waiting")),
        need_attention=sum(states.get(state, 0) for state in NEED_MERCHANT) + failed_notes,
        orders_unread=unread,
    )


async def notices(app: App, shop: Shop) -> list[Notice]:
    """Return what the merchant should be told by mail: lines and orders that wait for them."""
    at_once = ReadBatch(app.db)
    states, failed_notes, unread = await asyncio.gather(
        orders.items_by_state(at_once, shop.id),
        orders.count_failed_notes(at_once, shop.id),
        unread_orders.count_unread_orders(at_once, shop.id),
    )
    lines = sum(states.get(state, 0) for state in NEED_MERCHANT) + failed_notes
    found = []
    if unread:
        found.append(Notice(f"{unread} {'order' if unread == 1 else 'orders'} could not be read", "/orders"))
    if lines:
        text = f"{lines} {'line item needs' if lines == 1 else 'line items need'} your attention"
        found.append(Notice(text, "/orders?show=attention"))
    return found


async def _offer(db: Database, product: catalog.Product) -> Offer:
    styles, sizes = await asyncio.gather(
        offer_queries.styles_of(db, product.shop_id, product.id),
        offer_queries.sizes_of(db, product.shop_id, product.id),
    )
    return Offer(product.id, product.shopify_product_id or "", product.title, styles, sizes)
