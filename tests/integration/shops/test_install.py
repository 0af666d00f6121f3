"""A merchant opens the app: the first visit installs the shop, the next ones only look."""

from __future__ import annotations

import asyncio
import re
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest

from app import shops
from tests.integration.merchant import HTML, Merchant
from tests.integration.servers import NEW_SHOP, OTHER_SHOP, SHOP
from tests.integration.world import World

pytestmark = pytest.mark.anyio


async def test_the_first_visit_installs_the_shop(empty_world: World) -> None:
    world = empty_world
    page = await world.merchant().document()
    assert page.status_code == 200
    [shop] = world.rows("SELECT * FROM shops")
    assert (shop["id"], shop["shop_name"], shop["currency"], shop["timezone"]) == (
        SHOP,
        "Artify Demo",
        "USD",
        "America/New_York",
    )
    assert (shop["is_active"], shop["uninstalled_at"]) == (1, None)
    assert "write_orders" in shop["scope"]


async def test_tokens_lie_sealed_in_the_database(empty_world: World) -> None:
    world = empty_world
    await world.merchant().document()
    token = await shops.access_token(world.app, SHOP)
    [row] = world.rows("SELECT * FROM access_tokens")
    assert token.access.startswith("shpat_")
    assert token.refresh
    assert token.refresh.startswith("shprt_")
    assert row["access_expires_at"] < row["refresh_expires_at"]
    written = world.database.read_bytes() + (world.folder / "artify.db-wal").read_bytes()
    assert b"shpat_" not in written
    assert b"shprt_" not in written


async def test_a_second_visit_asks_shopify_for_nothing(empty_world: World) -> None:
    world = empty_world
    await world.merchant().document()
    given = world.shopify.tokens_given(SHOP)
    pages = [await world.merchant().document(), await world.merchant().fetch("/orders")]
    assert [page.status_code for page in pages] == [200, 200]
    assert world.shopify.tokens_given(SHOP) == given
    assert [row["version"] for row in world.rows("SELECT version FROM access_tokens")] == [1]


async def test_a_refresh_token_near_its_end_is_exchanged_for_a_new_one(world: World) -> None:
    world.clock.move(days=89, hours=12)
    assert (await world.merchant().document()).status_code == 200
    tokens = world.rows("SELECT version FROM access_tokens WHERE shop_id = ?", SHOP)
    assert [row["version"] for row in tokens] == [2]


async def test_a_page_may_be_framed_by_its_own_shop_alone(world: World) -> None:
    for shop, other in ((SHOP, OTHER_SHOP), (OTHER_SHOP, SHOP)):
        page = await world.merchant(shop).document()
        [policy] = re.findall(r"frame-ancestors ([^;]+);", page.headers["content-security-policy"])
        assert policy.split()[:2] == [f"https://{shop}", "https://admin.shopify.com"]
        assert other not in policy


async def test_a_page_is_not_kept_by_anybody(world: World) -> None:
    page = await world.merchant().document()
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-content-type-options"] == "nosniff"


async def test_a_page_holds_what_app_bridge_needs(world: World) -> None:
    page = (await world.merchant().document()).text
    assert f'<meta name="shopify-api-key" content="{world.app.settings.shopify_api_key}">' in page
    first_script = re.findall(r'<script src="([^"]+)"', page)[0]
    assert first_script.endswith("/shopifycloud/app-bridge.js")


async def test_no_token_leads_over_the_bounce_page_to_the_page(empty_world: World) -> None:
    world = empty_world
    bounced = await world.http.get("/orders", params={"embedded": "1", "shop": SHOP, "host": "YWRtaW4"}, headers=HTML)
    assert bounced.status_code == 302
    bounce = await world.http.get(bounced.headers["location"], headers=HTML)
    assert bounce.status_code == 200
    assert f"https://{SHOP}" in bounce.headers["content-security-policy"]
    assert "app-bridge.js" in bounce.text
    again = parse_qs(urlsplit(bounced.headers["location"]).query)["shopify-reload"][0]
    assert urlsplit(again).path == "/orders"
    page = await world.http.get(f"{again}&{urlencode({'id_token': world.merchant().token})}", headers=HTML)
    assert page.status_code == 200
    assert "Ordered designs" in page.text


async def test_a_stale_token_leads_over_the_bounce_page_too(world: World) -> None:
    merchant = StaleMerchant(world.http)
    bounced = await merchant.document("/orders")
    assert bounced.status_code == 302
    assert merchant.token not in bounced.headers["location"]
    fetched = await merchant.fetch("/orders")
    assert (fetched.status_code, fetched.headers["x-shopify-retry-invalid-session-request"]) == (401, "1")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"shop": SHOP},
        {"shop": "evil.test", "shopify-reload": "/"},
        {"shop": SHOP, "shopify-reload": "https://evil.test/"},
        {"shop": SHOP, "shopify-reload": "//evil.test/"},
        {"shop": SHOP, "shopify-reload": "/\\evil.test"},
        {"shop": f"{SHOP};script-src *", "shopify-reload": "/"},
        {"shop": "é.myshopify.com", "shopify-reload": "/"},
    ],
)
async def test_the_bounce_page_leads_nowhere_else(world: World, query: dict[str, str]) -> None:
    answer = await world.http.get("/auth/bounce", params=query, headers=HTML)
    assert answer.status_code == 400
    assert "evil" not in answer.text + str(answer.headers)
    assert "Open the app from your Shopify admin" in answer.text


async def test_a_shop_that_did_not_install_gets_no_page(empty_world: World) -> None:
    answer = await empty_world.merchant(NEW_SHOP).document()
    assert answer.status_code == 401
    assert empty_world.rows("SELECT id FROM shops") == []


async def test_while_shopify_is_down_the_first_visit_is_asked_to_try_again(down: World) -> None:
    page = await down.merchant().document()
    assert page.status_code == 503
    assert "Try again" in page.text
    assert "Shopify does not answer. Try again in a moment." in page.text
    assert f"https://{SHOP}" in page.headers["content-security-policy"]
    assert page.headers["x-request-id"] in page.text
    assert down.rows("SELECT id FROM shops") == []
    fetched = await down.http.get("/", headers={"Authorization": f"Bearer {down.merchant().token}"})
    assert fetched.json()["error"]["code"] == "unavailable"


async def test_an_installed_shop_is_served_while_shopify_is_down(world: World) -> None:
    world.shopify.fail("error_500", 3)
    assert (await world.merchant().document()).status_code == 200


async def test_two_first_visits_at_once_install_one_shop(empty_world: World) -> None:
    pages = await asyncio.gather(*[empty_world.merchant().document() for _ in range(4)])
    assert [page.status_code for page in pages] == [200] * 4
    assert len(empty_world.rows("SELECT shop_id FROM access_tokens")) == 1


class StaleMerchant(Merchant):
    """One whose ID token is a minute too old."""

    @property
    def token(self) -> str:
        fresh = jwt.decode(super().token, options={"verify_signature": False})
        fresh |= {"exp": int(time.time()) - 60, "nbf": int(time.time()) - 120}
        return jwt.encode(fresh, self.secret, algorithm="HS256")
