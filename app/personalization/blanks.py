"""Blanks: the unprinted products of a shop, and the Shopify variants that are printed on them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app import media
from app.core.app import App
from app.core.ids import new_id
from app.personalization.print_sizes import BaseVariant, Mapping, ProductBase
from app.personalization.queries import blanks

PROFILE_MIME = "application/vnd.iccprofile"


async def save_base(
    app: App, shop_id: str, base: ProductBase, variants: list[BaseVariant], profile: bytes | None = None
) -> None:
    """Add a blank with its variants, and store its printer's ICC profile unchanged."""
    now, rows = app.clock.now(), list[Any]()
    if profile is not None:
        stored = await _store(app, shop_id, base, profile)
        base, rows = replace(base, profile_asset_id=stored.ids["profile"]), stored.rows(now)
    await app.db.batch(
        *rows,
        blanks.insert_base(shop_id, base, 0, now),
        *[blanks.insert_base_variant(shop_id, variant, place, now) for place, variant in enumerate(variants)],
    )


async def map_base(app: App, shop_id: str, product_id: str, base_id: str, mappings: list[Mapping]) -> None:
    """Map Shopify variants of a product to variants of a blank, replacing the previous mapping of each of them."""
    now = app.clock.now()
    await app.db.batch(
        blanks.link_base(shop_id, product_id, base_id, 0, now),
        *[blanks.retire_mapping(shop_id, mapping, now) for mapping in mappings],
        *[blanks.insert_mapping(shop_id, mapping, now) for mapping in mappings],
    )


async def _store(app: App, shop_id: str, base: ProductBase, profile: bytes) -> media.Stored:
    return await media.store(
        app,
        shop_id,
        {"profile": media.File(profile, PROFILE_MIME)},
        folder="personalization",
        subject=base.id,
        attempt=new_id(),
        owner=("product_base", base.id),
        person=None,
    )
