"""What the merchant's home page tells of personalization."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from app import catalog, generation
from app.core.app import App
from app.personalization import queries
from app.personalization.model import Offer
from app.shops import Shop


@dataclass(frozen=True)
class Summary:
    """Counts for the home page; `used` and `limit` are this month's previews."""

    offers: list[Offer]
    used: int
    limit: int
    previews_30_days: int
    prints_ready: int
    prints_running: int
    need_attention: int


async def summary(app: App, shop: Shop) -> Summary:
    now = app.clock.now()
    quota = await generation.quota(app.db, shop.id)
    states = await queries.items_by_state(app.db, shop.id)
    return Summary(
        offers=[await _offer(app, product) for product in await catalog.products(app.db, shop.id)],
        used=quota.used_in(generation.period_of(now, shop.timezone)) if quota else 0,
        limit=quota.monthly_generation_limit if quota else 0,
        previews_30_days=await queries.previews_since(app.db, shop.id, now - timedelta(days=30)),
        prints_ready=states.get("ready", 0),
        prints_running=sum(states.get(state, 0) for state in ("queued", "printing", "waiting")),
        need_attention=sum(states.get(state, 0) for state in ("failed", "needs_review", "unmapped")),
    )


async def _offer(app: App, product: catalog.Product) -> Offer:
    return Offer(
        product.id,
        product.shopify_product_id or "",
        product.title,
        await queries.styles_of(app.db, product.shop_id, product.id),
        await queries.sizes_of(app.db, product.shop_id, product.id),
    )
