"""What a product offers: its styles and sizes."""

from __future__ import annotations

from app import catalog
from app.catalog import Product
from app.core.app import App
from app.core.errors import NotFound
from app.personalization import queries
from app.personalization.model import Offer, Size, Style, Watermark


async def offer(app: App, shop_id: str, shopify_product_id: str) -> Offer:
    """Raises NotFound when the product is not switched on, or has nothing to choose from."""
    product = await catalog.sellable_product(app.db, shop_id, shopify_product_id)
    if product is None:
        raise NotFound("This product cannot be personalized.", code="product_not_enabled")
    styles = await queries.styles_of(app.db, shop_id, product.id)
    sizes = await queries.sizes_of(app.db, shop_id, product.id)
    if not styles or not sizes:
        raise NotFound("This product cannot be personalized yet.", code="product_not_ready")
    return Offer(product.id, shopify_product_id, product.title, styles, sizes)


async def save_offer(app: App, shop_id: str, product: Product, sizes: list[Size], styles: list[Style]) -> None:
    """Add a product with its sizes, offered in these styles (which exist already)."""
    now = app.clock.now()
    await app.db.batch(
        catalog.save_product(shop_id, product, now),
        *[queries.insert_size(shop_id, size, place, now) for place, size in enumerate(sizes)],
        *[queries.link_style(shop_id, product.id, style.id, place, now) for place, style in enumerate(styles)],
    )


async def save_styles(app: App, shop_id: str, styles: list[Style], examples: dict[str, str]) -> None:
    """Add looks; `examples` gives the asset of each style's example by the style's id."""
    now = app.clock.now()
    await app.db.batch(
        *[
            queries.insert_style(shop_id, style, examples.get(style.id), place, now)
            for place, style in enumerate(styles)
        ]
    )


async def save_watermark(app: App, shop_id: str, watermark: Watermark) -> None:
    await app.db.batch(queries.set_watermark(shop_id, watermark, app.clock.now()))
