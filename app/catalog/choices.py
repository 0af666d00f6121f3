"""The merchant's choice of products: Shopify's picker names them, and Shopify's Admin API says what they are."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from app import shops
from app.catalog import queries
from app.catalog.model import stored
from app.core.app import App
from app.core.errors import Conflict, NotFound, Refused, Unprocessable
from app.core.ids import new_id
from app.core.json_values import id_of_gid, shopify_id
from app.core.ports.shopify import AccessToken, ProductDetails

MOST_AT_ONCE = 25
"""Products that can be chosen at once: each is a call to Shopify while the merchant waits."""
SIDE_BY_SIDE = 5
"""Calls to Shopify at the same time, so that one merchant does not use up the shop's rate limit."""


async def read_products(app: App, shop_id: str, product_ids: list[str]) -> list[ProductDetails]:
    """Read products from Shopify by their ids or global ids, without repetitions.

    Raises Unprocessable for a text that is no id, too many of them, and a product that does not exist in the shop or
    is archived; Unavailable and Unauthorized if Shopify cannot be asked.
    """
    ids = list(dict.fromkeys(_id(each) for each in product_ids))
    if not ids:
        raise Unprocessable("Choose at least one product.", code="no_product", field="product_ids")
    if len(ids) > MOST_AT_ONCE:
        raise Unprocessable(
            f"Choose up to {MOST_AT_ONCE} new products at once.", code="too_many_products", field="product_ids"
        )

    async def read(token: AccessToken) -> list[ProductDetails | None]:
        found: list[ProductDetails | None] = []
        for start in range(0, len(ids), SIDE_BY_SIDE):
            found += await asyncio.gather(*[app.shopify.product(token, each) for each in ids[start:][:SIDE_BY_SIDE]])
        return found

    return [_checked(each) for each in await shops.ask(app, shop_id, read)]


def save_details(shop_id: str, details: ProductDetails, at: datetime, *, is_enabled: bool = True) -> Any:
    """A statement that stores a chosen product with its variants, and enables or disables it."""
    variants = stored(details.variants)
    return queries.save_chosen(shop_id, new_id(), details.product, variants, details.variant_count, is_enabled, at)


async def enable_product(app: App, shop_id: str, product_id: str, *, is_enabled: bool) -> None:
    """Let shoppers personalize a product, or no longer. Raises NotFound, Conflict if Shopify has deleted it."""
    try:
        await app.db.batch(queries.enable(shop_id, product_id, is_enabled, app.clock.now()))
    except Refused as refused:
        if await queries.product(app.db, shop_id, product_id) is None:
            raise NotFound() from refused
        raise Conflict("This product was deleted in Shopify.", code="product_deleted") from refused


def _id(text: str) -> str:
    found = id_of_gid(text) or shopify_id(text)
    if found is None:
        raise Unprocessable("This is not a product of your shop.", code="unknown_product", field="product_ids")
    return found


def _checked(details: ProductDetails | None) -> ProductDetails:
    if details is None:
        raise Unprocessable(
            "A product that you chose no longer exists in Shopify. Reload the page and choose again.",
            code="unknown_product",
            field="product_ids",
        )
    if details.is_archived:
        raise Unprocessable(
            f"{details.product.title} is archived in Shopify. Unarchive it there, then choose it again.",
            code="product_archived",
            field="product_ids",
        )
    return details
