"""Webhook payloads about a shop: its installation and its scopes, and the three compliance topics."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devstore.catalog import SEED, shop_details
from devstore.state import Record
from devstore.store import fields, store_of


def shop_payload(shop: str) -> Record:
    """The payload of `app/uninstalled`, which is a Shop resource, reduced to a few of its fields."""
    known, name = shop_details(shop), shop.removesuffix(".myshopify.com")
    return {
        "id": known["id"],
        "name": known["name"],
        "email": known["email"],
        "domain": f"{name}.example",
        "myshopify_domain": shop,
        "currency": known["currencyCode"],
        "iana_timezone": known["ianaTimezone"],
        "created_at": "2026-01-05T09:00:00-05:00",
        "updated_at": "2026-06-01T09:00:00-04:00",
        "plan_name": "basic",
    }


def scopes_payload(before: str, now: str, at: str) -> Record:
    """The payload of `app/scopes_update`. `before` and `now` are comma-separated scopes; `at` is an ISO 8601 time."""
    ids = {"id": SEED["shop"]["id"] + 1, "shop_id": SEED["shop"]["id"]}
    return ids | {"previous": before.split(","), "current": now.split(","), "updated_at": at}


async def send_webhook(request: Request) -> Response:
    """POST _compliance {shop, topic, customer_id?, orders?}: send a compliance webhook.

    Shopify sends it even if the app is not installed:
    https://shopify.dev/docs/apps/build/privacy-law-compliance
    """
    body, store = await fields(request), store_of(request)
    shop, topic = body["shop"], body["topic"]
    person = SEED["customer"] | {"id": body.get("customer_id") or SEED["customer"]["id"]}
    customer = {"id": person["id"], "email": person["email"], "phone": None}
    by_topic: dict[str, Record] = {
        "customers/data_request": {
            "orders_requested": body.get("orders", []),
            "customer": customer,
            "data_request": {"id": store.state.new_id()},
        },
        "customers/redact": {"customer": customer, "orders_to_redact": body.get("orders", [])},
        "shop/redact": {},
    }
    if topic not in by_topic:
        raise HTTPException(404, "There is no such compliance topic.")
    payload = {"shop_id": SEED["shop"]["id"], "shop_domain": shop} | by_topic[topic]
    store.webhooks.publish(shop, topic, payload)
    return JSONResponse(payload, 201)
