"""The cart: a session per browser, the Ajax API that themes use, checkout and payment."""

import hashlib
import json
import secrets

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from devstore.block import render_blocks
from devstore.catalog import BY_VARIANT, SEED
from devstore.config import EXTENSION
from devstore.orders import order_of, place
from devstore.state import Record
from devstore.store import fields, page, store_and_shop
from devstore.theme import placed_blocks

COOKIE = "devstore_session"


def session(request: Request) -> Record:
    """The cart and customer of this browser. A new session is not stored before its first change."""
    store, shop = store_and_shop(request)
    known = store.state.get("session", shop, request.cookies.get(COOKIE, ""))
    return known or {"token": secrets.token_urlsafe(16), "lines": [], "customer": None}


def save(request: Request, browser: Record, response: Response) -> Response:
    store, shop = store_and_shop(request)
    store.state.put("session", shop, browser["token"], browser)
    response.set_cookie(COOKIE, browser["token"], path=f"/{shop}", httponly=True, samesite="lax")
    return response


def header(request: Request) -> Record:
    """The template values that every page of the storefront needs."""
    browser, (store, shop) = session(request), store_and_shop(request)
    lines = [_cart_item(line, shop) for line in browser["lines"]]
    count, total = (sum(line[name] for line in lines) for name in ("quantity", "line_price"))
    cart = {"item_count": count, "items": lines, "total_price": total}
    embeds = render_blocks(EXTENSION, shop, placed_blocks(store, shop))
    return {"customer": browser["customer"], "cart": cart, "embeds": embeds}


async def add(request: Request) -> Response:
    """POST cart/add.js with {"items": [{id, quantity, properties}]}, or POST cart/add with one item as a form."""
    body, browser, (_, shop) = await fields(request), session(request), store_and_shop(request)
    lines = [_line(item) for item in body.get("items", [body])]
    if not all(line["variant_id"] in BY_VARIANT and line["quantity"] > 0 for line in lines):
        problem = "The product variant you are trying to add is not available."
        return JSONResponse({"status": 422, "message": "Cart Error", "description": problem}, 422)
    browser["lines"] += lines
    if not request.url.path.endswith(".js"):
        return save(request, browser, RedirectResponse(f"/{shop}/cart", 303))
    return save(request, browser, JSONResponse({"items": [_cart_item(line, shop) for line in lines]}))


async def cart_json(request: Request) -> Response:
    return JSONResponse(header(request)["cart"])


async def cart_page(request: Request) -> Response:
    return page(request, "cart.html", **header(request))


async def checkout_page(request: Request) -> Response:
    buyer = session(request)["customer"] or dict.fromkeys(("email", "first_name", "last_name"), "")
    return page(request, "checkout.html", buyer=buyer, **header(request) | {"embeds": ""})


async def pay(request: Request) -> Response:
    """POST checkout: place a paid order, and empty the cart."""
    form, browser, (store, shop) = await fields(request), session(request), store_and_shop(request)
    if not browser["lines"]:
        return RedirectResponse(f"/{shop}/cart", 303)
    first, _, last = form["name"].partition(" ")
    customer = browser["customer"] or {"id": store.state.new_id(), "first_name": first, "last_name": last}
    order = place(store, shop, browser["lines"], customer | {"email": form["email"]})
    thanks = RedirectResponse(f"/{shop}/orders/{order['id']}", 303)
    return save(request, browser | {"lines": []}, thanks)


async def thanks_page(request: Request) -> Response:
    return page(request, "thanks.html", order=order_of(request), **header(request) | {"embeds": ""})


async def switch_customer(request: Request) -> Response:
    """GET account/login and account/logout: log the seed customer in or out, and return to the same page."""
    browser, (_, shop) = session(request), store_and_shop(request)
    browser["customer"] = SEED["customer"] if request.path_params["act"] == "login" else None
    return save(request, browser, RedirectResponse(request.headers.get("referer", f"/{shop}/")))


def _line(item: Record) -> Record:
    quantity = int(item.get("quantity") or 1)
    return {"variant_id": int(item["id"]), "quantity": quantity, "properties": item.get("properties") or {}}


def _cart_item(line: Record, shop: str) -> Record:
    product, variant = BY_VARIANT[line["variant_id"]]
    properties = json.dumps(line["properties"], sort_keys=True).encode()
    return line | {
        "key": f"{variant['id']}:{hashlib.md5(properties, usedforsecurity=False).hexdigest()}",
        "product_title": product["title"],
        "variant_title": variant["title"],
        "url": f"/{shop}/products/{product['handle']}?variant={variant['id']}",
        "image": f"/cdn/{product['handle']}.svg",
        "line_price": variant["price"] * line["quantity"],
    }
