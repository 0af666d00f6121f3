"""Shops and who stands in them: installation, access tokens, merchants, shoppers, guests.

Also what protects a shop: rate limits, and webhooks that are recorded before they
are worked on.
"""

from app.shops.installs import admit, expect_install, record_install, uninstall, uninstalled_fields
from app.shops.limits import hit
from app.shops.model import Guest, Merchant, Shop, Shopper, Visitor
from app.shops.queries import active_shop, close_delivery, customer_of, delivery
from app.shops.tokens import access_token
from app.shops.visitors import known_visitor, open_shop, visitor
from app.shops.webhooks import give_up, receive, refuse

__all__ = [
    "Guest",
    "Merchant",
    "Shop",
    "Shopper",
    "Visitor",
    "access_token",
    "active_shop",
    "admit",
    "close_delivery",
    "customer_of",
    "delivery",
    "expect_install",
    "give_up",
    "hit",
    "known_visitor",
    "open_shop",
    "receive",
    "record_install",
    "refuse",
    "uninstall",
    "uninstalled_fields",
    "visitor",
]
