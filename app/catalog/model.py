"""A product of a shop."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    id: str
    shop_id: str
    shopify_product_id: str | None
    title: str
    handle: str | None
    is_enabled: bool
    is_active: bool
