"""Shops and their people: installation, access tokens, scopes, merchants, shoppers, guests.

Also rate limits, and the intake of webhooks, which are recorded before they are processed.
"""

from typing import TYPE_CHECKING

from app.core.lazy import facade

if TYPE_CHECKING:
    from app.shops.installs import (
        NO_ACCESS,
        admit,
        expect_install,
        is_over,
        record_install,
        uninstall,
        uninstalled_fields,
    )
    from app.shops.limits import Hit, counting, hit, refusal, release
    from app.shops.model import Access, Delivery, Guest, Merchant, Owner, Shop, Shopper, Visitor
    from app.shops.oauth_grants import begin_grant, finish_grant
    from app.shops.queries.deliveries import close_delivery, deliveries_by_topic, delivery
    from app.shops.queries.installs import active_shop, shop
    from app.shops.queries.visitors import customer_of, release_hit
    from app.shops.scopes import scopes_fields
    from app.shops.token_upkeep import keep_tokens, reseal_tokens
    from app.shops.tokens import access_token, ask
    from app.shops.visitors import GUEST_LIFE, known_visitor, note_block, open_shop, visitor
    from app.shops.webhooks import on_failure, receive, refuse
    from app.shops.webhooks_on_hold import delivery_here
else:
    __getattr__ = facade(
        __name__,
        {
            "app.shops.installs": "NO_ACCESS admit expect_install is_over record_install uninstall uninstalled_fields",
            "app.shops.limits": "Hit counting hit refusal release",
            "app.shops.model": "Access Delivery Guest Merchant Owner Shop Shopper Visitor",
            "app.shops.oauth_grants": "begin_grant finish_grant",
            "app.shops.queries.deliveries": "close_delivery deliveries_by_topic delivery",
            "app.shops.queries.installs": "active_shop shop",
            "app.shops.queries.visitors": "customer_of release_hit",
            "app.shops.scopes": "scopes_fields",
            "app.shops.token_upkeep": "keep_tokens reseal_tokens",
            "app.shops.tokens": "access_token ask",
            "app.shops.visitors": "GUEST_LIFE known_visitor note_block open_shop visitor",
            "app.shops.webhooks": "on_failure receive refuse",
            "app.shops.webhooks_on_hold": "delivery_here",
        },
    )

__all__ = [
    "GUEST_LIFE",
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
    "hit",
    "is_over",
    "keep_tokens",
    "known_visitor",
    "note_block",
    "on_failure",
    "open_shop",
    "receive",
    "record_install",
    "refusal",
    "refuse",
    "release",
    "release_hit",
    "reseal_tokens",
    "scopes_fields",
    "shop",
    "uninstall",
    "uninstalled_fields",
    "visitor",
]
