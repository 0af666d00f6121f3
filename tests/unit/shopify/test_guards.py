"""Each gap of `shopifyapp` 1.0.2: that it is there, and that the guard closes it.

A test named `…_package…` fails when the package is mended; then its guard can go.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shopify_app import ShopifyApp

from app.adapters.shopify import guards
from app.core.errors import BadRequest, NotFound, Unauthorized, Unavailable
from devstore.signatures import proxy_signature
from tests import soak
from tests.unit.shopify.signing import KEY, SECRET, SHOP, claims, fetch, id_token, proxied, sign_body

PACKAGE = ShopifyApp(KEY, SECRET)
BOUNCE = f"https://app.test/auth/bounce?shop={SHOP}&shopify-reload=%2F"


def raw(url: str = "https://app.test/", body: str = "", **headers: str) -> Any:
    return {
        "method": "POST",
        "url": url,
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        "body": body,
    }


def answering(status: int, text: str, **headers: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(status, text=text, headers=headers))
    )


async def asked(hook: Any, status: int, text: str) -> None:
    async with answering(status, text) as client:
        client.event_hooks = {"response": [hook]}
        await client.get("https://acme.myshopify.com/admin/x")


@pytest.mark.parametrize("shop", ["acme.myshopify.com", "A-1.myshopify.com"])
def test_a_shop_domain_is_read_in_lower_case(shop: str) -> None:
    assert guards.shop_domain(shop) == shop.lower()


@pytest.mark.parametrize(
    "shop",
    [
        *("", "acme", "myshopify.com", ".myshopify.com", "-a.myshopify.com", "a.b.myshopify.com"),
        *("acme.myshopify.com.evil.test", "acme.myshopify.com\n", "evil.test/acme.myshopify.com"),
        *("acmé.myshopify.com", "acme.myshopify.com:444", None, 7),
    ],
)
def test_what_is_no_shop_domain_is_refused(shop: object) -> None:
    assert guards.shop_domain(shop) is None


def test_the_package_puts_any_shop_into_the_frame_policy() -> None:
    result = PACKAGE.app_home_patch_id_token(raw(BOUNCE.replace(SHOP, "evil.test%20*")))
    assert "https://evil.test *" in result.response.headers["Content-Security-Policy"]


def test_the_bounce_query_names_a_shop_and_a_path() -> None:
    assert guards.bounce_query(BOUNCE + "orders%3Fpage%3D2") == (SHOP, "/orders?page=2")


@pytest.mark.parametrize("reload", ["", "orders", "//evil.test", "/\\evil.test", "/%09/evil.test"])
def test_a_reload_that_may_leave_the_app_is_refused(reload: str) -> None:
    with pytest.raises(BadRequest):
        guards.bounce_query(f"https://app.test/auth/bounce?shop={SHOP}&shopify-reload={reload}")


@pytest.mark.parametrize("more", ["&shop=evil.test", "&shopify-reload=//evil.test", "&shopify-reload="])
def test_a_bounce_query_that_says_something_twice_is_refused(more: str) -> None:
    with pytest.raises(BadRequest):
        guards.bounce_query(BOUNCE + more)


def test_the_package_redirects_to_the_host_of_the_request() -> None:
    result = PACKAGE.verify_app_home_req(raw("https://evil.test/"), "/auth/bounce")
    assert result.response.headers["Location"].startswith("https://evil.test/")


def test_the_package_raises_for_a_host_that_is_no_host() -> None:
    with pytest.raises(ValueError, match="IPv6"):
        PACKAGE.verify_app_home_req(raw("https://[/"), "/auth/bounce")


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://evil.test/a?b=c", "/a?b=c"),
        ("https://[/a", "/a"),
        ("https://app.test", "/"),
        ("https://app.test//evil.test/", "/evil.test/"),
        ("https://app.test/\\evil.test", "/%5Cevil.test"),
        ("https://app.test/é?q=ü&s=%C3%BC", "/%C3%A9?q=%C3%BC&s=%C3%BC"),
        ("/orders?next=https://evil.test/", "/orders?next=https://evil.test/"),
    ],
)
def test_a_target_is_a_path_on_this_host(url: str, target: str) -> None:
    assert guards.target(url) == target


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.myshopify.com/admin"},
        {"dest": "https://evil.test", "iss": "https://evil.test/admin"},
        {"exp": None},
        {"sub": None},
    ],
)
def test_the_package_accepts_a_token_that_the_guard_refuses(changes: dict[str, Any]) -> None:
    request = fetch(id_token(**changes))
    assert PACKAGE.verify_app_home_req(raw(**request.headers), "/auth/bounce").ok
    with pytest.raises(Unauthorized):
        guards.identity(claims(**changes))


def test_the_package_raises_for_a_proxy_signature_that_is_not_ascii() -> None:
    url = proxied(signature="é").url
    with pytest.raises(TypeError):
        PACKAGE.verify_app_proxy_req(raw(url))
    with pytest.raises(Unauthorized):
        guards.proxy_visit(url, (SECRET,), time.time())


def test_the_package_accepts_a_proxy_request_for_no_shop() -> None:
    url = proxied(shop="evil.test").url
    assert PACKAGE.verify_app_proxy_req(raw(url)).ok
    with pytest.raises(Unauthorized):
        guards.proxy_visit(url, (SECRET,), time.time())


def test_the_package_believes_the_customer_id_that_a_shopper_added() -> None:
    now = int(time.time())
    text = f"logged_in_customer_id=666,7shop={SHOP}timestamp={now}"
    signature = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    url = (
        f"https://app.test/proxy?logged_in_customer_id=666&shop={SHOP}&timestamp={now}"
        f"&logged_in_customer_id=7&signature={signature}"
    )
    assert PACKAGE.verify_app_proxy_req(raw(url)).logged_in_customer_id == "666"
    with pytest.raises(Unauthorized):
        guards.proxy_visit(url, (SECRET,), time.time())


def test_the_package_sorts_a_proxy_query_by_name_alone() -> None:
    url = proxied(a="1", a1="2").url
    assert not PACKAGE.verify_app_proxy_req(raw(url)).ok
    assert guards.proxy_visit(url, (SECRET,), time.time()) == (SHOP, "")


NAME = st.text("a1-_=.~[]é \x00", max_size=3) | st.text(max_size=5)
PAIRS = st.lists(st.tuples(NAME, st.text("a,=1é &", max_size=3) | st.text(max_size=5)), max_size=6)


@settings(max_examples=soak.size(200, 75), deadline=None)
@given(PAIRS)
def test_any_query_that_shopify_signed_passes_and_none_that_was_changed(pairs: list[tuple[str, str]]) -> None:
    """Names that begin alike, repeated and empty ones, and any characters."""
    own = [("shop", SHOP), ("timestamp", str(int(time.time()))), ("logged_in_customer_id", "7")]
    query = [*(pair for pair in pairs if pair[0] not in guards.SINGLE_PARAMETERS), *own]
    url = f"https://app.test/proxy/x?{urlencode([*query, ('signature', proxy_signature(query, SECRET))])}"
    assert guards.proxy_visit(url, ("another", SECRET), time.time()) == (SHOP, "7")
    with pytest.raises(Unauthorized):
        guards.proxy_visit(url + "&b=1", (SECRET,), time.time())
    with pytest.raises(Unauthorized):
        guards.proxy_visit(url, ("another",), time.time())


def test_a_query_of_bytes_that_are_no_text_passes_as_it_was_signed() -> None:
    stamp = int(time.time())
    text = b"a=\xff\xe9" + f"shop={SHOP}timestamp={stamp}".encode()
    signature = hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()
    url = f"https://app.test/proxy/x?shop={SHOP}&a=%FF%E9&timestamp={stamp}&signature={signature}"
    assert guards.proxy_visit(url, (SECRET,), time.time()) == (SHOP, "")


@pytest.mark.parametrize("stamp", ["", "now", "12.5", "-1", " 1", "1_000", "\uff11", "9" * 13])
def test_a_timestamp_that_is_no_plain_integer_is_refused(stamp: str) -> None:
    with pytest.raises(Unauthorized):
        guards.proxy_visit(proxied(timestamp=stamp).url, (SECRET,), time.time())


@pytest.mark.parametrize("body", ["[" * 100_000, "9" * 5000])
def test_the_package_raises_for_unsigned_json_that_is_deep_or_long(body: str) -> None:
    with pytest.raises((RecursionError, ValueError)):
        PACKAGE.verify_webhook_req(raw(body=body, X_Shopify_Hmac_Sha256="none"))
    with pytest.raises(Unauthorized):
        guards.check_webhook(body.encode(), "none", (SECRET,))


def test_the_package_raises_for_a_webhook_signature_that_is_not_ascii() -> None:
    with pytest.raises(TypeError):
        PACKAGE.verify_webhook_req(raw(body="{}", X_Shopify_Hmac_Sha256="é"))
    with pytest.raises(Unauthorized):
        guards.check_webhook(b"{}", "é", (SECRET,))


def test_a_body_that_is_not_utf_8_verifies_by_its_raw_bytes() -> None:
    body = b'{"note":"\xff\xfe"}'
    assert not PACKAGE.verify_webhook_req(
        raw(body=body.decode(errors="replace"), X_Shopify_Hmac_Sha256=sign_body(body))
    ).ok
    guards.check_webhook(body, sign_body(body), (SECRET,))


def test_the_package_does_not_refresh_a_token_that_has_five_minutes_left() -> None:
    soon = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    given = {"shop": "acme", "refresh_token": "r", "expires": soon, "access_mode": "offline"}
    result = PACKAGE.refresh_token_exchanged_access_token(given)
    assert (result.ok, result.access_token) == (True, None)
    assert guards.refresh_fields(SHOP, "r")["expires"] == ""


def test_the_package_takes_a_reply_without_a_token_for_a_success() -> None:
    async def exchange() -> Any:
        given = {"exchangeable": True, "token": "t", "claims": {"dest": f"https://{SHOP}"}}
        async with answering(200, "{}") as client:
            return await PACKAGE.exchange_using_token_exchange_async("offline", given, http_client=client)

    assert asyncio.run(exchange()).ok


@pytest.mark.parametrize(
    ("status", "text"),
    [
        *(
            (429, "{}"),
            (500, "{}"),
            (503, ""),
            (200, "<html>"),
            (200, "[]"),
            (200, "{}"),
            (200, "[" * 100_000),
        ),
        (200, '{"access_token":"a","expires_in":null}'),
        (200, f'{{"access_token":"a","expires_in":{10**12}}}'),
    ],
)
def test_a_token_reply_that_cannot_be_used_is_unavailable(status: int, text: str) -> None:
    with pytest.raises(Unavailable):
        asyncio.run(asked(guards.token_reply, status, text))


def test_the_package_takes_a_page_for_an_empty_success() -> None:
    async def ask() -> Any:
        async with answering(200, "<html>") as client:
            return await PACKAGE.admin_graphql_request_async(
                "{ shop { name } }", "acme", "t", "2026-10", http_client=client
            )

    result = asyncio.run(ask())
    assert (result.ok, result.data) == (True, None)
    with pytest.raises(Unavailable):
        asyncio.run(asked(guards.graphql_reply, 200, "<html>"))


def test_the_package_fills_the_query_of_a_bounce_from_the_request() -> None:
    result = PACKAGE.verify_app_home_req(raw("https://app.invalid/a?shop=s&id_token=x"), "/auth/bounce")
    query = parse_qs(urlsplit(result.response.headers["Location"]).query)
    assert query == {"shop": ["s"], "shopify-reload": ["/a?shop=s"]}


SECRETS_OF_A_QUERY = [
    "hmac=1",
    "signature=2",
    "id_token=3",
    "%68mac=4",
    "sign%61ture=5",
    "id%5Ftoken=6",
    "hmac=7",
    "hmac",
]


def test_the_package_shows_signatures_in_the_address_of_a_bounce() -> None:
    asked = f"/orders?shop={SHOP}&{'&'.join(SECRETS_OF_A_QUERY)}&page=2"
    result = PACKAGE.verify_app_home_req(raw(f"https://app.invalid/orders?{'&'.join(SECRETS_OF_A_QUERY[:3])}"), "/b")
    assert "hmac=1&signature=2" in result.response.headers["Location"]
    query = parse_qs(urlsplit(guards.bounce("/auth/bounce", asked)).query)
    assert query == {"shop": [SHOP], "page": ["2"], "shopify-reload": [f"/orders?shop={SHOP}&page=2"]}


@pytest.mark.parametrize("query", ["signature=1", "shop=x&signature=", "a=1&%73ignature=1", "signature"])
def test_what_came_through_the_app_proxy_is_no_request_of_the_merchants(query: str) -> None:
    with pytest.raises(NotFound):
        guards.own_target(f"https://app.test/orders?{query}")


def test_a_query_that_only_mentions_a_signature_is_the_merchants() -> None:
    assert guards.own_target("https://app.test/orders?q=signature%3D1&signatures=2") == (
        "/orders?q=signature%3D1&signatures=2"
    )
