"""Orders, which are created from cart lines, paid at once, and sent to the app as webhooks."""

from datetime import UTC, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devstore.catalog import BY_VARIANT, SEED, decimal
from devstore.state import Record
from devstore.store import Store, fields, store_and_shop, store_of


async def create_order(request: Request) -> Response:
    """POST _orders {shop, lines: [{variant_id, quantity, properties}], customer_id?, test?}: place a paid order."""
    body, store = await fields(request), store_of(request)
    # Shopify creates a customer for a guest's checkout as well.
    customer = SEED["customer"] | {"id": body.get("customer_id") or store.state.new_id()}
    return JSONResponse(place(store, body["shop"], body["lines"], customer, body.get("test", False)), 201)


def place(store: Store, shop: str, lines: list[Record], customer: Record, test: bool = False) -> Record:
    """Store a paid order, and publish `orders/create` and `orders/paid`. Returns the webhook payload."""
    order = _payload(store, shop, lines, customer) | {"test": test}
    store.state.put("order", shop, order["id"], order)
    for topic in ("orders/create", "orders/paid") if store.installed(shop) else ():
        store.webhooks.publish(shop, topic, order)
    return order


def order_of(request: Request) -> Record:
    """The order whose id is in the path. Raises HTTPException 404 if there is none."""
    store, shop = store_and_shop(request)
    order = store.state.get("order", shop, request.path_params["id"])
    if order is None:
        raise HTTPException(404, "There is no such order.")
    return order


def _payload(store: Store, shop: str, lines: list[Record], customer: Record) -> Record:
    """The fields of an order that the app subscribes to or that the shop's own pages show.

    The webhook omits those that the app did not subscribe to.
    """
    id, now = store.state.new_id(), datetime.now(UTC).isoformat(timespec="seconds")
    total = sum(BY_VARIANT[line["variant_id"]][1]["price"] * line["quantity"] for line in lines)
    return {
        "id": id,
        "admin_graphql_api_id": f"gid://shopify/Order/{id}",
        "name": f"#{1001 + len(store.state.list('order', shop))}",
        **dict.fromkeys(("created_at", "processed_at", "updated_at"), now),
        "financial_status": "paid",
        "cancelled_at": None,
        "currency": SEED["shop"]["currencyCode"],
        "total_price": decimal(total),
        "email": customer["email"],
        "customer": customer,
        "line_items": [_line_item(store.state.new_id(), line) for line in lines],
    }


def _line_item(id: int, line: Record) -> Record:
    product, variant = BY_VARIANT[line["variant_id"]]
    ids = {"id": id, "product_id": product["id"], "variant_id": variant["id"]}
    shown = {"title": product["title"], "variant_title": variant["title"], "price": decimal(variant["price"])}
    properties = [{"name": name, "value": value} for name, value in (line.get("properties") or {}).items()]
    return ids | shown | {"properties": properties} | dict.fromkeys(("quantity", "current_quantity"), line["quantity"])
