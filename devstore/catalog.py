"""The seed data of every simulated shop: products, a customer and staff, with fixed ids."""

import json
from pathlib import Path

from devstore.state import Record

SEED: Record = json.loads((Path(__file__).parent / "seed.json").read_text())
PRODUCTS: list[Record] = SEED["products"]  # prices are in US cents; a product without a status is active
BY_HANDLE: dict[str, Record] = {product["handle"]: product for product in PRODUCTS}
BY_VARIANT: dict[int, tuple[Record, Record]] = {
    variant["id"]: (product, variant) for product in PRODUCTS for variant in product["variants"]
}


DEMO_SHOP = "artify-demo.myshopify.com"
NEW_SHOP = "print-corner.myshopify.com"
"""A shop in which the app is not installed yet, and whose theme has no block of it."""


def shop_details(shop: str) -> Record:
    """What Shopify knows of a shop. All shops but the new one have the same details."""
    details: Record = SEED["shop"]
    return (
        details | {"name": "Print Corner", "email": "hello@print-corner.example"} if shop == NEW_SHOP else dict(details)
    )


def decimal(cents: int) -> str:
    """Format an amount in cents as Shopify's payloads do: a string with two decimals."""
    return f"{cents / 100:.2f}"


def is_active(product: Record) -> bool:
    """Whether the storefront sells the product."""
    return str(product.get("status", "ACTIVE")) == "ACTIVE"
