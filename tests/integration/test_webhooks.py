"""The webhook door: recorded once, whatever comes and however often."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from devstore.config import Config
from devstore.signatures import webhook_hmac
from tests.integration import webhooks
from tests.integration.conftest import EARLIER_SECRET
from tests.integration.servers import NEW_SHOP, SHOP
from tests.integration.world import World

pytestmark = pytest.mark.anyio

SECRETS = (Config.api_secret, EARLIER_SECRET, "somebody-elses")
GOOD = {"id": 1, "line_items": []}
PREVIEW = [{"name": "_artify_preview", "value": "1"}]
MALFORMED: dict[str, Any] = {
    "empty": b"",
    "text": b"order=1",
    "half": b'{"id": 1, "line_items": [',
    "not utf-8": b'{"id": 1, "name": "\xff\xfe", "line_items": []}',
    "deep": b'{"id": 1, "line_items": ' + b"[" * 200_000,
    "null": None,
    "a list": [],
    "a word": "order",
    "no lines": {"id": 1},
    "no id": {"line_items": []},
    "a word for an id": GOOD | {"id": "gid://shopify/Order/1"},
    "an endless id": b'{"line_items": [], "id": ' + b"9" * 5000 + b"}",
    "an infinite id": b'{"line_items": [], "id": 1e999}',
}
ODD: dict[str, Any] = {
    "a line without an id": GOOD | {"line_items": [{"properties": PREVIEW}]},
    "properties are words": GOOD | {"line_items": [{"id": 1, "properties": ["_artify_preview"]}]},
    "properties are an object": GOOD | {"line_items": [{"id": 1, "properties": {"_artify_preview": "1"}}]},
    "a neighbour with odd properties": GOOD
    | {"line_items": [{"id": 2, "properties": [None]}, {"id": 1, "properties": PREVIEW}]},
    "a neighbour with an endless price": b'{"id": 1, "line_items": [{"id": 2, "price": '
    + b"9" * 5000
    + b'}, {"id": 1, "properties": {"_artify_preview": "1"}}]}',
    "a quantity of mugs": GOOD | {"line_items": [{"id": 1, "quantity": "many", "properties": PREVIEW}]},
    "an infinite quantity": b'{"id": 1, "line_items": [{"id": 1, "quantity": 1e999, "properties": '
    + b'{"_artify_preview": 1}}]}',
    "a customer's name": GOOD | {"customer": "Ada", "line_items": [{"id": 1, "properties": PREVIEW}]},
    "cancelled some day": GOOD | {"cancelled_at": "some day", "line_items": [{"id": 1, "properties": PREVIEW}]},
    "cancelled in numbers": GOOD | {"cancelled_at": 5, "line_items": [{"id": 1, "properties": PREVIEW}]},
}


@pytest.mark.parametrize("payload", MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_webhook_is_taken_and_recorded_as_failed(world: World, payload: Any) -> None:
    answer = await webhooks.deliver(world.http, payload)
    assert (answer.status_code, answer.content) == (200, b"")
    [delivery] = world.rows("SELECT status, error, fields FROM webhook_deliveries")
    assert (delivery["status"], delivery["fields"]) == ("failed", None)
    assert delivery["error"].startswith("malformed")
    assert world.rows("SELECT id FROM jobs") == []


@pytest.mark.parametrize("payload", ODD.values(), ids=ODD)
async def test_an_odd_part_of_an_order_does_not_hide_its_line(world: World, payload: Any) -> None:
    assert (await webhooks.deliver(world.http, payload)).status_code == 200
    await world.run_all_jobs()
    [item] = world.rows("SELECT state FROM order_items")
    assert item["state"] == "needs_review"
    assert [row["status"] for row in world.rows("SELECT status FROM webhook_deliveries")] == ["done"]


@pytest.mark.parametrize(
    "changes",
    [
        {"total_price": "NaN"},
        {"total_price": "1e400"},
        {"total_price": "twelve"},
        {"total_price": None},
        {"currency": "???"},
        {"name": None},
        {"name": "half a surrogate \ud800"},
        {"customer": None},
        {"customer": {"id": "\ud800"}},
        {"line_items": [webhooks.line("\ud800", title="\ud800")]},
        {"financial_status": 7},
    ],
)
async def test_an_odd_field_does_not_lose_a_paid_line(world: World, changes: dict[str, Any]) -> None:
    order = webhooks.order(webhooks.line("nothing"), **changes)
    assert (await webhooks.deliver(world.http, order)).status_code == 200
    await world.run_all_jobs()
    assert len(world.rows("SELECT id FROM order_items")) == 1
    assert [row["status"] for row in world.rows("SELECT status FROM webhook_deliveries")] == ["done"]


@pytest.mark.parametrize("topic", ["orders/unknown", "products/create", "é", "x" * 500])
async def test_a_topic_that_nobody_handles_is_ignored(world: World, topic: str) -> None:
    body = json.dumps(GOOD).encode()
    headers = {name.encode(): value.encode() for name, value in webhooks.headers(body, topic=topic).items()}
    answer = await world.http.post("/webhooks", content=body, headers=headers)
    assert answer.status_code == 200
    assert [row["status"] for row in world.rows("SELECT status FROM webhook_deliveries")] == ["ignored"]
    assert world.rows("SELECT id FROM jobs") == []


@pytest.mark.parametrize("prefix", ["X-Shopify-", "shopify-"])
async def test_both_families_of_headers_are_understood(world: World, prefix: str) -> None:
    order = webhooks.order(webhooks.line("nothing"))
    assert (await webhooks.deliver(world.http, order, prefix=prefix)).status_code == 200
    await world.run_jobs()
    assert len(world.rows("SELECT id FROM order_items")) == 1


@pytest.mark.parametrize("missing", ["topic", "shop_domain"])
async def test_a_signed_webhook_that_does_not_say_what_it_is_about_is_a_400(world: World, missing: str) -> None:
    answer = await webhooks.deliver(world.http, GOOD, **{missing: ""})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


async def test_a_webhook_without_an_event_id_is_known_by_its_own(world: World) -> None:
    order = webhooks.order(webhooks.line("nothing"))
    for _ in range(2):
        assert (await webhooks.deliver(world.http, order, event_id="", webhook_id="w-1")).status_code == 200
    assert len(world.rows("SELECT id FROM webhook_deliveries")) == 1


async def test_both_secrets_are_good_while_they_change(rotating: World) -> None:
    body = json.dumps(GOOD).encode()
    signed = {
        secret: webhooks.headers(body) | {"X-Shopify-Hmac-Sha256": webhook_hmac(body, secret)} for secret in SECRETS
    }
    answers = [await rotating.http.post("/webhooks", content=body, headers=headers) for headers in signed.values()]
    assert [answer.status_code for answer in answers] == [200, 200, 401]


async def test_one_event_delivered_twice_is_worked_on_once(world: World) -> None:
    design = await world.design()
    order = webhooks.order(webhooks.line(design["id"]))
    for _ in range(2):
        assert (await webhooks.deliver(world.http, order, event_id="e-1")).status_code == 200
        await world.run_jobs()
    assert counts(world) == {"webhook_deliveries": 1, "orders": 1, "order_items": 1, "finals": 1, "prints": 1}


async def test_one_event_delivered_eight_times_at_once_is_worked_on_once(world: World) -> None:
    design = await world.design()
    order = webhooks.order(webhooks.line(design["id"]))
    answers = await asyncio.gather(*[webhooks.deliver(world.http, order, event_id="e-1") for _ in range(8)])
    assert [answer.status_code for answer in answers] == [200] * 8
    await asyncio.gather(*[world.run_jobs() for _ in range(3)])
    assert counts(world) == {"webhook_deliveries": 1, "orders": 1, "order_items": 1, "finals": 1, "prints": 1}


async def test_two_events_of_one_order_at_once_make_one_print(world: World) -> None:
    design = await world.design()
    order = webhooks.order(webhooks.line(design["id"]))
    await asyncio.gather(*[webhooks.deliver(world.http, order) for _ in range(4)])
    await asyncio.gather(*[world.run_jobs() for _ in range(4)])
    await world.run_all_jobs()
    assert counts(world) == {"webhook_deliveries": 4, "orders": 1, "order_items": 1, "finals": 1, "prints": 1}
    assert {row["status"] for row in world.rows("SELECT status FROM webhook_deliveries")} == {"done"}


async def test_a_payment_that_comes_with_its_order_is_not_lost(world: World) -> None:
    design = await world.design()
    order = webhooks.order(webhooks.line(design["id"]), webhooks.line(design["id"]))
    for status in ("pending", "paid", "pending", "paid"):
        await webhooks.deliver(world.http, order | {"financial_status": status})
    await asyncio.gather(*[world.run_jobs() for _ in range(4)])
    await world.run_all_jobs()
    assert [row["state"] for row in world.rows("SELECT state FROM order_items")] == ["ready", "ready"]
    assert counts(world)["prints"] == 2


async def test_the_same_event_id_of_another_shop_is_another_event(world: World) -> None:
    for shop in (SHOP, NEW_SHOP):
        await webhooks.deliver(world.http, webhooks.order(), event_id="e-1", shop_domain=shop)
    assert len(world.rows("SELECT id FROM webhook_deliveries")) == 2


async def test_an_order_of_a_shop_without_the_app_is_recorded_as_failed(world: World) -> None:
    await webhooks.deliver(world.http, webhooks.order(webhooks.line("nothing")), shop_domain=NEW_SHOP)
    await world.run_jobs()
    [delivery] = world.rows("SELECT status, error FROM webhook_deliveries")
    assert (delivery["status"], delivery["error"]) == ("failed", "the app is not installed")
    assert world.rows("SELECT id FROM orders") == []


async def test_of_an_order_only_what_is_needed_is_kept(world: World) -> None:
    private = {"email": "ada@shopper.example", "phone": "+49 30 1", "note": "Happy birthday", "customer": {"id": 1}}
    private["customer"] |= {"email": "ada@shopper.example", "first_name": "Ada"}  # type: ignore[operator]
    await webhooks.deliver(world.http, webhooks.order(webhooks.line("nothing"), **private))
    await world.run_jobs()
    kept = json.dumps(
        [world.rows(f"SELECT * FROM {table}") for table in ("webhook_deliveries", "orders", "order_items")]
    )
    assert [word for word in ("ada@shopper.example", "+49", "birthday", "Ada") if word in kept] == []


def counts(world: World) -> dict[str, int]:
    found = {
        table: len(world.rows(f"SELECT id FROM {table}")) for table in ("webhook_deliveries", "orders", "order_items")
    }
    finals = world.rows("SELECT id FROM generations WHERE generation_type = 'final'")
    prints = world.rows("SELECT id FROM assets WHERE purpose = 'print'")
    return found | {"finals": len(finals), "prints": len(prints)}
