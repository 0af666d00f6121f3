"""The legacy installation: off to Shopify's consent page, and back with a code that is good once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from app import shops
from devstore.config import Config
from devstore.signatures import query_hmac
from tests.integration.conftest import EARLIER_SECRET
from tests.integration.servers import NEW_SHOP, OTHER_SHOP, SHOP, Shopify
from tests.integration.world import World

pytestmark = pytest.mark.anyio
BAD_SHOPS = [
    "",
    "evil.test",
    f"{NEW_SHOP}.evil.test",
    f"{NEW_SHOP}/",
    "a b.myshopify.com",
    "-x.myshopify.com",
    "é.test",
]


@pytest.fixture
def leaving(shopify: Shopify) -> Iterator[Shopify]:
    """The new shop is without the app again after the test."""
    yield shopify
    shopify.uninstall(NEW_SHOP)


async def begun(world: World, shop: str = NEW_SHOP) -> str:
    """Where a merchant is sent who begins to install."""
    answer = await world.http.get("/auth", params={"shop": shop})
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"])


async def consented(world: World, shop: str = NEW_SHOP) -> dict[str, str]:
    """What Shopify sends back once the merchant has consented."""
    async with httpx.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(await begun(world, shop))
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == f"{world.app.settings.app_url}/auth/callback"
    return dict(parse_qsl(back.query))


def signed(query: dict[str, str], secret: str = Config.api_secret, **changes: str) -> dict[str, str]:
    rest = {name: value for name, value in (query | changes).items() if name != "hmac"}
    return rest | {"hmac": query_hmac(rest, secret)}


async def back(world: World, query: Any) -> httpx.Response:
    return await world.http.get("/auth/callback", params=query)


async def test_a_merchant_is_asked_for_what_the_app_needs(empty_world: World) -> None:
    url = urlsplit(await begun(empty_world))
    query = dict(parse_qsl(url.query))
    assert url.path == f"/{NEW_SHOP}/admin/oauth/authorize"
    assert (query["client_id"], query["scope"]) == (Config.api_key, "read_products,write_app_proxy,write_orders")
    assert query["redirect_uri"] == f"{empty_world.app.settings.app_url}/auth/callback"
    assert len(query["state"]) >= 40


async def test_consent_installs_the_shop_and_leads_to_the_app_in_its_admin(
    empty_world: World, leaving: Shopify
) -> None:
    world = empty_world
    answer = await back(world, await consented(world))
    assert (answer.status_code, answer.headers["location"]) == (
        302,
        f"{leaving.url}/{NEW_SHOP}/admin/apps/{Config.api_key}",
    )
    [shop] = world.rows("SELECT id, is_active, scope FROM shops")
    assert shop == {"id": NEW_SHOP, "is_active": 1, "scope": "read_products,write_app_proxy,write_orders"}
    [token] = world.rows("SELECT refresh_cipher, access_expires_at, refresh_expires_at FROM access_tokens")
    assert all(token.values()), "the token expires, and can be renewed"
    assert (await shops.access_token(world.app, NEW_SHOP)).access.startswith("shpat_")
    assert (await world.merchant(NEW_SHOP).document()).status_code == 200


async def test_a_state_is_good_once(empty_world: World, leaving: Shopify) -> None:
    query = await consented(empty_world)
    assert (await back(empty_world, query)).status_code == 302
    again = await back(empty_world, query)
    assert (again.status_code, "location" in again.headers) == (403, False)
    assert empty_world.rows("SELECT state_hash FROM oauth_states") == []


@pytest.mark.parametrize("state", ["", "forged", "x" * 43, "%00", "é"])
async def test_a_forged_state_installs_nothing(empty_world: World, leaving: Shopify, state: str) -> None:
    query = await consented(empty_world)
    assert (await back(empty_world, signed(query, state=state))).status_code == 403
    assert empty_world.rows("SELECT id FROM shops") == []


async def test_a_state_is_good_for_its_own_shop_alone(empty_world: World, leaving: Shopify) -> None:
    query = await consented(empty_world)
    assert (await back(empty_world, signed(query, shop=OTHER_SHOP))).status_code == 403
    assert empty_world.rows("SELECT id FROM shops") == []


async def test_a_state_is_good_for_ten_minutes(empty_world: World, leaving: Shopify) -> None:
    query = await consented(empty_world)
    empty_world.clock.move(minutes=10)
    assert (await back(empty_world, query)).status_code == 403
    await begun(empty_world)
    assert len(empty_world.rows("SELECT state_hash FROM oauth_states")) == 1, "what is too old goes with the next"


async def test_a_state_lies_hashed_in_the_database(empty_world: World) -> None:
    state = dict(parse_qsl(urlsplit(await begun(empty_world)).query))["state"]
    assert state not in str(empty_world.rows("SELECT * FROM oauth_states"))


async def test_a_code_is_good_once(empty_world: World, leaving: Shopify) -> None:
    query = await consented(empty_world)
    assert (await back(empty_world, query)).status_code == 302
    again = await back(empty_world, signed(await consented(empty_world), code=query["code"]))
    assert (again.status_code, again.json()["error"]["code"]) == (401, "invalid_code")


FORGED: dict[str, Any] = {
    "no signature": lambda query: {name: value for name, value in query.items() if name != "hmac"},
    "an empty signature": lambda query: query | {"hmac": ""},
    "a signature that is not ascii": lambda query: query | {"hmac": "é" * 64},
    "another app's secret": lambda query: signed(query, "another app's secret"),
    "another code": lambda query: query | {"code": "another"},
    "another shop": lambda query: query | {"shop": OTHER_SHOP},
    "a parameter more": lambda query: query | {"more": "1"},
    "too old": lambda query: signed(query, timestamp=str(int(time.time()) - 120)),
    "too early": lambda query: signed(query, timestamp=str(int(time.time()) + 120)),
    "a time that is none": lambda query: signed(query, timestamp="soon"),
    "no time": lambda query: signed({name: value for name, value in query.items() if name != "timestamp"}),
    "a shop twice": lambda query: [*query.items(), ("shop", OTHER_SHOP)],
    "a signature twice": lambda query: [*query.items(), ("hmac", query["hmac"])],
}


@pytest.mark.parametrize("forge", FORGED)
async def test_what_shopify_did_not_sign_installs_nothing(empty_world: World, leaving: Shopify, forge: str) -> None:
    query = await consented(empty_world)
    answer = await back(empty_world, FORGED[forge](query))
    assert answer.status_code == 401, answer.text
    assert empty_world.rows("SELECT id FROM shops") == []
    assert (await back(empty_world, query)).status_code == 302, "the real one is still good"


@pytest.mark.parametrize("shop", BAD_SHOPS)
async def test_what_is_no_shop_leads_nowhere(empty_world: World, shop: str) -> None:
    for query in ({"shop": shop}, signed({"shop": shop, "timestamp": str(int(time.time()))})):
        answer = await empty_world.http.get("/auth", params=query)
        assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert empty_world.rows("SELECT state_hash FROM oauth_states") == []


async def test_a_link_that_says_it_is_signed_must_be(empty_world: World) -> None:
    link = {"shop": NEW_SHOP, "timestamp": str(int(time.time())), "host": "YWRtaW4/+="}
    assert (await empty_world.http.get("/auth", params=signed(link))).status_code == 302
    for wrong in (link | {"hmac": ""}, signed(link, "another secret"), signed(link) | {"shop": SHOP}):
        assert (await empty_world.http.get("/auth", params=wrong)).status_code == 401


async def test_nobody_fills_the_table_of_states(empty_world: World) -> None:
    answers = [await empty_world.http.get("/auth", params={"shop": NEW_SHOP}) for _ in range(12)]
    assert [answer.status_code for answer in answers] == [302] * 10 + [429] * 2
    assert (await empty_world.http.get("/auth", params={"shop": OTHER_SHOP})).status_code == 429
    elsewhere = httpx.ASGITransport(empty_world.routes, client=("203.0.113.7", 1))
    async with httpx.AsyncClient(transport=elsewhere, base_url=empty_world.http.base_url) as http:
        assert (await http.get("/auth", params={"shop": NEW_SHOP})).status_code == 302


@pytest.mark.parametrize("secret", [Config.api_secret, EARLIER_SECRET])
async def test_both_secrets_are_good_while_they_change(rotating: World, leaving: Shopify, secret: str) -> None:
    link = {"shop": NEW_SHOP, "timestamp": str(int(time.time()))}
    assert (await rotating.http.get("/auth", params=signed(link, secret))).status_code == 302
    assert (await back(rotating, signed(await consented(rotating), secret))).status_code == 302


async def test_nothing_but_the_signed_query_decides_where_it_ends(empty_world: World, leaving: Shopify) -> None:
    query = signed(await consented(empty_world), host="ZXZpbC50ZXN0", return_to="https://evil.test/")
    answer = await empty_world.http.get(f"/auth/callback?{urlencode(query)}", headers={"Host": "evil.test"})
    assert answer.headers["location"].startswith(f"{leaving.url}/{NEW_SHOP}/admin/apps/")


async def test_when_shopify_is_down_the_merchant_is_asked_to_begin_again(empty_world: World, leaving: Shopify) -> None:
    query = await consented(empty_world)
    leaving.fail("error_500", 3)
    answer = await empty_world.http.get("/auth/callback", params=query, headers={"Accept": "text/html"})
    assert answer.status_code == 503
    assert empty_world.rows("SELECT id FROM shops") == []
    assert (await back(empty_world, await consented(empty_world))).status_code == 302
