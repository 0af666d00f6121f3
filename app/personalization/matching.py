"""Matching an order's line with the design and the size that it means."""

from __future__ import annotations

import re

from app import media, shops
from app.core.app import App
from app.personalization import queries
from app.personalization.model import Generation, OrderLine, Verdict, judge

ID = re.compile(r"[0-9a-f-]{36}")


async def match_line(
    app: App, shop_id: str, line: OrderLine, customer_id: str | None, *, paid: bool, approved: bool
) -> Verdict:
    """Match what the cart said with what we know; nothing it said is trusted."""
    design = await queries.generation(app.db, shop_id, line.preview_ref) if ID.fullmatch(line.preview_ref) else None
    size = await queries.size_of_variant(app.db, shop_id, line.variant_id) if line.variant_id else None
    return judge(
        design,
        size,
        await _master_pixels(app, shop_id, design),
        product_matches=design is not None
        and await queries.product_of(app.db, shop_id, design.product_id) == line.product_id,
        customer_matches=await _same_customer(app, shop_id, design, customer_id),
        paid=paid,
        approved=approved,
    )


async def _same_customer(app: App, shop_id: str, design: Generation | None, customer_id: str | None) -> bool:
    """A guest's design may be bought by anybody; a customer's only by that customer."""
    if design is None or design.shopper_id is None:
        return True
    return await shops.customer_of(app.db, shop_id, design.shopper_id) == customer_id


async def _master_pixels(app: App, shop_id: str, design: Generation | None) -> tuple[int, int] | None:
    """Width and height of a design's master, None when there is none (any more)."""
    if design is None or design.master_asset_id is None:
        return None
    asset = await media.asset(app.db, shop_id, design.master_asset_id)
    return (asset.width, asset.height) if asset and asset.width and asset.height else None
