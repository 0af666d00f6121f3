"""The storefront sells, hides what themes hide, and signs what it passes to the app."""

import pytest

from devstore.signatures import proxy_signature
from tests.devstore.conftest import OTHER_SHOP, FakeApp, OpenDevstore, Shopify

POSTER_A3 = 7800000000012


def add(shopify: Shopify, **item: object) -> int:
    wish = {"id": POSTER_A3, "quantity": 2, "properties": {"_artify_preview": "secret", "Style": "Ink"}} | item
    return shopify.http.post(shopify.path("cart/add.js"), json={"items": [wish]}).status_code


def test_each_product_has_a_page_with_its_variants(shopify: Shopify) -> None:
    shown = shopify.http.get(shopify.path(f"products/photo-poster?variant={POSTER_A3}")).text
    assert f'name="id" value="{POSTER_A3}" checked' in shown
    assert "$34.00" in shown
    assert shopify.http.get(shopify.path("products/nothing")).status_code == 404


@pytest.mark.parametrize("variant", ["", "x", "1", "7800000000021"])
def test_a_variant_that_is_not_the_products_shows_its_first(shopify: Shopify, variant: str) -> None:
    shown = shopify.http.get(shopify.path(f"products/photo-poster?variant={variant}")).text
    assert 'name="id" value="7800000000011" checked' in shown


def test_the_cart_keeps_properties_and_hides_underscored_ones(shopify: Shopify) -> None:
    assert add(shopify) == 200
    cart = shopify.http.get(shopify.path("cart.js")).json()
    assert (cart["item_count"], cart["total_price"]) == (2, 6800)
    assert cart["items"][0]["properties"]["_artify_preview"] == "secret"
    shown = shopify.http.get(shopify.path("cart")).text
    assert "Style: Ink" in shown
    assert "secret" not in shown


def test_an_unknown_variant_is_a_cart_error(shopify: Shopify) -> None:
    assert add(shopify, id=1) == 422


def test_a_themes_form_adds_to_the_cart_too(shopify: Shopify) -> None:
    assert shopify.http.post(shopify.path("cart/add"), data={"id": str(POSTER_A3)}).status_code == 303
    assert shopify.http.get(shopify.path("cart.js")).json()["total_price"] == 3400


def test_paying_places_the_order_and_empties_the_cart(shopify: Shopify, fake_app: FakeApp) -> None:
    add(shopify)
    buyer = {"email": "bo@buyer.example", "name": "Bo Buyer"}
    thanks = shopify.http.post(shopify.path("checkout"), data=buyer, follow_redirects=True).text
    assert "Thank you, Bo" in thanks
    assert shopify.http.get(shopify.path("cart.js")).json()["item_count"] == 0
    assert fake_app.next("orders/paid").path == "/webhooks"
    assert "Bo Buyer" in shopify.http.get(shopify.path("admin/orders")).text


def test_an_empty_cart_pays_nothing(shopify: Shopify) -> None:
    shopify.http.post(shopify.path("checkout"), data={"email": "a@b.example", "name": "A"})
    assert "appear here" in shopify.http.get(shopify.path("admin/orders")).text


def test_the_app_proxy_signs_and_strips_cookies(shopify: Shopify, fake_app: FakeApp) -> None:
    add(shopify)
    answer = shopify.http.post(shopify.path("apps/artify/previews?a=1&a=2&shop=forged"), json={"x": 1})
    sent = fake_app.next()
    assert (sent.method, sent.path, sent.body) == ("POST", "/proxy/previews", b'{"x":1}')
    query = [(name, value) for name, value in sent.query if name != "signature"]
    assert dict(query) | {"timestamp": ""} == {
        "a": "2", "shop": "artify-demo.myshopify.com", "logged_in_customer_id": "",
        "path_prefix": "/apps/artify", "timestamp": "",
    }  # fmt: skip
    assert dict(sent.query)["signature"] == proxy_signature(query, shopify.config.api_secret)
    assert "cookie" not in sent.headers
    assert "set-cookie" not in answer.headers
    assert answer.json() == {"from": "app"}


def test_the_app_proxy_tells_who_is_logged_in(shopify: Shopify, fake_app: FakeApp) -> None:
    for act, customer in (("login", "9001000000001"), ("logout", "")):
        assert shopify.http.get(shopify.path(f"account/{act}")).headers["location"] == shopify.path("")
        shopify.http.get(shopify.path("apps/artify/x"))
        assert dict(fake_app.next().query)["logged_in_customer_id"] == customer


def test_an_app_that_does_not_answer_is_a_bad_gateway(open_devstore: OpenDevstore) -> None:
    with open_devstore(app_url="http://127.0.0.1:9") as shopify:
        assert shopify.http.get(shopify.path("apps/artify/x")).status_code == 502


def test_shops_share_no_carts(shopify: Shopify) -> None:
    add(shopify)
    assert shopify.http.get(shopify.path("cart.js", OTHER_SHOP)).json()["item_count"] == 0
    assert shopify.http.get(shopify.path("", "unknown.myshopify.com")).status_code == 404
