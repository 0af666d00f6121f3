"""Shops and their people: installation, access tokens, scopes, merchants, shoppers, guests.

Also rate limits, and the intake of webhooks, which are recorded before they are processed.
"""

from app.shops.grants import begin_grant, finish_grant
from app.shops.installs import NO_ACCESS, admit, expect_install, is_over, record_install, uninstall, uninstalled_fields
from app.shops.keeping import JOB as KEEP_TOKEN
from app.shops.keeping import keep_token, keep_tokens, not_kept, reseal_tokens
from app.shops.limits import Hit, counting, hit, refusal, release
from app.shops.model import Access, Delivery, Guest, Merchant, Owner, Shop, Shopper, Visitor
from app.shops.queries import active_shop, close_delivery, customer_of, deliveries_by_topic, delivery, release_hit, shop
from app.shops.scopes import rescope, scopes_fields
from app.shops.tokens import access_token, ask
from app.shops.visitors import known_visitor, open_shop, visitor
from app.shops.waiting import delivery_here
from app.shops.webhooks import give_up, receive, refuse

__all__ = [
    "KEEP_TOKEN",
    "NO_ACCESS",
    "Access",
    "Delivery",
    "Guest",
    "Hit",
    "Merchant",
    "Owner",
    "Shop",
    "Shopper",
    "Visitor",
    "access_token",
    "active_shop",
    "admit",
    "ask",
    "begin_grant",
    "close_delivery",
    "counting",
    "customer_of",
    "deliveries_by_topic",
    "delivery",
    "delivery_here",
    "expect_install",
    "finish_grant",
    "give_up",
    "hit",
    "is_over",
    "keep_token",
    "keep_tokens",
    "known_visitor",
    "not_kept",
    "open_shop",
    "receive",
    "record_install",
    "refusal",
    "refuse",
    "release",
    "release_hit",
    "rescope",
    "reseal_tokens",
    "scopes_fields",
    "shop",
    "uninstall",
    "uninstalled_fields",
    "visitor",
]
