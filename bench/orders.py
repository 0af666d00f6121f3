"""Signed `orders/paid` webhooks of realistic size, as HTTP requests in bytes."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

SHOP = "bench.myshopify.com"
REPEAT_EVERY = 10
"""Every tenth delivery repeats the previous event, because Shopify delivers at least once."""


def deliveries(first: int, count: int, secret: str) -> list[bytes]:
    """HTTP requests for `count` deliveries; events are numbered from `first`."""
    numbers = [number - 1 if number % REPEAT_EVERY == REPEAT_EVERY - 1 else number for number in range(count)]
    return [_request(*delivery(first + number, secret)) for number in numbers]


def distinct(count: int) -> int:
    """The number of distinct events among `count` deliveries."""
    return count - count // REPEAT_EVERY


def delivery(number: int, secret: str, shop: str = SHOP) -> tuple[dict[str, str], bytes]:
    """The headers and the body of one delivery."""
    body = json.dumps(_order(number)).encode()
    signature = b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
    headers = {
        "Host": "127.0.0.1",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "X-Shopify-Hmac-Sha256": signature,
        "X-Shopify-Topic": "orders/paid",
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-Api-Version": "2026-10",
        "X-Shopify-Webhook-Id": f"webhook-{number}",
        "X-Shopify-Event-Id": f"event-{number}",
        "X-Shopify-Triggered-At": "2026-11-20T10:00:00.123456789Z",
    }
    return headers, body


def _request(headers: Mapping[str, str], body: bytes) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /webhooks HTTP/1.1\r\n{lines}\r\n".encode() + body


def _order(number: int) -> dict[str, Any]:
    address = {
        "first_name": "Ada",
        "last_name": "Example",
        "address1": "1 Example Street",
        "city": "Berlin",
        "zip": "10115",
        "country": "Germany",
        "country_code": "DE",
        "phone": "+49 30 000000",
    }
    return {
        "id": 5_000_000_000_000 + number,
        "name": f"#{number}",
        "financial_status": "paid",
        "total_price": "49.00",
        "currency": "EUR",
        "processed_at": "2026-11-20T10:00:00+00:00",
        "cancelled_at": None,
        "test": False,
        "customer": {"id": 7, "email": "ada@example.test", "default_address": address},
        "billing_address": address,
        "shipping_address": address,
        "note_attributes": [{"name": f"note {each}", "value": "x" * 200} for each in range(8)],
        "line_items": [_line(number, each) for each in range(3)],
    }


def _line(number: int, position: int) -> dict[str, Any]:
    return {
        "id": number * 10 + position,
        "product_id": 100 + position,
        "variant_id": 200 + position,
        "title": "Poster from your photo",
        "quantity": 1,
        "price": "16.33",
        "properties": [{"name": "_artify_preview", "value": f"0193{number:032d}"}] if position == 0 else [],
        "tax_lines": [{"title": "VAT", "rate": 0.19, "price": "2.61", "channel_liable": False}],
        "discount_allocations": [],
    }
