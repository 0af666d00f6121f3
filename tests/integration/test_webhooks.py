"""Webhooks are recorded once, whatever comes and however often."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from app.core.capability import Subscriber
from app.personalization import unread_orders
from devstore.config import Config
from devstore.signatures import query_hmac, webhook_hmac
from handlers.webhooks import TOPICS
from tests.integration import webhooks
from tests.integration.conftest import EARLIER_SECRET
from tests.integration.servers import NEW_SHOP, OTHER_SHOP, SHOP
from tests.integration.storefront import MUG
from tests.integration.tenancy.unchanged import changed, kept
from tests.integration.wire import call
from tests.integration.world import World

pytestmark = pytest.mark.anyio

SECRETS = (Config.api_secret, EARLIER_SECRET, "somebody-elses")
GOOD = {"id": 1, "line_items": []}
PREVIEW = [{"name": "_artify_preview", "value": "1"}]
NO_OBJECT: dict[str, Any] = {
    "empty": b"",
    "text": b"order=1",
    "half": b'{"id": 1, "line_items": [',
    "deep": b'{"id": 1, "line_items": ' + b"[" * 200_000,
    "null": None,
    "a list": [],
    "a word": "order",
    "a number": 7,
    "after a space": b' {"id": 1, "line_items": []}',
}
MALFORMED: dict[str, Any] = {
    "no lines": {"id": 1},
    "no id": {"line_items": []},
    "a word for an id": GOOD | {"id": "gid://shopify/Order/1"},
    "an endless id": b'{"line_items": [], "id": ' + b"9" * 5000 + b"}",
    "an infinite id": b'{"line_items": [], "id": 1e999}',
}
ODD: dict[str, Any] = {
    "bytes that are no text": b'{"id": 1, "name": "\xff\xfe", "line_items": [{"id": 1, "properties": '
    b'[{"name": "_artify_preview", "value": "1"}]}]}',
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
BODIES: dict[str, dict[str, Any]] = {
    "app/uninstalled": webhooks.left(),
    "app/scopes_update": {"id": 1, "previous": [], "current": ["read_products"], "updated_at": "2026-11-20T10:00:00Z"},
    "products/update": {"id": int(MUG), "title": "Mug", "status": "draft", "updated_at": "2030-11-20T10:00:00Z"},
    "products/delete": {"id": int(MUG)},
    "orders/create": webhooks.order(webhooks.line("nothing")),
    "orders/paid": webhooks.order(webhooks.line("nothing")),
    "orders/cancelled": webhooks.order(webhooks.line("nothing")),
    "orders/edited": {"order_edit": {"id": 1, "order_id": 2}},
    "refunds/create": {"id": 1, "order_id": 2},
    "customers/data_request": webhooks.redact(customer={"id": 3}, orders_requested=[], data_request={"id": 4}),
    "customers/redact": webhooks.redact(customer={"id": 3}, orders_to_redact=[]),
    "shop/redact": webhooks.redact(),
}
"""What Shopify says in each topic, in few words."""
ALIKE = [
    {"orders/create", "orders/paid", "orders/cancelled"},  # an order says itself what became of it
    {"orders/edited", "refunds/create"},  # Shopify is asked what is left of it
]


@pytest.mark.parametrize("payload", NO_OBJECT.values(), ids=NO_OBJECT)
async def test_what_is_no_json_object_is_a_400_and_recorded_nowhere(world: World, payload: Any) -> None:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    answer = await webhooks.deliver(world.http, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")
    assert world.rows("SELECT id FROM webhook_deliveries") == []


async def test_what_the_secret_signed_for_something_else_is_no_webhook(world: World) -> None:
    """An ID token and a signed link are in an installer's hands; their signatures are of the same kind."""
    merchant = world.merchant()
    signed, _, signature = merchant.token.rpartition(".")
    link = urlencode(sorted({"shop": SHOP, "code": "1", "timestamp": "1"}.items()))
    for text, hmac_ in (
        (signed, base64.b64encode(base64.urlsafe_b64decode(signature + "==")).decode()),
        (link, base64.b64encode(bytes.fromhex(query_hmac(dict(parse_qsl(link)), Config.api_secret))).decode()),
    ):
        headers = webhooks.headers(text.encode())
        assert headers["X-Shopify-Hmac-Sha256"] == hmac_, "the signature is a valid one"
        answer = await world.http.post("/webhooks", content=text.encode(), headers=headers)
        assert answer.status_code == 400
    assert world.rows("SELECT id FROM webhook_deliveries") == []


@pytest.mark.parametrize("payload", MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_webhook_is_taken_and_recorded_as_failed(world: World, payload: Any) -> None:
    answer = await webhooks.deliver(world.http, payload)
    assert (answer.status_code, answer.content) == (200, b"")
    [delivery] = world.rows("SELECT status, error, fields FROM webhook_deliveries")
    assert (delivery["status"], delivery["fields"]) == ("failed", None)
    assert delivery["error"].startswith("malformed")
    assert world.rows("SELECT id FROM jobs") == []


async def test_an_order_that_failed_first_is_printed_when_the_real_one_follows(world: World) -> None:
    design = await world.design()
    await webhooks.deliver(world.http, {"id": 1}, event_id="e-1")
    assert [row["status"] for row in world.rows("SELECT status FROM webhook_deliveries")] == ["failed"]
    for _ in range(2):
        await webhooks.deliver(world.http, webhooks.order(webhooks.line(design["id"])), event_id="e-1")
    await world.run_all_jobs()
    assert counts(world) == {"webhook_deliveries": 1, "orders": 1, "order_items": 1, "finals": 1, "prints": 1}
    assert [row["status"] for row in world.rows("SELECT status FROM webhook_deliveries")] == ["done"]


@pytest.mark.parametrize("topic", BODIES)
async def test_the_body_of_one_topic_is_not_believed_as_another(world: World, topic: str) -> None:
    """Topic and body are not signed together: whatever the header says, it must be of its own kind."""
    assert set(BODIES) == set(TOPICS)
    before = kept(world, SHOP)
    others = [name for name in BODIES if not any({name, topic} <= alike for alike in ALIKE) and name != topic]
    for other in others:
        assert (await webhooks.deliver(world.http, BODIES[other], topic=topic)).status_code == 200
    await world.run_jobs()
    found = world.rows("SELECT status, fields FROM webhook_deliveries")
    assert found == [{"status": "failed", "fields": None}] * len(others)
    assert changed(before, kept(world, SHOP)) == set()
    assert (await webhooks.deliver(world.http, BODIES[topic], topic=topic, event_id="own")).status_code == 200
    [own] = world.rows("SELECT status FROM webhook_deliveries WHERE event_id = 'own'")
    assert own == {"status": "received"}


@pytest.mark.parametrize("topic", ["app/uninstalled", "customers/data_request", "customers/redact", "shop/redact"])
async def test_one_signed_body_says_nothing_of_another_shop(world: World, topic: str) -> None:
    before = kept(world, OTHER_SHOP)
    answer = await webhooks.deliver(world.http, BODIES[topic], topic=topic, shop_domain=OTHER_SHOP)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")
    assert world.rows("SELECT id FROM webhook_deliveries") == []
    assert changed(before, kept(world, OTHER_SHOP)) == set()


@pytest.mark.parametrize("topic", ["customers/data_request", "customers/redact", "shop/redact"])
async def test_a_legal_duty_is_taken_without_the_header_of_its_shop(world: World, topic: str) -> None:
    assert (await webhooks.deliver(world.http, BODIES[topic], topic=topic, shop_domain="")).status_code == 200
    found = world.rows("SELECT shop_id, topic, status FROM webhook_deliveries")
    assert found == [{"shop_id": SHOP, "topic": topic, "status": "received"}]


@pytest.mark.parametrize("topic", [*BODIES, "themes/publish"])
async def test_nothing_is_kept_of_a_shop_that_nobody_knows(world: World, topic: str) -> None:
    names = {name: NEW_SHOP for name in ("shop_domain", "myshopify_domain") if name in BODIES.get(topic, {})}
    payload = BODIES.get(topic, GOOD) | names
    assert (await webhooks.deliver(world.http, payload, topic=topic, shop_domain=NEW_SHOP)).status_code == 200
    assert (await webhooks.deliver(world.http, {"x": 1}, topic=topic, shop_domain=NEW_SHOP)).status_code == 200
    assert world.rows("SELECT id FROM webhook_deliveries") == world.rows("SELECT id FROM jobs") == []
    assert [line["topic"] for line in world.logged("webhook_of_unknown_shop")] == [topic] * 2


@pytest.mark.parametrize("name", ["topic", "event_id", "webhook_id"])
@pytest.mark.parametrize("word", ["x" * 5000, "a b\tc", "'; DROP TABLE jobs; --", "<script>", "\x7f"])
async def test_names_from_headers_are_kept_short_and_plain(world: World, name: str, word: str) -> None:
    assert (await webhooks.deliver(world.http, webhooks.order(), **{name: word})).status_code == 200
    [row] = world.rows("SELECT topic, event_id, webhook_id FROM webhook_deliveries")
    assert all(len(value) <= 100 and re.fullmatch("[A-Za-z0-9._:/=?-]+", value) for value in row.values()), row


async def test_a_header_that_comes_twice_says_nothing(world: World) -> None:
    body = json.dumps(webhooks.left()).encode()
    for name, value in (("topic", "app/uninstalled"), ("shop-domain", OTHER_SHOP), ("hmac-sha256", "A" * 43 + "=")):
        twice = [*webhooks.headers(body).items(), (f"X-Shopify-{name}", value)]
        received: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]
        scope_headers = [(each.lower().encode(), text.encode()) for each, text in twice]
        answer = await call(world.routes, "POST", "/webhooks", headers=scope_headers, received=received)
        assert answer.status == (200 if name == "topic" else 401), name
    assert [row["status"] for row in world.rows("SELECT status FROM webhook_deliveries")] == ["ignored"]
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
    for shop in (SHOP, OTHER_SHOP):
        await webhooks.deliver(world.http, webhooks.order(), event_id="e-1", shop_domain=shop)
    assert len(world.rows("SELECT id FROM webhook_deliveries")) == 2


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


def read_as_a_product(payload: Any) -> dict[str, Any]:
    """What a second subscriber keeps of an order with one line. Raises ValueError for others."""
    [line] = payload["line_items"]
    return {"product": line["product_id"]}


async def test_several_subscribers_of_a_topic_have_a_delivery_and_a_job_each(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that cannot read the payload is not in the other's way, nor among the merchant's unread orders."""
    second = Subscriber("test.count", f"{__name__}:{read_as_a_product.__name__}")
    monkeypatch.setitem(TOPICS, "orders/paid", [*TOPICS["orders/paid"], second])  # type: ignore[misc]
    await webhooks.deliver(world.http, webhooks.order(webhooks.line("nothing")), event_id="both")
    await webhooks.deliver(world.http, webhooks.order(), event_id="one")
    found = world.rows("SELECT event_id, job_kind, status, fields FROM webhook_deliveries ORDER BY event_id, job_kind")
    assert [(row["event_id"], row["job_kind"], row["status"]) for row in found] == [
        ("both", "personalization.take_order", "received"),
        ("both", "test.count", "received"),
        ("one", "personalization.take_order", "received"),
        ("one", "test.count", "failed"),
    ]
    assert json.loads(found[1]["fields"]) == {"product": int(MUG)}
    queued = world.rows("SELECT kind FROM jobs WHERE dedupe_key LIKE 'webhook:%' ORDER BY kind")
    assert [row["kind"] for row in queued] == [*["personalization.take_order"] * 2, "test.count"]
    assert await unread_orders(world.app, SHOP) == []
