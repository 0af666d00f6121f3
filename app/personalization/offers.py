"""Offers: the styles and sizes in which a product can be personalized."""

from __future__ import annotations

import asyncio

from app import catalog
from app.catalog import Product
from app.core.app import App
from app.core.errors import NotFound
from app.core.read_batch import ReadBatch
from app.personalization.model import Offer, Style, Watermark
from app.personalization.print_sizes import Size
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


async def save_offer(app: App, shop_id: str, product: Product, sizes: list[Size], styles: list[Style]) -> None:
    """Add a product with its sizes, and offer it in these styles, which must already exist."""
    now = app.clock.now()
    await app.db.batch(
        catalog.save_product(shop_id, product, now),
        *[offers.insert_size(shop_id, size, place, now) for place, size in enumerate(sizes)],
        *[offers.link_style(shop_id, product.id, style.id, place, now) for place, style in enumerate(styles)],
    )


async def save_styles(app: App, shop_id: str, styles: list[Style], examples: dict[str, str]) -> None:
    """Add styles. `examples` maps the id of a style to the asset id of its example picture."""
    now = app.clock.now()
    await app.db.batch(
        *[offers.insert_style(shop_id, style, examples.get(style.id), place, now) for place, style in enumerate(styles)]
    )


async def save_watermark(app: App, shop_id: str, watermark: Watermark) -> None:
    await app.db.batch(offers.set_watermark(shop_id, watermark, app.clock.now()))
