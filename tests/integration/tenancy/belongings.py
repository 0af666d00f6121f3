"""Two shops with people in them, and what each has, by the names that routes call it.

A merchant and a print worker of each shop, a guest and a customer of each, and two neighbours who shop where the
first do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from starlette.routing import Route

from app.core.ids import new_id, new_token
from app.core.signed_calls import HEADER, SignedCall
from app.core.times import to_text
from tests.integration import print_worker, webhooks
from tests.integration.merchant import Merchant
from tests.integration.print_worker import ordered, sent, taken
from tests.integration.servers import OTHER_SHOP, SHOP
from tests.integration.storefront import MUG, MUG_VARIANT
from tests.integration.tenancy.inputs import Inputs, inputs_of
from tests.integration.world import World
from tests.pictures import good

POSTER, POSTER_VARIANT = "1001", "2001"
WARES = {SHOP: (MUG, MUG_VARIANT), OTHER_SHOP: (POSTER, POSTER_VARIANT)}
LISTED = "7700000000003"
"""A product of every simulated shop that nobody here has ordered."""
CUSTOMER, NEIGHBOUR = "9001", "9002"
PHOTO = good("png")
PLAIN: Mapping[str, Any] = {
    "active": True,
    "after": "",
    "approved": True,
    "background": "#ffffff",
    "bleed": "3",
    "bytes": len(PHOTO.data),
    "choices": [],
    "code": "damaged",
    "confirmed": True,
    "content_type": PHOTO.mime,
    "crop": None,
    "days": 60,
    "description": "A slate",
    "design_mode": "1",
    "dpi": "300",
    "enabled": True,
    "engine": "by-hand",
    "filename": PHOTO.filename,
    "files": {},
    "format": "jpg",
    "height": "297",
    "in_list": True,
    "intent": "relative",
    "kind": "export",
    "kinds": ["personalization.finalize"],
    "message": "It is damaged.",
    "mime": "image/jpeg",
    "name": "print",
    "offered": True,
    "opacity": "30",
    "options": "Size",
    "position": "tiled",
    "price": "12.50",
    "product_ids": ["7700000000001"],
    "prompt": "An oil painting",
    "report": {},
    "retryable": True,
    "safe": "2",
    "seen": "",
    "sent": True,
    "sha256": "0" * 64,
    "show": "ready",
    "shown": [],
    "since": "",
    "size": "20",
    "starter": "mug",
    "text": "Artify",
    "tiles": 4,
    "tiles_fell_back": 0,
    "took_ms": 1000,
    "unit": "mm",
    "until": "",
    "up": True,
    "values": "A4",
    "variants": [],
    "wanted": True,
    "width": "210",
}
"""Inputs that name nothing of anybody."""


@dataclass(frozen=True)
class Person:
    """Somebody at one of the doors. `has` are their ids and tokens; `link` is one that was signed for them.

    `lines` are the order lines that some routes need another one of, by the route's path.
    """

    authentication: str
    shop: str
    customer: str = ""
    has: dict[str, Any] = field(default_factory=dict)
    link: str = ""
    lines: Mapping[str, str] = field(default_factory=dict)

    def having(self, route: Route) -> dict[str, Any]:
        return {**self.has, **({"item_id": self.lines[route.path]} if route.path in self.lines else {})}

    async def send(self, world: World, method: str, route: Route, **instead: Any) -> httpx.Response:
        """The route's call with what they have, but for these."""
        inputs = inputs_of(route)
        values = {**PLAIN, **self.having(route), **await self._unused(world, inputs), **instead}
        path = route.path.replace(":path}", "}").format(**{name: quote(values[name]) for name in inputs.path})
        body = {name: values[name] for name in inputs.body if values[name] is not None}
        query = {name: values[name] for name in inputs.query}
        return await getattr(self, f"_{self.authentication}")(world, method, path, query, body)  # type: ignore[no-any-return]

    async def _unused(self, world: World, inputs: Inputs) -> dict[str, str]:
        """With what was used before, that would decide the answer."""
        if "idempotency_key" not in inputs.body:
            return {}
        return {"idempotency_key": new_token(), "upload_id": await world.storefront(self.shop).upload(PHOTO)}

    async def _admin(self, world: World, method: str, path: str, query: Any, body: Any) -> httpx.Response:
        merchant = world.merchant(self.shop)
        return await (merchant.post(path, body) if method == "POST" else merchant.document(path, **query))

    async def _proxy(self, world: World, method: str, path: str, query: Any, body: Any) -> httpx.Response:
        storefront, rest = world.storefront(self.shop, self.customer), path.removeprefix("/proxy/")
        return await (storefront.post(rest, body) if method == "POST" else storefront.get(rest, **query))

    async def _link(self, world: World, method: str, path: str, query: Any, body: Any) -> httpx.Response:
        """The signature of their own link, at this path."""
        url = urlsplit(self.link)._replace(path=path).geturl()
        if method == "GET":
            return await world.http.get(url)
        return await world.http.put(url, content=PHOTO.data, headers={"Content-Type": PHOTO.mime})

    async def _worker(self, world: World, method: str, path: str, query: Any, body: Any) -> httpx.Response:
        content = json.dumps(body).encode()
        signature = SignedCall(method, path, content).signed(print_worker.KEY, new_token(), world.clock.now())
        return await world.http.request(method, path, content=content, headers={HEADER: signature})


async def people(world: World) -> dict[str, Person]:
    """Everybody, with what they have. The world leaves its prints to print workers."""
    found = {
        "guest": await _shopper(world, SHOP),
        "customer": await _shopper(world, SHOP, CUSTOMER),
        "other shop's guest": await _shopper(world, OTHER_SHOP),
        "other shop's customer": await _shopper(world, OTHER_SHOP, CUSTOMER),
        "next guest": await _shopper(world, SHOP),
        "next customer": await _shopper(world, SHOP, NEIGHBOUR),
        "merchant": await _merchant(world, SHOP),
        "other merchant": await _merchant(world, OTHER_SHOP),
    }
    for name in ("guest", "other shop's guest"):
        storefront, has = world.storefront(found[name].shop), found[name].has
        shown, ticket = await storefront.look({**has, "id": has["preview_id"]}), await storefront.ticket(PHOTO)
        found[f"{name} with a picture"] = _linked(found[name], shown["preview_url"])
        found[f"{name} with a ticket"] = _linked(found[name], ticket.json()["url"])
    return found


async def _shopper(world: World, shop: str, customer: str = "") -> Person:
    """One with a design that is done and not ordered."""
    storefront, (product, variant) = world.storefront(shop, customer), WARES[shop]
    offer = await storefront.offer(product)
    style, size = (offer[name][0]["id"] for name in ("styles", "sizes"))
    wish = {"upload_id": await storefront.upload(PHOTO), "style_id": style, "idempotency_key": new_token()}
    wish |= {"product_id": product, "variant_id": variant}
    preview = await world.design(storefront, **wish)
    has = wish | {"preview_id": preview["id"], "view_token": preview["view_token"], "size_id": size}
    return Person("proxy", shop, customer, has | {"guest_token": storefront.guest_token or new_token()})


async def _merchant(world: World, shop: str) -> Person:
    """One with orders: a line that has its design and no size, and another picture proposed for it; and two more."""
    merchant, (product, variant), design = world.merchant(shop), WARES[shop], await _shopper(world, shop)
    preview = design.has["preview_id"]
    item = await _line(world, shop, webhooks.line(preview, product_id=int(product), variant_id=404))
    assert (await merchant.orders_post(item, "picture")).status_code == 200
    await world.run_jobs()
    [line] = world.rows("SELECT state, proposed_generation_id AS picture FROM order_items WHERE id = ?", item)
    assert line["state"] == "unmapped"
    [size] = world.rows("SELECT id FROM sizes WHERE shopify_variant_id = ?", variant)
    has = {"item_id": item, "picture_id": line["picture"], "size_id": size["id"], "customer_id": CUSTOMER}
    has |= {"upload_id": await _sent(world, merchant, item), "guest_token": design.has["guest_token"]}
    doubtful = await _line(world, shop, webhooks.line(preview, product_id=404, variant_id=int(variant)))
    has["delivery_id"] = _leave_unread(world, shop)
    has["archive_id"] = _leave_archive(world, shop)
    has |= await _setup(world, shop, merchant)
    untold = await _line(world, shop, webhooks.line(preview, product_id=int(product), variant_id=404))
    _leave_untold(world, untold)
    lines = {"/orders/items/{item_id}/picture": doubtful, "/orders/items/{item_id}/note": untold}
    return Person("admin", shop, has=has, lines=lines)


async def _setup(world: World, shop: str, merchant: Merchant) -> dict[str, str]:
    """A product that the simulated shop has too, printed on a blank, with a style."""
    assert (await merchant.post("/products", {"product_ids": [LISTED]})).status_code == 200
    assert (await merchant.post("/blanks", {"starter": "mug"})).status_code == 200
    [product] = world.rows("SELECT id FROM products WHERE shop_id = ? AND shopify_product_id = ?", shop, LISTED)
    [base] = world.rows("SELECT id FROM product_bases WHERE shop_id = ? AND starter = 'mug'", shop)
    [style, *_] = world.rows("SELECT ai_style_id FROM product_styles WHERE product_id = ?", product["id"])
    blank = {"base_id": base["id"]}
    assert (await merchant.post(f"/products/{product['id']}/blanks", blank)).status_code == 200
    [size, *_] = world.rows("SELECT id FROM product_base_variants WHERE product_base_id = ?", base["id"])
    return blank | {
        "product_id": product["id"],
        "style_id": style["ai_style_id"],
        "base_variant_id": size["id"],
    }


async def _line(world: World, shop: str, line: dict[str, Any]) -> str:
    """The id of the only line of a paid order of the customer's."""
    order = webhooks.order(line, customer={"id": int(CUSTOMER)})
    await webhooks.deliver(world.http, order, shop_domain=shop)
    await world.run_jobs()
    of_order = "SELECT id FROM orders WHERE shop_id = ? AND shopify_order_id = ?"
    [item] = world.rows(f"SELECT id FROM order_items WHERE order_id IN ({of_order})", shop, str(order["id"]))
    return str(item["id"])


def _leave_unread(world: World, shop: str) -> str:
    """The id of a message about an order that could not be taken."""
    kind, fields = "personalization.take_order", '{"order_id":"404404404"}'
    values = (delivery_id := new_id(), shop, "orders/paid", delivery_id, "failed", fields, kind)
    names = "id, shop_id, topic, event_id, status, fields, job_kind, error, created_at, updated_at"
    now = to_text(world.clock.now())
    world.change(
        f"INSERT INTO webhook_deliveries ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, 'crashed', ?, ?)", *values, now, now
    )
    return delivery_id


def _leave_archive(world: World, shop: str) -> str:
    """The id of a ZIP that was made, of which nothing is left but its row."""
    archive_id, now = new_id(), to_text(world.clock.now())
    world.change(
        "INSERT INTO print_archives (id, shop_id, status, print_asset_ids, completed_at, created_at, updated_at) "
        "VALUES (?, ?, 'completed', '[]', ?, ?, ?)",
        *(archive_id, shop, now, now, now),
    )
    return archive_id


def _leave_untold(world: World, item_id: str) -> None:
    """As if its print were ready, and Shopify's order could not be told of it."""
    world.change("UPDATE order_items SET state = 'ready' WHERE id = ?", item_id)
    world.change(
        "INSERT INTO jobs (id, shop_id, kind, subject_id, dedupe_key, status, run_at, created_at, updated_at) "
        "SELECT 'note-' || id, shop_id, 'personalization.note_print', id, 'personalization.note_print:' || id, 'dead', "
        "created_at, created_at, created_at FROM order_items WHERE id = ?",
        item_id,
    )


async def _sent(world: World, merchant: Merchant, item_id: str) -> str:
    """A picture of the merchant's own, for a line."""
    wish = {"filename": PHOTO.filename, "content_type": PHOTO.mime, "bytes": len(PHOTO.data)}
    ticket = (await merchant.orders_post(item_id, "upload", **wish)).json()
    assert (await world.storefront().send(ticket, PHOTO.data)).status_code == 200
    return str(ticket["upload_id"])


def _linked(shopper: Person, link: str) -> Person:
    return Person("link", shopper.shop, has={"key": urlsplit(link).path.removeprefix("/media/")}, link=link)


async def print_workers(world: World) -> dict[str, Person]:
    """Two print workers, each with a paid print of another shop that it has leased and sent."""
    found = {}
    for shop, name in ((SHOP, "worker"), (OTHER_SHOP, "other worker")):
        design, (product, variant) = await _shopper(world, shop), WARES[shop]
        line = webhooks.line(design.has["preview_id"], product_id=int(product), variant_id=int(variant))
        await webhooks.deliver(world.http, webhooks.order(line), shop_domain=shop)
        await world.run_jobs()
        async with print_worker.connected(str(world.http.base_url).rstrip("/"), clock=world.clock) as client:
            order = await taken(client)
            upload = (await sent(client, order, ordered(order))).files["print"]
        has = {"job_id": order.job_id, "token": order.token, "bytes": upload.bytes, "sha256": upload.sha256}
        found[name] = Person("worker", shop, has=has)
    return found
