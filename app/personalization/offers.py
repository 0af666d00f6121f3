"""What a product offers: its styles and sizes."""

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
    """Raises NotFound when the product is not switched on, or has nothing to choose from."""
    return await read_offer(ReadBatch(app.db), shop_id, shopify_product_id)


async def read_offer(at_once: ReadBatch, shop_id: str, shopify_product_id: str) -> Offer:
    """As `offer`, in one call of the database together with what else is read at once."""
    sold = catalog.id_of_sellable(shop_id, shopify_product_id)
    product, styles, sizes = await asyncio.gather(
        catalog.sellable_product(at_once, shop_id, shopify_product_id),
        offers.styles_of(at_once, shop_id, sold),
        offers.sizes_of(at_once, shop_id, sold),
    )
    if product is None:
        raise NotFound("This product cannot be personalized.", code="product_not_enabled")
    if not styles or not sizes:
        raise NotFound("This product cannot be personalized yet.", code="product_not_ready")
    return Offer(product.id, shopify_product_id, product.title, styles, sizes)


async def save_offer(app: App, shop_id: str, product: Product, sizes: list[Size], styles: list[Style]) -> None:
    """Add a product with its sizes, offered in these styles (which exist already)."""
    now = app.clock.now()
    await app.db.batch(
        catalog.save_product(shop_id, product, now),
        *[offers.insert_size(shop_id, size, place, now) for place, size in enumerate(sizes)],
        *[offers.link_style(shop_id, product.id, style.id, place, now) for place, style in enumerate(styles)],
    )


async def save_styles(app: App, shop_id: str, styles: list[Style], examples: dict[str, str]) -> None:
    """Add looks; `examples` gives the asset of each style's example by the style's id."""
    now = app.clock.now()
    await app.db.batch(
        *[offers.insert_style(shop_id, style, examples.get(style.id), place, now) for place, style in enumerate(styles)]
    )


async def save_watermark(app: App, shop_id: str, watermark: Watermark) -> None:
    await app.db.batch(offers.set_watermark(shop_id, watermark, app.clock.now()))
