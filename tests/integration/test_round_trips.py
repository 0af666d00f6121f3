"""D1 answers each call over a network: no request makes many. Every route is asked here, in its longest ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from app.adapters.database.d1 import D1Database, Outcome, Statements
from app.core.errors import BadPicture
from app.core.ports.database import Database, Result, Row
from app.core.tables import metadata
from app.core.times import SystemClock
from handlers.cli.render_client import RenderClient
from handlers.routes import ROUTES
from handlers.webhooks import TOPICS
from tests.integration import print_worker, webhooks
from tests.integration.merchant import Merchant
from tests.integration.print_worker import ordered, sent, taken
from tests.integration.servers import NEW_SHOP, SHOP
from tests.integration.setup import seen_on
from tests.integration.shops.test_oauth_grants import back, consented
from tests.integration.storefront import A4_VARIANT, POSTER
from tests.integration.world import World
from tests.pictures import good

pytestmark = pytest.mark.anyio
METRICS_TOKEN = "metrics-token-of-this-test"
GOLD_LEAF = {"name": "Gold leaf", "prompt": "Gold leaf for a {product}"}
WATERMARK = {"text": "Mine", "position": "center", "opacity": "30", "size": "40", "active": True}
MOST = 6
"""Calls of the database, whole batches among them, in one request."""


class Counting:
    """A database that counts its calls: each is one round trip on D1."""

    def __init__(self, inner: Database):
        self._inner, self.calls = inner, 0

    async def one(self, statement: Any) -> Row | None:
        self.calls += 1
        return await self._inner.one(statement)

    async def all(self, statement: Any) -> Sequence[Row]:
        self.calls += 1
        return await self._inner.all(statement)

    async def batch(self, *statements: Any) -> Sequence[Result]:
        self.calls += 1
        return await self._inner.batch(*statements)


@dataclass
class Watched:
    """The app's routes, and the most calls that a request of each made."""

    app: ASGIApp
    db: Counting
    most: dict[str, int]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        before = self.db.calls
        await self.app(scope, receive, send)
        name = next(str(route.name) for route in ROUTES if route.matches(scope)[0] is Match.FULL)
        self.most[name] = max(self.most.get(name, 0), self.db.calls - before)


@pytest.fixture
async def watched(delegating: World) -> Watched:
    db, settings = Counting(delegating.app.db), replace(delegating.app.settings, metrics_token=METRICS_TOKEN)
    delegating.routes.state.app = replace(delegating.app, db=db, settings=settings)
    watched = Watched(delegating.routes, db, {})
    await delegating.http.aclose()
    base_url = delegating.http.base_url
    delegating.http = httpx.AsyncClient(transport=httpx.ASGITransport(watched), base_url=base_url)
    return watched


async def test_no_route_asks_the_database_more_than_six_times(delegating: World, watched: Watched) -> None:
    await merchants_look_around(delegating)
    designs = await shoppers_make_designs(delegating)
    await orders_come_in_and_are_printed(delegating, designs)
    for path in ("/auth/bounce?shop=x", "/healthz", "/static/app.css", "/metrics"):
        await delegating.http.get(path, headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
    assert set(watched.most) == {str(route.name) for route in ROUTES}
    for name, calls in sorted(watched.most.items(), key=lambda each: -each[1]):
        print(f"{calls} {name}")
    assert {name: calls for name, calls in watched.most.items() if calls > MOST} == {}


@pytest.mark.parametrize("topic", [*TOPICS, "themes/publish"])
async def test_no_webhook_asks_the_database_more_than_six_times(
    delegating: World, watched: Watched, topic: str
) -> None:
    assert (await webhooks.deliver(delegating.http, b"not JSON", topic=topic)).status_code == 400
    assert watched.most.get("webhooks.receive", 0) == 0
    for payload in (webhooks.order(webhooks.line("nothing")), b"{}"):
        assert (await webhooks.deliver(delegating.http, payload, topic=topic)).status_code == 200
    assert 1 <= watched.most["webhooks.receive"] <= MOST


async def test_a_call_of_the_database_is_one_round_trip() -> None:
    trips: list[Statements] = []

    async def run(statements: Statements) -> list[Outcome]:
        trips.append(statements)
        return [Outcome([], 0) for _ in statements]

    statement, database = metadata.tables["jobs"].select(), D1Database(run)
    await database.one(statement)
    await database.all(statement)
    await database.batch(statement, statement, statement)
    assert [len(trip) for trip in trips] == [1, 1, 3]


async def merchants_look_around(world: World) -> None:
    """One who installs the app, by a link too, and one who has."""
    world.shopify.install(NEW_SHOP)
    assert (await back(world, await consented(world))).status_code == 302
    for merchant in (Merchant(world.http, NEW_SHOP), world.merchant()):
        assert (await merchant.document()).status_code == 200
        if merchant.shop == NEW_SHOP:  # the other one is set up already
            await merchant_sets_up(merchant, world)
        assert (await merchant.document("/orders")).status_code == 200
        wish = {"kind": "export", "customer_id": "9001"}
        assert (await merchant.post("/privacy/requests", wish)).status_code == 202
        assert (await merchant.post("/privacy/previews", {"days": "30"})).status_code == 200
        assert (await merchant.post("/settings/mail", {"wanted": True})).status_code == 200
        for path in ("/privacy", "/settings", "/usage"):
            assert (await merchant.document(path)).status_code == 200
        assert (await merchant.document("/usage.csv", days="30")).status_code == 200


async def merchant_sets_up(merchant: Merchant, world: World) -> None:
    """Every button of the pages on which a shop is set up."""
    assert (await merchant.post("/products", {"product_ids": [POSTER]})).status_code == 200
    for path in ("/blanks", "/styles"):
        for starter in {"/blanks": ("mug", "poster-a"), "/styles": ("pop-art", "night-ink")}[path]:
            assert (await merchant.post(path, {"starter": starter})).status_code == 200
    shop = merchant.shop
    [product] = world.rows("SELECT id FROM products WHERE shop_id = ? AND shopify_product_id = ?", shop, POSTER)
    [base] = world.rows("SELECT id FROM product_bases WHERE shop_id = ? AND starter = 'poster-a'", shop)
    [style] = world.rows("SELECT id FROM ai_styles WHERE shop_id = ? AND starter = 'pop-art'", shop)
    [area] = world.rows("SELECT id FROM product_base_variants WHERE product_base_id = ? AND name = 'A2'", base["id"])
    page = f"/products/{product['id']}"
    assert (await merchant.post(f"{page}/blanks", {"base_id": base["id"]})).status_code == 200
    seen = seen_on((await merchant.document(page)).text)
    mapped = {"variants": [A4_VARIANT], "choices": [area["id"]], "seen": seen}
    waiting = webhooks.line("a design that is unknown", product_id=int(POSTER), variant_id=int(A4_VARIANT))
    await webhooks.deliver(world.http, webhooks.order(waiting), shop_domain=shop)
    await world.run_jobs()
    for path, body in (
        (f"{page}/sizes", mapped),
        (f"{page}/refresh", {}),
        (f"{page}/styles/{style['id']}", {"offered": True}),
        (f"{page}/styles/{style['id']}/move", {"up": True}),
        (f"{page}/blanks/{base['id']}/remove", {}),
        (page, {"enabled": True, "in_list": True}),
        (page, {"enabled": True}),
        (f"/blanks/{base['id']}", {"active": True}),
        (f"/styles/{style['id']}", {"active": True}),
        (f"/styles/{style['id']}/move", {"up": True}),
        (f"/styles/{style['id']}/archive", {}),
        ("/styles", {"starter": "pop-art"}),
        ("/styles/new", GOLD_LEAF),
        (f"/styles/{style['id']}/copy", {}),
        (f"/styles/{style['id']}/example", {"upload_id": await example_sent(merchant, world, style["id"])}),
        ("/blanks/new", {"name": "Slate"}),
        (f"/blanks/{base['id']}/sizes", {"name": "Small", "width": "210", "height": "297"}),
        ("/watermark/sample", WATERMARK),
        ("/watermark", WATERMARK),
    ):
        assert (await merchant.post(path, body)).status_code == 200, path
    editors = ("/styles/new", f"/styles/{style['id']}", "/blanks/new", f"/blanks/{base['id']}")
    for path in ("/products", "/blanks", "/styles", "/watermark", "/starter/pop-art.webp", *editors):
        assert (await merchant.document(path)).status_code == 200
    size = {"name": "A2", "width": "420", "height": "594", "confirmed": True}
    blank = f"/blanks/{base['id']}"
    for page, action, body in (
        (f"/styles/{style['id']}", f"/styles/{style['id']}/edit", GOLD_LEAF),
        (blank, f"{blank}/edit", {"name": "Paper"}),
        (blank, f"{blank}/sizes/{area['id']}", size),
    ):
        form = (await merchant.document(page)).text.partition(f'action="{action}"')[2]
        seen = form.partition('name="seen" value="')[2].partition('"')[0]
        assert (await merchant.post(action, body | {"seen": seen})).status_code == 200, action


async def example_sent(merchant: Merchant, world: World, style_id: str) -> str:
    """The id of an upload that a style can show as its example."""
    photo = good("jpeg")
    announced = {"filename": photo.filename, "content_type": photo.mime, "bytes": len(photo.data)}
    ticket = (await merchant.post(f"/styles/{style_id}/upload", announced)).json()
    await world.storefront().send(ticket, photo.data)
    return str(ticket["upload_id"])


async def shoppers_make_designs(world: World) -> list[str]:
    """Guests and customers, new ones and ones who come again, with a key that was used, and at the same time."""
    designs = []
    for storefront in (world.storefront(), world.storefront(customer="9001")):
        for _ in range(2):
            key = f"key-{len(designs)}"
            wish = await storefront.wish(idempotency_key=key)
            preview = await storefront.asked(**wish)
            assert (await storefront.asked(**wish))["id"] == preview["id"]
            await storefront.look(preview)
            await world.run_jobs()
            done = await storefront.look(preview)
            assert (await world.http.get(done["preview_url"])).status_code == 200
            designs.append(preview["id"])
        assert (await storefront.cancel(await storefront.asked())).status_code == 200
        assert (await storefront.post(f"previews/{(await storefront.asked())['id']}/delete", {})).status_code == 200
    return designs


async def orders_come_in_and_are_printed(world: World, designs: list[str]) -> None:
    """One print by a worker that sends it, one by a worker that fails, one by a worker that gives it back."""
    await webhooks.deliver(
        world.http, webhooks.order(*[webhooks.line(design) for design in designs], customer={"id": 9001})
    )
    await world.run_jobs()
    client = RenderClient(str(world.http.base_url).rstrip("/"), print_worker.KEY, world.http, SystemClock())
    done, failed, back = await taken(client), await taken(client), await taken(client)
    await client.extend(done)
    await client.finish(done, await sent(client, done, ordered(done)))
    await client.fail(failed, BadPicture())
    await client.release(back)
    [item] = world.rows("SELECT id FROM order_items WHERE state = 'failed'")
    assert (await world.merchant().retry(item["id"])).status_code == 200
    await stuck_lines_are_brought_on(world, designs[0])
    world.change("UPDATE jobs SET status = 'dead' WHERE kind = 'personalization.note_print'")
    [untold, *_] = world.rows("SELECT id FROM order_items WHERE state = 'ready'")
    assert (await world.merchant().orders_post(untold["id"], "note")).status_code == 200
    await print_files_are_packed(world, untold["id"])
    world.change("UPDATE webhook_deliveries SET status = 'failed'")
    [unread, *_] = world.rows("SELECT id FROM webhook_deliveries WHERE shop_id = ?", SHOP)
    assert (await world.merchant().post(f"/orders/deliveries/{unread['id']}/read", {})).status_code == 200
    assert (await world.merchant().document("/orders")).status_code == 200


async def print_files_are_packed(world: World, item_id: str) -> None:
    """Once cancelled and once made, with its lines marked as sent."""
    merchant = world.merchant()
    for action, body in (("cancel", {}), ("sent", {"sent": True})):
        assert (await merchant.post("/orders/archives", {})).status_code == 202
        if action == "sent":
            await world.run_jobs()
        [archive] = world.rows("SELECT id FROM print_archives")
        assert (await merchant.post(f"/orders/archives/{archive['id']}/{action}", body)).status_code == 200
    assert (await merchant.orders_post(item_id, "sent", sent=False)).status_code == 200
    assert (await merchant.document(f"/orders/items/{item_id}/history")).status_code == 200


async def stuck_lines_are_brought_on(world: World, design: str) -> None:
    """A variant gets its size, a line another picture."""
    lines = [webhooks.line(design, variant_id=404), webhooks.line(design, product_id=404)]
    await webhooks.deliver(world.http, webhooks.order(*lines))
    await world.run_jobs()
    [unmapped] = world.rows("SELECT id FROM order_items WHERE state = 'unmapped'")
    [doubtful] = world.rows("SELECT id FROM order_items WHERE state = 'needs_review' AND shop_id = ?", SHOP)
    assert (await world.merchant().document("/orders")).status_code == 200
    [size, *_] = world.rows("SELECT id FROM sizes WHERE name = '11 oz'")
    merchant = world.merchant()
    answers = [
        await merchant.orders_post(unmapped["id"], "size", size_id=size["id"]),
        await merchant.orders_post(doubtful["id"], "upload", filename="a.png", content_type="image/png", bytes=10),
        await merchant.orders_post(doubtful["id"], "picture"),
    ]
    await world.run_jobs()
    [proposal] = world.rows("SELECT proposed_generation_id AS id FROM order_items WHERE id = ?", doubtful["id"])
    answers.append(await merchant.orders_post(doubtful["id"], "picture/approve", picture_id=proposal["id"]))
    answers.append(await merchant.post("/products/sync", {}))
    assert [answer.status_code for answer in answers] == [200, 201, 200, 200, 202]
