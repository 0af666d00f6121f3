"""Blanks: what a shop prints on, and which Shopify variants are printed on which."""

from __future__ import annotations

from app.core.app import App
from app.personalization import queries
from app.personalization.goods import BaseVariant, Mapping, ProductBase


async def save_base(app: App, shop_id: str, base: ProductBase, variants: list[BaseVariant]) -> None:
    """Add a blank with its variants."""
    now = app.clock.now()
    await app.db.batch(
        queries.insert_base(shop_id, base, 0, now),
        *[queries.insert_base_variant(shop_id, variant, place, now) for place, variant in enumerate(variants)],
    )


async def map_base(app: App, shop_id: str, product_id: str, base_id: str, mappings: list[Mapping]) -> None:
    """Print these Shopify variants of a product on variants of a blank. A variant that was mapped before changes."""
    now = app.clock.now()
    await app.db.batch(
        queries.link_base(shop_id, product_id, base_id, 0, now),
        *[queries.retire_mapping(shop_id, mapping, now) for mapping in mappings],
        *[queries.insert_mapping(shop_id, mapping, now) for mapping in mappings],
    )
