"""The Shopify ports: `Auth` verifies requests and obtains access tokens; `Admin` calls the Admin API.

Shopify's `shopifyapp` package verifies requests and exchanges tokens; guards.py works around its known gaps. GIDs are
used only within this package. Importing it loads neither `shopifyapp` nor httpx, which load on first use.
"""

from app.adapters.shopify.admin import Admin
from app.adapters.shopify.auth import Auth

__all__ = ["Admin", "Auth"]
