"""Matching an order's line with the design and the size that it means."""

from __future__ import annotations

import asyncio
import re

from app import media, shops
from app.core.reads import Together
from app.personalization import queries
from app.personalization.goods import Size
from app.personalization.model import Generation
from app.personalization.states import Match, OrderItem

ID = re.compile(r"[0-9a-f-]{36}")


async def match_item(at_once: Together, item: OrderItem, customer_id: str | None) -> Match:
    """Match what the cart said with what we know; nothing it said is trusted."""
    shop_id, known = item.shop_id, item.preview_ref if ID.fullmatch(item.preview_ref) else ""
    design, size, master, product_id, owner = await asyncio.gather(
        queries.generation(at_once, shop_id, known),
        _size(at_once, item),
        media.asset(at_once, shop_id, queries.master_of_design(shop_id, known)),
        queries.product_of(at_once, shop_id, queries.product_of_design(shop_id, known)),
        shops.customer_of(at_once, shop_id, queries.shopper_of_design(shop_id, known)),
    )
    return Match(
        design,
        size,
        (master.width, master.height) if design and master and master.width and master.height else None,
        same_product=design is not None and product_id == item.shopify_product_id,
        same_customer=_same_customer(design, owner, customer_id),
    )


async def _size(at_once: Together, item: OrderItem) -> Size | None:
    """The size that the variant means now, else the one that the line was given before."""
    of_variant, given = await asyncio.gather(
        queries.size_of_variant(at_once, item.shop_id, item.shopify_variant_id or ""),
        queries.size(at_once, item.shop_id, item.size_id or ""),
    )
    return of_variant or given


def _same_customer(design: Generation | None, owner: str | None, customer_id: str | None) -> bool:
    """A guest's design may be bought by anybody; a customer's only by that customer."""
    return design is None or design.shopper_id is None or owner == customer_id
