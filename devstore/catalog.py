"""The products on sale: the same in every simulated shop, with ids that never change."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Variant:
    """One thing to buy. The price is in US cents."""

    id: int
    title: str
    price: int
    sku: str


@dataclass(frozen=True)
class Product:
    id: int
    handle: str
    title: str
    type: str
    option: str
    description: str
    variants: tuple[Variant, ...]


def _seed() -> tuple[Product, ...]:
    entries = json.loads((Path(__file__).parent / "seed.json").read_text())
    return tuple(
        Product(**{**entry, "variants": tuple(Variant(**variant) for variant in entry["variants"])})
        for entry in entries
    )


PRODUCTS = _seed()
BY_HANDLE = {product.handle: product for product in PRODUCTS}
BY_VARIANT = {variant.id: (product, variant) for product in PRODUCTS for variant in product.variants}


def money(cents: int) -> str:
    return f"${cents / 100:,.2f}"


def decimal(cents: int) -> str:
    """An amount as Shopify's payloads write it: a string with two decimals."""
    return f"{cents / 100:.2f}"
