"""A product of a shop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.core.ports.shopify import ProductDetails, ProductVariant


@dataclass(frozen=True)
class Product:
    id: str
    shop_id: str
    shopify_product_id: str | None
    title: str
    handle: str | None
    is_enabled: bool
    is_active: bool


@dataclass(frozen=True)
class ChosenProduct:
    """A product that the merchant has chosen to personalize.

    `stored_variants` are its variants as stored, at most 250 of the `variant_count` that it has in Shopify; None if
    they have not been read yet. `archived_at` is set once the product is deleted in Shopify.
    """

    id: str
    shop_id: str
    shopify_product_id: str | None
    title: str
    is_enabled: bool
    is_active: bool
    archived_at: datetime | None
    variant_count: int | None
    stored_variants: list[dict[str, Any]] | None

    def updated(self, details: ProductDetails) -> ChosenProduct:
        """Return the product as it is once Shopify's details are saved."""
        listed = details.product
        return replace(
            self,
            title=listed.title,
            is_active=listed.is_active,
            variant_count=details.variant_count,
            stored_variants=stored(details.variants),
        )

    @property
    def variants(self) -> list[ProductVariant]:
        return [ProductVariant(each["id"], dict(each["options"])) for each in self.stored_variants or []]


def stored(variants: list[ProductVariant]) -> list[dict[str, Any]]:
    """Return variants as JSON. Options are pairs, because the keys of objects are sorted when they are stored."""
    return [
        {
            "id": each.shopify_variant_id,
            "options": [[name[:LONGEST_OPTION], value[:LONGEST_OPTION]] for name, value in each.options.items()],
        }
        for each in variants
    ]


LONGEST_OPTION = 100
"""Characters of an option's name or value that are kept, so that 250 variants stay far below D1's limit for a row."""
