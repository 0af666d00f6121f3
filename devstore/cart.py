"""The cart: a theme's Ajax API, the cart page, checkout and payment."""

import json
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from devstore import session
from devstore.catalog import BY_VARIANT
from devstore.orders import guest, place
from devstore.pages import page
from devstore.session import ADA
from devstore.state import Record
from devstore.store import shop_of, store_of


async def add_by_script(request: Request) -> Response:
    """POST cart/add.js: {"items": [{id, quantity, properties}]}, or one item's fields."""
    wish = await _body(request)
    added, browser = [_line(item) for item in wish.get("items", [wish])], session.load(request)
    if None in added:
        message = "The product you tried to add does not exist."
        return JSONResponse({"status": 422, "message": "Cart Error", "description": message}, 422)
    browser["items"] += added
    lines = [_described(line, shop_of(request)) for line in added if line]
    return session.save(request, browser, JSONResponse({"items": lines} if "items" in wish else lines[0]))


async def add_by_form(request: Request) -> Response:
    answer = await add_by_script(request)
    if answer.status_code != 200:
        return answer
    redirect = RedirectResponse(f"/{shop_of(request)}/cart", 303)
    redirect.headers["set-cookie"] = answer.headers["set-cookie"]
    return redirect


async def cart_by_script(request: Request) -> Response:
    """GET cart.js"""
    return JSONResponse(_cart(request))


async def change(request: Request) -> Response:
    """POST cart/change: `line` counts from 1; quantity 0 removes it."""
    wish, browser = await _body(request), session.load(request)
    index, quantity = int(wish["line"]) - 1, int(wish["quantity"])
    if 0 <= index < len(browser["items"]):
        browser["items"][index : index + 1] = [{**browser["items"][index], "quantity": quantity}] if quantity else []
    return session.save(request, browser, RedirectResponse(f"/{shop_of(request)}/cart", 303))


async def cart_page(request: Request) -> Response:
    return page(request, "cart.html", **_shown(request))


async def checkout_page(request: Request) -> Response:
    customer = session.load(request)["customer"] or {"email": "", "first_name": "", "last_name": ""}
    return page(request, "checkout.html", buyer=customer, **_shown(request))


async def pay(request: Request) -> Response:
    """POST checkout: one click pays, the order is placed, the cart is empty."""
    store, shop, browser, form = store_of(request), shop_of(request), session.load(request), await _body(request)
    if not browser["items"]:
        return RedirectResponse(f"/{shop}/cart", 303)
    lines = [{**item, "variant_id": item["id"]} for item in browser["items"]]
    customer = browser["customer"] or guest(store, form["email"], form["name"])
    order = place(store, shop, lines, {**customer, "email": form["email"]})
    return session.save(
        request, {**browser, "items": []}, RedirectResponse(f"/{shop}/orders/{order['token']}", 303)
    )


async def thanks_page(request: Request) -> Response:
    orders = store_of(request).state.list("order", shop_of(request))
    order = next((order for order in orders if order["token"] == request.path_params["token"]), None)
    return page(request, "thanks.html", 200 if order else 404, order=order, **_shown(request))


async def switch_customer(request: Request) -> Response:
    """POST _customer: log Ada in, or log out. The header's switch."""
    form, browser = await _body(request), session.load(request)
    browser["customer"] = ADA if form.get("customer") == "ada" else None
    back = form.get("back", "")
    target = back if back.startswith(f"/{shop_of(request)}/") else f"/{shop_of(request)}/"
    return session.save(request, browser, RedirectResponse(target, 303))


def _shown(request: Request) -> Record:
    browser = session.load(request)
    return {"shop": shop_of(request), "customer": browser["customer"], "cart": _cart(request)}


def _cart(request: Request) -> Record:
    browser, shop = session.load(request), shop_of(request)
    items = [_described(item, shop) for item in browser["items"]]
    return {
        "token": browser["token"],
        "item_count": sum(item["quantity"] for item in items),
        "items": items,
        "total_price": sum(item["line_price"] for item in items),
        "currency": "USD",
    }


async def _body(request: Request) -> dict[str, Any]:
    """JSON or a form; `properties[Name]` fields are gathered as Shopify does."""
    raw = (await request.body()).decode()
    if "json" in request.headers.get("content-type", ""):
        return dict(json.loads(raw))
    fields: dict[str, Any] = dict(parse_qsl(raw, keep_blank_values=True))
    inner = {name[11:-1]: fields[name] for name in fields if name.startswith("properties[")}
    return {**fields, "properties": inner}


def _line(item: Record) -> Record | None:
    id, quantity = int(item["id"]), int(item.get("quantity") or 1)
    if id not in BY_VARIANT or quantity < 1:
        return None
    return {"id": id, "quantity": quantity, "properties": item.get("properties") or {}}


def _described(line: Record, shop: str) -> Record:
    product, variant = BY_VARIANT[line["id"]]
    return {
        **line,
        "variant_id": variant.id,
        "product_id": product.id,
        "title": f"{product.title} - {variant.title}",
        "product_title": product.title,
        "variant_title": variant.title,
        "handle": product.handle,
        "url": f"/{shop}/products/{product.handle}?variant={variant.id}",
        "image": f"/cdn/{product.handle}.svg",
        "price": variant.price,
        "line_price": variant.price * line["quantity"],
    }
