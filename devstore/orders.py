"""Orders: made from cart lines, paid at once, told to the app by webhook."""

import secrets
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devstore.catalog import BY_VARIANT, decimal
from devstore.session import ADA
from devstore.state import Record
from devstore.store import Store, store_of

FIRST_NUMBER = 1001


async def order_directly(request: Request) -> Response:
    """POST /_orders {shop, lines: [{variant_id, quantity, properties}], customer_id?, test?}: a paid order."""
    wish, store = await request.json(), store_of(request)
    if wish["shop"] not in store.shops or any(line["variant_id"] not in BY_VARIANT for line in wish["lines"]):
        return JSONResponse({"error": "no such shop or variant"}, 422)
    customer = {**ADA, "id": wish["customer_id"]} if wish.get("customer_id") else guest(store, ADA["email"], "Ada Shopper")
    return JSONResponse(place(store, wish["shop"], wish["lines"], customer, test=wish.get("test", False)), 201)


def guest(store: Store, email: object, name: str) -> Record:
    """A customer record as Shopify makes one for a checkout without login."""
    first, _, last = name.partition(" ")
    return {"id": store.state.new_id(), "email": email, "first_name": first, "last_name": last}


def place(store: Store, shop: str, lines: list[Record], customer: Record, *, test: bool = False) -> Record:
    """Record a paid order and publish `orders/create` and `orders/paid`. Returns Shopify's payload."""
    order = _payload(store, shop, lines, customer, test)
    store.state.put("order", shop, order["id"], order)
    if store.installation(shop):
        for topic in ("orders/create", "orders/paid"):
            store.webhooks.publish(shop, topic, order)
    return order


def _payload(store: Store, shop: str, lines: list[Record], customer: Record, test: bool) -> Record:
    id, now = store.state.new_id(), datetime.now(UTC).isoformat(timespec="seconds")
    number = FIRST_NUMBER + len(store.state.list("order", shop))
    total = decimal(sum(BY_VARIANT[line["variant_id"]][1].price * line["quantity"] for line in lines))
    return {
        "id": id,
        "admin_graphql_api_id": f"gid://shopify/Order/{id}",
        "name": f"#{number}",
        "order_number": number,
        "number": number - FIRST_NUMBER + 1,
        "token": secrets.token_hex(16),
        "created_at": now,
        "processed_at": now,
        "updated_at": now,
        "cancelled_at": None,
        "cancel_reason": None,
        "closed_at": None,
        "financial_status": "paid",
        "fulfillment_status": None,
        "test": test,
        "source_name": "web",
        "currency": "USD",
        "presentment_currency": "USD",
        "subtotal_price": total,
        "total_price": total,
        "total_tax": "0.00",
        "total_discounts": "0.00",
        "email": customer["email"],
        "contact_email": customer["email"],
        "customer": {**customer, "admin_graphql_api_id": f"gid://shopify/Customer/{customer['id']}"},
        "note": None,
        "note_attributes": [],
        "tags": "",
        "refunds": [],
        "line_items": [_line_item(store, line) for line in lines],
    }


def _line_item(store: Store, line: Record) -> Record:
    id, (product, variant) = store.state.new_id(), BY_VARIANT[line["variant_id"]]
    properties = line.get("properties") or {}
    return {
        "id": id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{id}",
        "product_id": product.id,
        "product_exists": True,
        "variant_id": variant.id,
        "title": product.title,
        "variant_title": variant.title,
        "name": f"{product.title} - {variant.title}",
        "sku": variant.sku,
        "vendor": "Artify Demo",
        "quantity": line["quantity"],
        "current_quantity": line["quantity"],
        "price": decimal(variant.price),
        "total_discount": "0.00",
        "taxable": True,
        "gift_card": False,
        "requires_shipping": True,
        "fulfillment_status": None,
        "properties": [{"name": name, "value": value} for name, value in properties.items()],
    }
