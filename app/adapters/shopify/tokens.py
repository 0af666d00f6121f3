"""ID token → access token → the next access token, by Shopify's package."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from app.adapters.shopify import guards
from app.core.errors import Unauthorized, Unavailable
from app.core.ports import AccessToken, AdminVisit, DoorReply

if TYPE_CHECKING:
    import httpx
    from shopify_app import ShopifyApp, TokenExchangeResult

DEAD = ("invalid_grant", "refresh_token_expired")


async def exchange(package: ShopifyApp, client: httpx.AsyncClient, visit: AdminVisit, stale: DoorReply) -> AccessToken:
    """An expiring offline token. Raises `stale` when Shopify no longer takes the ID token."""
    result = await package.exchange_using_token_exchange_async(
        "offline",
        id_token={
            "exchangeable": True,
            "token": visit.id_token,
            "claims": {"dest": f"https://{visit.shop}"},
        },
        expiring=True,
        http_client=client,
    )
    if result.log.code == "invalid_subject_token":
        raise stale
    return _token(visit.shop, result)


async def refresh(package: ShopifyApp, client: httpx.AsyncClient, token: AccessToken) -> AccessToken:
    """The next pair of tokens. Raises as ShopifyDoor: `token_dead` when only a new visit can help."""
    if not token.refresh:
        raise _dead()
    result = await package.refresh_token_exchanged_access_token_async(
        guards.to_refresh(token.shop, token.refresh), http_client=client
    )
    return _token(token.shop, result)


def _token(shop: str, result: TokenExchangeResult) -> AccessToken:
    given = result.access_token
    if not result.ok or given is None:
        raise _fault(result.log.code)
    return AccessToken(
        shop=shop,
        access=given.token,
        access_expires_at=_time(given.expires),
        refresh=given.refresh_token or None,
        refresh_expires_at=_time(given.refresh_token_expires),
        scope=given.scope,
    )


def _fault(code: str) -> Unauthorized | Unavailable:
    if code == "network_error":
        return Unavailable("Shopify is not answering. Please try again in a moment.")
    if code in DEAD:
        return _dead()
    return Unauthorized("Shopify did not accept this app's credentials. Please check its settings.", code="app_refused")


def _dead() -> Unauthorized:
    return Unauthorized(
        "Shopify has ended our access to this shop. Please open the app from your Shopify admin.",
        code="token_dead",
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
