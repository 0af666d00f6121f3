"""Orders: made from cart lines, paid at once, told to the app by webhook."""

import secrets
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devstore.catalog import BY_VARIANT, SEED, decimal
from devstore.state import Record
from devstore.store import Store, fields, store_of


async def order_directly(request: Request) -> Response:
    """POST _orders {shop, lines: [{variant_id, quantity, properties}], customer_id?, test?}: a paid order."""
    wish, store = await fields(request), store_of(request)
    if wish["shop"] not in store.shops or any(line["variant_id"] not in BY_VARIANT for line in wish["lines"]):
        return JSONResponse({"error": "There is no such shop or variant."}, 422)
    # Shopify makes a customer for a guest's checkout too.
    customer = SEED["customer"] | {"id": wish.get("customer_id") or store.state.new_id()}
    return JSONResponse(place(store, wish["shop"], wish["lines"], customer, wish.get("test", False)), 201)


def place(store: Store, shop: str, lines: list[Record], customer: Record, test: bool = False) -> Record:
    """Record a paid order and publish `orders/create` and `orders/paid`. Returns Shopify's payload."""
    order = _payload(store, shop, lines, customer) | {"test": test}
    store.state.put("order", shop, order["id"], order)
    if store.installed(shop):
        for topic in ("orders/create", "orders/paid"):
            store.webhooks.publish(shop, topic, order)
    return order


def _payload(store: Store, shop: str, lines: list[Record], customer: Record) -> Record:
    id, now = store.state.new_id(), datetime.now(UTC).isoformat(timespec="seconds")
    count = 1 + len(store.state.list("order", shop))
    total = decimal(sum(BY_VARIANT[line["variant_id"]][1]["price"] * line["quantity"] for line in lines))
    order: Record = SEED["order"]
    return order | {
        "id": id,
        "admin_graphql_api_id": f"gid://shopify/Order/{id}",
        "name": f"#{1000 + count}",
        "order_number": 1000 + count,
        "number": count,
        "token": secrets.token_hex(16),
        **dict.fromkeys(("created_at", "processed_at", "updated_at"), now),
        **dict.fromkeys(("subtotal_price", "total_price"), total),
        **dict.fromkeys(("email", "contact_email"), customer["email"]),
        "customer": customer | {"admin_graphql_api_id": f"gid://shopify/Customer/{customer['id']}"},
        "line_items": [_line_item(store.state.new_id(), line) for line in lines],
    }


def _line_item(id: int, line: Record) -> Record:
    product, variant = BY_VARIANT[line["variant_id"]]
    properties = line.get("properties") or {}
    item: Record = SEED["line_item"]
    return item | {
        "id": id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{id}",
        "product_id": product["id"],
        "variant_id": variant["id"],
        "title": product["title"],
        "variant_title": variant["title"],
        "name": f"{product['title']} - {variant['title']}",
        "sku": variant["sku"],
        "price": decimal(variant["price"]),
        **dict.fromkeys(("quantity", "current_quantity"), line["quantity"]),
        "properties": [{"name": name, "value": value} for name, value in properties.items()],
    }
