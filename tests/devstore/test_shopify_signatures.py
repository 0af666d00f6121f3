"""The devstore signs as Shopify does: Shopify's own Node library is the judge."""

from collections.abc import Callable
from typing import Any

from tests.devstore.conftest import SHOP, FakeApp, Shopify
from tests.devstore.test_admin_frame import frame_query


def test_shopifys_library_accepts_every_signature(
    shopify: Shopify, fake_app: FakeApp, run_node: Callable[[str, Any], Any]
) -> None:
    shopify.order()
    shopify.deliveries()
    webhook, _ = fake_app.next(), fake_app.next()
    shopify.http.get(shopify.path("apps/artify/products/1?style=a%20b"))
    proxy = fake_app.next()
    given = {
        "key": shopify.config.api_key,
        "secret": shopify.config.api_secret,
        "webhook": {"body": webhook.body.decode(), "headers": webhook.headers},
        "idToken": shopify.id_token(),
        "proxy": dict(proxy.query),
        "page": frame_query(shopify),
    }
    said = run_node("verify_signatures.mjs", given)
    assert (said["webhook"]["valid"], said["proxy"], said["page"]) == (True, True, True)
    assert said["claims"]["dest"] == f"https://{SHOP}"
