"""Signs requests as Shopify does, for the tests of authentication."""

from __future__ import annotations

import hashlib
import hmac
import time
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

import jwt

from app.adapters.shopify import Auth
from app.core.ports.shopify import SignedRequest

KEY = "0123456789abcdef0123456789abcdef"
SECRET = "shpss_current_aaaaaaaaaaaaaaaaaaaaaaaa"
OLD_SECRET = "shpss_earlier_bbbbbbbbbbbbbbbbbbbbbbbb"
SHOP = "acme.myshopify.com"
BASE = "http://127.0.0.1:8001"


def shopify_auth(**changes: Any) -> Auth:
    return Auth(**{"api_key": KEY, "api_secret": SECRET, "old_api_secret": OLD_SECRET, **changes})


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of an ID token; a change to None leaves one out."""
    now = int(time.time())
    full = {
        "iss": f"https://{SHOP}/admin",
        "dest": f"https://{SHOP}",
        "aud": KEY,
        "sub": "42",
        "exp": now + 60,
        "nbf": now - 1,
        "iat": now - 1,
        "jti": "j",
        "sid": "s",
    }
    return {name: value for name, value in {**full, **changes}.items() if value is not None}


def id_token(secret: str = SECRET, **changes: Any) -> str:
    return jwt.encode(claims(**changes), secret, algorithm="HS256")


def fetch(token: str) -> SignedRequest:
    return SignedRequest("GET", "https://app.test/orders?page=2", {"Authorization": f"Bearer {token}"})


def document(token: str | None, path: str = "/", **query: str) -> SignedRequest:
    query = {"embedded": "1", "shop": SHOP, "host": "YWRtaW4", **query}
    if token is not None:
        query["id_token"] = token
    return SignedRequest("GET", f"https://app.test{path}?{urlencode(query)}", {})


def proxied(secret: str = SECRET, extra: str = "", **changes: str) -> SignedRequest:
    query = {"shop": SHOP, "path_prefix": "/apps/artify", "timestamp": str(int(time.time()))}
    query |= {"logged_in_customer_id": "", "view_token": "v"} | changes
    if "signature" not in query:
        text = "".join(sorted(f"{name}={value}" for name, value in query.items()))
        query["signature"] = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return SignedRequest("GET", f"https://app.test/proxy/products/1?{urlencode(query)}{extra}", {})


def sign_body(body: bytes, secret: str = SECRET) -> str:
    return b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def webhook(body: bytes = b'{"id":1}', *, prefix: str = "X-Shopify-", **changes: str) -> SignedRequest:
    """A webhook; header names as keywords with underscores, a change to "" leaves one out."""
    headers = {
        "Hmac-Sha256": sign_body(body),
        "Topic": "orders/paid",
        "Shop-Domain": SHOP,
        "Webhook-Id": "w-1",
        "Event-Id": "e-1",
        "Triggered-At": "2026-11-20T10:00:00.123456789Z",
    }
    headers |= {name.replace("_", "-").title(): value for name, value in changes.items()}
    return SignedRequest(
        "POST",
        "https://app.test/webhooks",
        {prefix + name: value for name, value in headers.items() if value},
        body,
    )
