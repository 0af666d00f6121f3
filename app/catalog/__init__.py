"""What a shop sells, as far as Artify works on it: a mirror of Shopify's products."""

from app.catalog.model import Product
from app.catalog.queries import product, products, save_product, sellable_product

__all__ = ["Product", "product", "products", "save_product", "sellable_product"]
