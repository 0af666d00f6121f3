"""Webhooks that the simulated Shopify would not send: repeated, malformed, of another time or family."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from typing import Any

import httpx

from devstore.config import Config
from devstore.signatures import webhook_hmac
from tests.integration.servers import SHOP
from tests.integration.storefront import MUG, MUG_VARIANT

_numbers = itertools.count(5_000_000)


def line(preview_id: str, **changes: Any) -> dict[str, Any]:
    """A line of an order: a mug with a design."""
    return {
        "id": next(_numbers),
        "product_id": int(MUG),
        "variant_id": int(MUG_VARIANT),
        "title": "Photo Mug",
        "quantity": 1,
        "properties": [{"name": "_artify_preview", "value": preview_id}],
    } | changes


def order(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The payload of a paid order."""
    number = next(_numbers)
    return {
        "id": number,
        "name": f"#{number}",
        "financial_status": "paid",
        "currency": "USD",
        "total_price": "18.00",
        "customer": {"id": 4711},
        "line_items": list(lines),
    } | changes


def left(shop: str = SHOP, **changes: Any) -> dict[str, Any]:
    """The payload of app/uninstalled: the Shop."""
    return {"id": 548380009, "name": "A shop", "domain": "shop.example", "myshopify_domain": shop} | changes


def redact(shop: str = SHOP, **changes: Any) -> dict[str, Any]:
    """The payload of shop/redact, and how those of the other compliance topics begin."""
    return {"shop_id": 548380009, "shop_domain": shop} | changes


def headers(body: bytes, prefix: str = "X-Shopify-", **changes: str) -> dict[str, str]:
    """Signed headers; names as keywords with underscores, a change to "" leaves one out."""
    fresh = {
        "Hmac-Sha256": webhook_hmac(body, Config.api_secret),
        "Topic": "orders/paid",
        "Shop-Domain": SHOP,
        "Webhook-Id": f"w-{next(_numbers)}",
        "Event-Id": f"e-{next(_numbers)}",
        "Triggered-At": datetime.now(UTC).isoformat(),
    }
    fresh |= {name.replace("_", "-").title(): value for name, value in changes.items()}
    return {prefix + name: value for name, value in fresh.items() if value}


async def deliver(
    http: httpx.AsyncClient, payload: Any, *, prefix: str = "X-Shopify-", **changes: str
) -> httpx.Response:
    """One delivery of a webhook; `payload` as bytes is sent as it is."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return await http.post("/webhooks", content=body, headers=headers(body, prefix, **changes))
