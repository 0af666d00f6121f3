"""Products of every shop, and the webhooks about them."""

from __future__ import annotations

import json

from app.catalog.sync import UPDATE
from bench.scale.dataset import DAY_MS, CatalogProduct, Dataset
from bench.scale.rows.messages import Messages
from bench.scale.rows.shops import OPENED_WITHIN_DAYS

PRODUCTS_OF_THE_LARGEST = 5_000
PRODUCTS_OF_OTHERS = 5
ENABLED_OF_THE_LARGEST = 0.06
"""The share of the largest shop's products that are offered with a design."""
ENABLED_OF_OTHERS = 4
VARIANTS = 3
DELIVERIES = 125_000


def fill(data: Dataset, messages: Messages) -> None:
    _add_products(data)
    fields = json.dumps({"handle": "poster", "id": "1", "title": "Poster"}, separators=(",", ":"))
    for shop_id, at in messages.spread(data.count(DELIVERIES)):
        messages.add_delivery(shop_id, "products/update", UPDATE, at, fields)


def _add_products(data: Dataset) -> None:
    product = data.table(
        *("products", "id", "shop_id", "shopify_product_id", "title", "handle", "is_enabled", "synced_at"),
        *("created_at", "updated_at"),
    )
    shopify_id = 7_000_000_000
    for number, shop_id in enumerate(data.shops):
        ms = data.start_ms - DAY_MS + number * OPENED_WITHIN_DAYS * DAY_MS // len(data.shops)
        at, offered = data.text_at(ms), []
        most = max(PRODUCTS_OF_OTHERS, data.count(PRODUCTS_OF_THE_LARGEST)) if number == 0 else PRODUCTS_OF_OTHERS
        enabled = max(3, int(most * ENABLED_OF_THE_LARGEST)) if number == 0 else ENABLED_OF_OTHERS
        for place in range(most):
            shopify_id += 1
            variants = [(data.id_at(ms), f"{shopify_id}{each}") for each in range(VARIANTS)]
            found = CatalogProduct(data.id_at(ms), str(shopify_id), variants, place < enabled)
            product(
                *(found.id, shop_id, found.shopify_id, f"Poster {place:05d}", f"poster-{place}"),
                *(int(found.is_enabled), at, at, at),
            )
            offered.append(found)
        data.products[shop_id] = offered
