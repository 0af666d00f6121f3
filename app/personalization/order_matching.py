"""Order matching: find the design and the size of an order line."""

from __future__ import annotations

import asyncio
import re

from app.core.read_batch import ReadBatch
from app.personalization.order_rules import Match, OrderItem
from app.personalization.print_sizes import Size
from app.personalization.queries import lines, offers

ID = re.compile(r"[0-9a-f-]{36}")


async def match_item(at_once: ReadBatch, item: OrderItem, customer_id: str | None) -> Match:
    """Match a line with its design and size, and check them: the cart's data can be forged.

    Anyone may buy a guest's design, but only the customer who made a design may buy a customer's.
    """
    shop_id, known = item.shop_id, item.preview_ref if ID.fullmatch(item.preview_ref) else ""
    found, size = await asyncio.gather(lines.known_design(at_once, shop_id, known), _size(at_once, item))
    if found is None:
        return Match(None, size, None, same_product=False, same_customer=True)
    return Match(
        found.design,
        size,
        found.master,
        same_product=found.shopify_product_id == item.shopify_product_id,
        same_customer=found.design.shopper_id is None or found.shopify_customer_id == customer_id,
    )


async def _size(at_once: ReadBatch, item: OrderItem) -> Size | None:
    """Return the current size of the variant, or else the size that the line was given earlier."""
    of_variant, given = await asyncio.gather(
        offers.size_of_variant(at_once, item.shop_id, item.shopify_variant_id or ""),
        offers.size(at_once, item.shop_id, item.size_id or ""),
    )
    return of_variant or given
