"""The products of a shop: a copy of Shopify's, as far as Artify needs them."""

from app.catalog.model import Product
from app.catalog.queries import enabled_products, id_of_sellable, product, save_product, sellable_product
from app.catalog.sync import KINDS, deleted_product_fields, expect_sync, product_fields, sync_products

__all__ = [
    "KINDS",
    "Product",
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
