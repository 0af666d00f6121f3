"""The products of a shop: a copy of Shopify's, as far as Artify needs them."""

from typing import TYPE_CHECKING

from app.core.lazy import facade

if TYPE_CHECKING:
    from app.catalog.choices import enable_product, read_products, save_details
    from app.catalog.jobs import KINDS
    from app.catalog.model import ChosenProduct, Product
    from app.catalog.queries import (
        chosen_product,
        count_enabled_products,
        disable_products,
        enabled_products,
        id_of_product,
        id_of_sellable,
        product,
        sellable_product,
    )
    from app.catalog.sync import deleted_product_fields, expect_sync, product_fields, sync_products
else:
    __getattr__ = facade(
        __name__,
        {
            "app.catalog.choices": "enable_product read_products save_details",
            "app.catalog.jobs": "KINDS",
            "app.catalog.model": "ChosenProduct Product",
            "app.catalog.queries": (
                "chosen_product count_enabled_products disable_products enabled_products id_of_product id_of_sellable "
                "product sellable_product"
            ),
            "app.catalog.sync": "deleted_product_fields expect_sync product_fields sync_products",
        },
    )

__all__ = [
    "KINDS",
    "ChosenProduct",
    "Product",
    "chosen_product",
    "count_enabled_products",
    "deleted_product_fields",
    "disable_products",
    "enable_product",
    "enabled_products",
    "expect_sync",
    "id_of_product",
    "id_of_sellable",
    "product",
    "product_fields",
    "read_products",
    "save_details",
    "sellable_product",
    "sync_products",
]
