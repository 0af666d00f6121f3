"""Token exchange and refresh over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.adapters.shopify import Auth
from app.adapters.shopify.auth import RETRY
from app.core.errors import AppError, AuthReply, Unauthorized, Unavailable
from app.core.ports.shopify import AccessToken, Grant
from tests.contract.shopify_wire import Answer, Wire, wire
from tests.unit.shopify.signing import KEY, OLD_SECRET, SECRET, SHOP, document, fetch, id_token

GIVEN = {
    "access_token": "shpat_a",
    "scope": "read_orders",
    "expires_in": 3600,
    "refresh_token": "shprt_b",
    "refresh_token_expires_in": 7776000,
}
STALE = (400, {"error": "invalid_subject_token"})


def stored(refresh: str | None = "shprt_a") -> AccessToken:
    soon = datetime.now(UTC) + timedelta(minutes=5)
    return AccessToken(SHOP, "shpat_0", soon, refresh, datetime.now(UTC), "read_orders")


def ask(call: Callable[[Auth], Awaitable[Any]], *script: Answer) -> tuple[Any, Wire]:
    async def run() -> tuple[Any, Wire]:
        async with wire(*script) as shopify:
            shopify_auth = Auth(KEY, SECRET, OLD_SECRET, base_url=shopify.url)
            try:
                return await call(shopify_auth), shopify
            except (AppError, AuthReply) as fault:
                return fault, shopify

    return asyncio.run(run())


async def exchange(shopify_auth: Auth) -> AccessToken:
    return await shopify_auth.exchange(shopify_auth.verify_admin(document(id_token(), "/orders")))


async def exchange_fetch(shopify_auth: Auth) -> AccessToken:
    return await shopify_auth.exchange(shopify_auth.verify_admin(fetch(id_token())))


async def refresh(shopify_auth: Auth) -> AccessToken:
    return await shopify_auth.refresh(stored())


async def refresh_nothing(shopify_auth: Auth) -> AccessToken:
    return await shopify_auth.refresh(stored(None))


async def redeem(shopify_auth: Auth) -> AccessToken:
    return await shopify_auth.redeem(Grant(SHOP, "a-code", "a-state", datetime.now(UTC)))


def in_seconds(time: datetime | None) -> float:
    assert time is not None
    return (time - datetime.now(UTC)).total_seconds()


def test_an_id_token_is_exchanged_for_an_expiring_offline_token() -> None:
    token, shopify = ask(exchange, (200, GIVEN))
    path, _, body = shopify.asked[0]
    assert path == f"/{SHOP}/admin/oauth/access_token"
    assert body["requested_token_type"].endswith(":offline-access-token")
    assert (body["expiring"], body["client_secret"]) == (1, SECRET)
    assert (token.shop, token.access, token.refresh, token.scope) == (
        SHOP,
        "shpat_a",
        "shprt_b",
        "read_orders",
    )
    assert in_seconds(token.access_expires_at) == pytest.approx(3600, abs=60)
    assert in_seconds(token.refresh_expires_at) == pytest.approx(7776000, abs=60)


def test_a_stale_document_is_bounced_to_where_it_was() -> None:
    reply, _ = ask(exchange, STALE)
    assert reply.status == 302
    assert "shopify-reload=%2Forders" in reply.headers["Location"]
    assert reply.headers["Location"].startswith("/auth/bounce?")


def test_a_stale_fetch_is_asked_to_retry() -> None:
    reply, _ = ask(exchange_fetch, STALE)
    assert (reply.status, reply.headers) == (401, RETRY)


def test_a_token_with_five_minutes_left_is_refreshed() -> None:
    token, shopify = ask(refresh, (200, GIVEN))
    assert (token.access, token.refresh) == ("shpat_a", "shprt_b")
    assert shopify.asked[0][2]["refresh_token"] == "shprt_a"


@pytest.mark.parametrize("answer", [(429, {}, {"Retry-After": "60"}), (500, ""), (200, "<html>"), "lost"])
@pytest.mark.parametrize("call", [exchange, refresh, redeem])
def test_a_busy_token_endpoint_is_unavailable_after_one_request(
    call: Callable[[Auth], Awaitable[AccessToken]], answer: Answer
) -> None:
    fault, shopify = ask(call, answer)
    assert (type(fault), len(shopify.asked)) == (Unavailable, 1)


def test_a_dead_refresh_token_needs_a_new_visit() -> None:
    fault, _ = ask(refresh, (401, {"error": "invalid_grant"}))
    assert (type(fault), fault.code) == (Unauthorized, "token_dead")


def test_without_a_refresh_token_nothing_is_asked() -> None:
    fault, shopify = ask(refresh_nothing, (200, GIVEN))
    assert (fault.code, shopify.asked) == ("token_dead", [])


@pytest.mark.parametrize("call", [exchange, refresh, redeem])
def test_wrong_credentials_of_the_app_say_so(call: Callable[[Auth], Awaitable[AccessToken]]) -> None:
    fault, _ = ask(call, (401, {"error": "invalid_client"}))
    assert (type(fault), fault.code) == (Unauthorized, "app_refused")


def test_a_code_is_redeemed_for_an_expiring_token_with_the_present_secret() -> None:
    token, shopify = ask(redeem, (200, GIVEN))
    path, _, body = shopify.asked[0]
    assert path == f"/{SHOP}/admin/oauth/access_token"
    assert body == {"client_id": KEY, "client_secret": SECRET, "code": "a-code", "expiring": 1}
    assert (token.shop, token.access, token.refresh, token.scope) == (SHOP, "shpat_a", "shprt_b", "read_orders")
    assert in_seconds(token.access_expires_at) == pytest.approx(3600, abs=60)
    assert in_seconds(token.refresh_expires_at) == pytest.approx(7776000, abs=60)


@pytest.mark.parametrize("answer", [(400, {"error": "invalid_request"}), (401, "<html>"), (404, "")])
def test_a_code_that_is_used_or_unknown_needs_a_new_beginning(answer: Answer) -> None:
    fault, _ = ask(redeem, answer)
    assert (type(fault), fault.code) == (Unauthorized, "invalid_code")
