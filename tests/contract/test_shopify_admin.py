"""ShopifyAdmin over a real socket: what is asked, what is asked again, and what an answer means."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.adapters.shopify import Admin
from app.core.errors import AppError, Unauthorized, Unavailable
from app.core.ports.shopify import AccessToken, PrintNote, ProductDetails, ProductVariant, ShopDetails
from tests.contract.shopify_wire import Answer, Wire, wire

TOKEN = AccessToken("acme.myshopify.com", "shpat_secret", None, None, None, "read_orders")
NOTE = PrintNote("100", "7", "file-1", "print.jpg", 3508, 4961, 300)
SHOP = {"name": "Acme", "email": "a@acme.test", "currencyCode": "EUR", "ianaTimezone": "Europe/Berlin"}
TAGGED: Answer = (200, {"data": {"tagsAdd": {"userErrors": []}}})
NOTED: Answer = (200, {"data": {"metafieldsSet": {"userErrors": []}}})


def throttled(status: int, missing: int = 40) -> Answer:
    cost = {
        "requestedQueryCost": 10 + missing,
        "throttleStatus": {"currentlyAvailable": 10, "restoreRate": 100.0},
    }
    errors = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
    return (status, {"errors": errors, "extensions": {"cost": cost}})


def refused(code: str) -> Answer:
    return (200, {"data": None, "errors": [{"message": "no", "extensions": {"code": code}}]})


def ask(
    call: Callable[[Admin], Awaitable[Any]], *script: Answer, seconds: float = 10.0
) -> tuple[Any, Wire, list[float]]:
    """What the call gave or raised, what the shop was asked, and the waits in between (not waited for)."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def run() -> tuple[Any, Wire]:
        async with wire(*script) as shopify:
            admin = Admin("2026-10", base_url=shopify.url, seconds=seconds, sleep=sleep)
            try:
                return await call(admin), shopify
            except AppError as fault:
                return fault, shopify

    return *asyncio.run(run()), waits


async def details(admin: Admin) -> ShopDetails:
    return await admin.shop_details(TOKEN)


async def tag(admin: Admin) -> str:
    await admin.tag_order(TOKEN, "100", "artify")
    return "tagged"


async def note(admin: Admin) -> str:
    await admin.note_print(TOKEN, NOTE)
    return "noted"


def test_shop_details_are_asked_of_the_shop_with_its_token() -> None:
    given, shopify, _ = ask(details, (200, {"data": {"shop": SHOP}}))
    path, headers, body = shopify.asked[0]
    assert given == ShopDetails("Acme", "a@acme.test", "EUR", "Europe/Berlin")
    assert path == "/acme.myshopify.com/admin/api/2026-10/graphql.json"
    assert headers["x-shopify-access-token"] == "shpat_secret"
    assert body["query"].startswith("query Shop")


async def mug(admin: Admin) -> ProductDetails | None:
    return await admin.product(TOKEN, "7")


def test_a_product_is_read_with_its_variants() -> None:
    options = [{"name": "Size", "value": "11 oz"}, {"name": "Colour", "value": "White"}]
    node = {
        "id": "gid://shopify/Product/7",
        "title": "Mug",
        "handle": "mug",
        "status": "ARCHIVED",
        "updatedAt": "2026-11-01T09:00:00Z",
        "variantsCount": {"count": 300},
        "variants": {"nodes": [{"id": "gid://shopify/ProductVariant/8", "selectedOptions": options}]},
    }
    given, shopify, _ = ask(mug, (200, {"data": {"product": node}}))
    assert (given.product.shopify_product_id, given.product.is_active, given.is_archived) == ("7", False, True)
    assert (given.variant_count, given.variants) == (300, [ProductVariant("8", {"Size": "11 oz", "Colour": "White"})])
    assert given.variants[0].name == "11 oz / White"
    assert shopify.asked[0][2]["variables"] == {"id": "gid://shopify/Product/7"}
    assert ask(mug, (200, {"data": {"product": None}}))[0] is None


def test_a_print_is_noted_on_its_order_line() -> None:
    _, shopify, _ = ask(note, NOTED)
    metafield = shopify.asked[0][2]["variables"]["metafields"][0]
    value = json.loads(metafield.pop("value"))
    assert metafield == {
        "ownerId": "gid://shopify/Order/100",
        "namespace": "artify",
        "key": "print_7",
        "type": "json",
    }
    assert value == {
        "file_id": "file-1",
        "filename": "print.jpg",
        "width": 3508,
        "height": 4961,
        "dpi": 300,
    }


def test_an_order_is_tagged() -> None:
    _, shopify, _ = ask(tag, TAGGED)
    assert shopify.asked[0][2]["variables"] == {"order": "gid://shopify/Order/100", "tags": ["artify"]}


@pytest.mark.parametrize("status", [200, 429])
def test_a_throttled_call_waits_for_its_points(status: int) -> None:
    given, shopify, waits = ask(tag, throttled(status), TAGGED)
    assert (given, len(shopify.asked), waits) == ("tagged", 2, [0.4])


def test_a_wait_of_over_five_seconds_is_left_to_a_later_job() -> None:
    fault, shopify, waits = ask(tag, throttled(200, missing=501))
    assert (type(fault), len(shopify.asked), waits) == (Unavailable, 1, [])


def test_retry_after_is_honoured() -> None:
    assert ask(tag, (429, {}, {"Retry-After": "2.0"}), TAGGED)[2] == [2.0]


def test_a_long_retry_after_is_left_to_a_later_job() -> None:
    fault, shopify, _ = ask(tag, (503, "", {"Retry-After": "3600"}))
    assert (type(fault), len(shopify.asked)) == (Unavailable, 1)


@pytest.mark.parametrize(
    "answer", [throttled(429), (500, ""), (503, "<html>"), "lost", refused("INTERNAL_SERVER_ERROR")]
)
def test_a_call_is_given_up_after_three_tries(answer: Answer) -> None:
    fault, shopify, waits = ask(tag, answer)
    assert (type(fault), len(shopify.asked), len(waits)) == (Unavailable, 3, 2)


@pytest.mark.parametrize("answer", [(502, "<html>"), "lost", refused("TIMEOUT")])
def test_a_call_without_an_answer_is_repeated_as_it_was(answer: Answer) -> None:
    given, shopify, waits = ask(note, answer, NOTED)
    assert (given, waits) == ("noted", [0.5])
    assert shopify.asked[0][2] == shopify.asked[1][2]


def test_a_silent_shop_is_unavailable_within_the_time_given() -> None:
    fault, shopify, _ = ask(tag, "silent", seconds=0.2)
    assert (type(fault), len(shopify.asked)) == (Unavailable, 1)


def test_nobody_listening_is_unavailable() -> None:
    async def at_closed_port(_: Admin) -> None:
        async def sleep(_: float) -> None: ...

        await tag(Admin("2026-10", base_url="http://127.0.0.1:9", sleep=sleep))

    assert isinstance(ask(at_closed_port, TAGGED)[0], Unavailable)


def test_a_dead_token_is_unauthorized_and_not_asked_again() -> None:
    fault, shopify, _ = ask(tag, (401, {"errors": "[API] Invalid API key or access token"}))
    assert (type(fault), fault.code, len(shopify.asked)) == (Unauthorized, "token_dead", 1)


@pytest.mark.parametrize("answer", [(403, {"errors": "no"}), refused("ACCESS_DENIED")])
def test_a_missing_scope_is_not_retried(answer: Answer) -> None:
    fault, shopify, _ = ask(tag, answer)
    assert (fault.code, fault.retryable, len(shopify.asked)) == ("missing_scope", False, 1)


def test_a_user_error_says_what_shopify_said() -> None:
    errors = [{"field": ["id"], "message": "Order does not exist"}]
    fault, _, _ = ask(tag, (200, {"data": {"tagsAdd": {"userErrors": errors}}}))
    assert (fault.code, fault.retryable) == ("shopify_user_error", False)
    assert "Order does not exist" in fault.message


@pytest.mark.parametrize("answer", [(402, {}), (404, ""), (200, {"errors": "odd"}), (200, {"data": []})])
def test_another_refusal_is_not_retried(answer: Answer) -> None:
    fault, shopify, _ = ask(tag, answer)
    assert (fault.code, len(shopify.asked)) == ("shopify_refused", 1)


@pytest.mark.parametrize("text", ["<html>", "[]", "[" * 100_000])
def test_a_page_instead_of_an_answer_is_unavailable(text: str) -> None:
    assert isinstance(ask(tag, (200, text))[0], Unavailable)


def test_a_redirect_is_not_followed() -> None:
    fault, shopify, _ = ask(tag, (302, "", {"Location": "https://evil.test/"}))
    assert (fault.code, len(shopify.asked)) == ("shopify_refused", 1)


def test_no_token_is_sent_to_what_is_no_shop() -> None:
    async def astray(admin: Admin) -> None:
        await admin.shop_details(AccessToken("evil.test/", "t", None, None, None, ""))

    fault, shopify, _ = ask(astray, TAGGED)
    assert (fault.code, shopify.asked) == ("bad_shop", [])
