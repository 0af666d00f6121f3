"""Webhooks go out signed, selected and again until they are taken."""

import base64
import hashlib
import hmac
import json
from pathlib import Path

import pytest

from devstore.webhooks import keep_fields
from tests.devstore.conftest import SHOP, FakeApp, OpenDevstore, Shopify


def test_a_paid_order_is_told_once_for_each_subscription(shopify: Shopify, fake_app: FakeApp) -> None:
    order = shopify.order(customer_id=9001000000001)
    sent = fake_app.next("orders/paid")
    assert (sent.method, sent.path) == ("POST", "/webhooks")
    assert sent.headers["x-shopify-shop-domain"] == SHOP
    body = json.loads(sent.body)
    assert (body["id"], body["customer"]) == (order["id"], {"id": 9001000000001})
    assert body["line_items"][0]["properties"] == [{"name": "_artify_preview", "value": "p1"}]
    assert "email" not in body
    told = {(delivery["topic"], delivery["status"]) for delivery in shopify.deliveries()}
    assert told == {("orders/create", "delivered"), ("orders/paid", "delivered")}
    assert len(shopify.deliveries()) == 2


def test_the_signature_covers_the_raw_body(shopify: Shopify, fake_app: FakeApp) -> None:
    shopify.order()
    sent = fake_app.next()
    digest = hmac.new(shopify.config.api_secret.encode(), sent.body, hashlib.sha256).digest()
    assert sent.headers["x-shopify-hmac-sha256"] == base64.b64encode(digest).decode()


def test_redirects_and_faults_are_retried_with_the_same_event(shopify: Shopify, fake_app: FakeApp) -> None:
    fake_app.statuses = [302, 500]
    shopify.http.post(shopify.path("admin/uninstall"))
    assert shopify.deliveries()[0]["attempts"] == ["302", "500", "200"]
    attempts = [fake_app.next() for _ in range(3)]
    assert len({attempt.headers["x-shopify-event-id"] for attempt in attempts}) == 1
    assert len({attempt.body for attempt in attempts}) == 1


def test_an_uninstall_says_which_shop_it_is_about(shopify: Shopify, fake_app: FakeApp) -> None:
    shopify.http.post(shopify.path("admin/uninstall"))
    body = json.loads(fake_app.next("app/uninstalled").body)
    assert body["myshopify_domain"] == SHOP
    assert {"id", "name", "email", "domain", "updated_at"} <= set(body)


@pytest.mark.parametrize(
    ("topic", "fields"),
    [
        ("customers/data_request", {"shop_id", "shop_domain", "customer", "orders_requested", "data_request"}),
        ("customers/redact", {"shop_id", "shop_domain", "customer", "orders_to_redact"}),
        ("shop/redact", {"shop_id", "shop_domain"}),
    ],
)
def test_what_privacy_laws_ask_for_is_sent_in_shopifys_words(
    shopify: Shopify, fake_app: FakeApp, topic: str, fields: set[str]
) -> None:
    wish = {"shop": SHOP, "topic": topic, "customer_id": 7, "orders": [8]}
    assert shopify.http.post("/_compliance", json=wish).status_code == 201
    body = json.loads(fake_app.next(topic).body)
    assert (set(body), body["shop_domain"]) == (fields, SHOP)
    if topic != "shop/redact":
        assert body["customer"]["id"] == 7


def test_a_delivery_that_nobody_takes_fails_in_the_end(shopify: Shopify, fake_app: FakeApp) -> None:
    fake_app.statuses = [500] * 3
    shopify.http.post(shopify.path("admin/uninstall"))
    assert shopify.deliveries()[0]["status"] == "failed"


def test_a_delivery_can_be_sent_again_under_its_event_id(shopify: Shopify, fake_app: FakeApp) -> None:
    shopify.http.post(shopify.path("admin/uninstall"))
    [delivery] = shopify.deliveries()
    assert shopify.http.post(f"/_deliveries/{delivery['id']}/redeliver").status_code == 303
    first, second = fake_app.next(), fake_app.next()
    assert first.headers["x-shopify-event-id"] == second.headers["x-shopify-event-id"]
    assert "app/uninstalled" in shopify.http.get("/_deliveries").text


def test_a_shop_without_the_app_tells_nothing(open_devstore: OpenDevstore) -> None:
    with open_devstore() as shopify:
        shopify.order()
        assert shopify.deliveries() == []


def test_uninstalling_is_told_once(shopify: Shopify, fake_app: FakeApp) -> None:
    shopify.http.post(shopify.path("admin/uninstall"))
    shopify.http.post(shopify.path("admin/uninstall"))
    assert fake_app.next().headers["x-shopify-topic"] == "app/uninstalled"
    assert len(shopify.deliveries()) == 1


def test_a_restart_with_a_file_goes_on_where_it_was(open_devstore: OpenDevstore, tmp_path: Path) -> None:
    database = str(tmp_path / "devstore.db")
    with open_devstore(db=database, app_url="http://127.0.0.1:9", retry_delays=(600,)) as shopify:
        shopify.install()
        order = shopify.order()
    with open_devstore(db=database) as shopify:
        assert shopify.http.get(shopify.path(f"admin/orders/{order['id']}")).status_code == 200
        # The address is part of the delivery: nobody listens there, but it is tried again.
        assert shopify.deliveries()[0]["status"] == "failed"


def test_include_fields_lead_into_objects_and_lists() -> None:
    payload = {"id": 1, "email": "x", "customer": {"id": 2, "email": "x"}, "lines": [{"id": 3, "sku": "x"}, {"id": 4}]}
    chosen = keep_fields(payload, ["id", "customer.id", "lines.id"])
    assert chosen == {"id": 1, "customer": {"id": 2}, "lines": [{"id": 3}, {"id": 4}]}
    assert keep_fields(payload, ["customer"]) == {"customer": payload["customer"]}
