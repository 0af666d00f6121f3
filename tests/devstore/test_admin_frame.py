"""The admin installs the app with consent and opens it with a signed document request."""

import base64
import html
import re
from urllib.parse import parse_qsl, urlsplit

import jwt

from devstore.catalog import DEMO_SHOP, NEW_SHOP, shop_details
from devstore.config import Config
from devstore.server import create_devstore
from devstore.signatures import query_hmac
from devstore.store import Store
from handlers.demo import __main__ as demo
from tests.devstore.conftest import OTHER_SHOP, SHOP, OpenDevstore, Shopify


def frame_url(shopify: Shopify, path: str = "admin/apps/artify") -> str:
    shown = shopify.http.get(shopify.path(path)).text
    found = re.search(r'<iframe[^>]* src="([^"]+)"', shown)
    assert found, "there is no frame"
    return html.unescape(found[1])


def frame_query(shopify: Shopify) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(frame_url(shopify)).query))


def test_the_first_visit_asks_for_consent(open_devstore: OpenDevstore) -> None:
    with open_devstore() as shopify:
        assert "write_orders" in shopify.http.get(shopify.path("admin/apps/artify")).text
        assert shopify.http.get(shopify.path("admin/id_token")).status_code == 403
        shopify.install()
        assert "Install app" not in shopify.http.get(shopify.path("admin/apps/artify")).text


def test_the_document_request_is_signed(shopify: Shopify) -> None:
    query = frame_query(shopify)
    signature = query.pop("hmac")
    assert signature == query_hmac(query, shopify.config.api_secret)
    assert (query["embedded"], query["shop"], query["locale"]) == ("1", SHOP, "en")
    assert base64.b64decode(query["host"] + "===").decode() == "admin.shopify.com/store/artify-demo"


def test_the_id_token_names_shop_app_and_person(shopify: Shopify) -> None:
    key, secret = shopify.config.api_key, shopify.config.api_secret
    claims = jwt.decode(frame_query(shopify)["id_token"], secret, ["HS256"], audience=key)
    assert (claims["iss"], claims["dest"]) == (f"https://{SHOP}/admin", f"https://{SHOP}")
    assert claims["sub"].isdecimal()
    assert claims["exp"] - claims["iat"] == 60


def test_the_frame_follows_the_path_and_its_query(shopify: Shopify) -> None:
    url = urlsplit(frame_url(shopify, "admin/apps/artify/orders/7?tab=prints"))
    assert url.path == "/orders/7"
    assert dict(parse_qsl(url.query))["tab"] == "prints"


def test_each_shop_installs_for_itself(shopify: Shopify) -> None:
    assert "Install app" in shopify.http.get(shopify.path("admin/apps/artify", OTHER_SHOP)).text


def test_every_page_of_the_admin_opens(shopify: Shopify) -> None:
    shopify.order(test=True)
    pages = ["admin/orders", "admin/apps"]
    assert {shopify.http.get(shopify.path(page)).status_code for page in pages} == {200}
    assert shopify.http.get(shopify.path("admin/orders/1")).status_code == 404
    assert shopify.http.get("/").status_code == 200


def test_the_stand_ins_for_the_cdn_are_served(shopify: Shopify) -> None:
    for name in ("app-bridge.js", "polaris-1.js"):
        assert shopify.http.get(f"/cdn/shopifycloud/{name}").headers["content-type"].startswith("text/javascript")
    font = shopify.http.get("/cdn/fonts/inter-latin.woff2")
    assert font.headers["access-control-allow-origin"] == "*"  # the app's pages, of another origin, use it
    assert shopify.http.get("/cdn/nothing.js").status_code == 404


def test_the_default_shops_are_one_with_the_block_and_one_to_set_up() -> None:
    store: Store = create_devstore(Config()).state.store
    assert store.shops == (DEMO_SHOP, NEW_SHOP)
    assert store.without_block == (NEW_SHOP,)
    assert demo.NEW_SHOP == NEW_SHOP
    assert shop_details(NEW_SHOP)["name"] not in (shop_details(DEMO_SHOP)["name"], None)
