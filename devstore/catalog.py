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


def decimal(cents: int) -> str:
    """Format an amount in cents as Shopify's payloads do: a string with two decimals."""
    return f"{cents / 100:.2f}"


def is_active(product: Record) -> bool:
    """Whether the storefront sells the product."""
    return str(product.get("status", "ACTIVE")) == "ACTIVE"
