"""Offers: the styles and sizes in which a product can be personalized."""

from __future__ import annotations

import asyncio

from app import catalog
from app.core.app import App
from app.core.errors import NotFound
from app.core.read_batch import ReadBatch
from app.personalization.model import Offer, Watermark
from app.personalization.queries import offers


async def offer(app: App, shop_id: str, shopify_product_id: str) -> Offer:
    """Return a product's offer. Raises NotFound if the product is not enabled, or has no styles or no sizes."""
    return await read_offer(ReadBatch(app.db), shop_id, shopify_product_id)


async def read_offer(at_once: ReadBatch, shop_id: str, shopify_product_id: str) -> Offer:
    """Like `offer`, but within a read batch, so that it shares one database call with the other reads of the batch."""
    internal_id = catalog.id_of_sellable(shop_id, shopify_product_id)
    product, styles, sizes = await asyncio.gather(
        catalog.sellable_product(at_once, shop_id, shopify_product_id),
        offers.styles_of(at_once, shop_id, internal_id),
        offers.sizes_of(at_once, shop_id, internal_id),
    )
    if product is None:
        raise NotFound("This product cannot be personalized.", code="product_not_enabled")
    if not styles or not sizes:
        raise NotFound("This product cannot be personalized yet.", code="product_not_ready")
    return Offer(product.id, shopify_product_id, product.title, styles, sizes)


async def save_watermark(app: App, shop_id: str, watermark: Watermark) -> None:
    await app.db.batch(offers.set_watermark(shop_id, watermark, app.clock.now()))
