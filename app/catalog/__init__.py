"""The products of a shop: a copy of Shopify's, as far as Artify needs them."""

from typing import TYPE_CHECKING

from app.core.lazy import facade

if TYPE_CHECKING:
    from app.catalog.jobs import KINDS
    from app.catalog.model import Product
    from app.catalog.queries import (
        count_enabled_products,
        enabled_products,
        id_of_sellable,
        product,
        save_product,
        sellable_product,
    )
    from app.catalog.sync import deleted_product_fields, expect_sync, product_fields, sync_products
else:
    __getattr__ = facade(
        __name__,
        {
            "app.catalog.jobs": "KINDS",
            "app.catalog.model": "Product",
            "app.catalog.queries": (
                "count_enabled_products enabled_products id_of_sellable product save_product sellable_product"
            ),
            "app.catalog.sync": "deleted_product_fields expect_sync product_fields sync_products",
        },
    )

__all__ = [
    "KINDS",
    "Product",
    "count_enabled_products",
    "deleted_product_fields",
    "enabled_products",
    "expect_sync",
    "id_of_sellable",
    "product",
    "product_fields",
    "save_product",
    "sellable_product",
    "sync_products",
]
