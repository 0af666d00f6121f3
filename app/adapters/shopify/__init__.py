"""Shopify: who is calling (Door), and what we tell the shop (Admin).

Shopify's own package verifies and exchanges; guards.py covers what it gets wrong. GIDs exist only here.
Importing this package loads neither Shopify's package nor httpx: they load when they are first used.
"""

from app.adapters.shopify.admin import Admin
from app.adapters.shopify.auth import Auth

__all__ = ["Admin", "Auth"]
