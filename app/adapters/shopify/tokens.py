"""Access tokens: token exchange and refresh through Shopify's package, and the authorization code grant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from app.adapters.shopify import guards
from app.core.errors import AuthReply, Unauthorized, Unavailable
from app.core.ports.shopify import AccessToken, AdminVisit, Grant

if TYPE_CHECKING:
    import httpx
    from shopify_app import ShopifyApp, TokenExchangeResult

DEAD = ("invalid_grant", "refresh_token_expired")


async def exchange(package: ShopifyApp, client: httpx.AsyncClient, visit: AdminVisit, stale: AuthReply) -> AccessToken:
    """Exchange an ID token for an expiring offline token. Raises `stale` if Shopify no longer accepts the ID token."""
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
    """Refresh an access token. Raises as ShopifyAuth does: `token_dead` if the merchant must open the app again."""
    if not token.refresh:
        raise _dead()
    result = await package.refresh_token_exchanged_access_token_async(
        guards.refresh_fields(token.shop, token.refresh), http_client=client
    )
    return _token(token.shop, result)


async def redeem(client: httpx.AsyncClient, api_key: str, api_secret: str, grant: Grant) -> AccessToken:
    """Redeem an authorization code, which the package does not support. Raises Unavailable, Unauthorized."""
    import httpx

    body = {"client_id": api_key, "client_secret": api_secret, "code": grant.code, "expiring": 1}
    try:
        reply = await client.post(f"https://{grant.shop}/admin/oauth/access_token", json=body)
    except httpx.RequestError as fault:
        raise _fault("network_error") from fault
    if reply.status_code != 200:
        code = "invalid_client" if "invalid_client" in reply.text else "invalid_code"
        raise _fault(code)
    given, now = reply.json(), datetime.now(UTC)
    return AccessToken(
        shop=grant.shop,
        access=given["access_token"],
        access_expires_at=_ends(now, given.get("expires_in")),
        refresh=given.get("refresh_token"),
        refresh_expires_at=_ends(now, given.get("refresh_token_expires_in")),
        scope=given.get("scope", ""),
    )


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
        return Unavailable("Shopify does not answer. Try again in a moment.")
    if code in DEAD:
        return _dead()
    if code == "invalid_code":
        return Unauthorized("Shopify no longer knows this installation. Start it again.", code=code)
    return Unauthorized(
        "Shopify did not accept the app's credentials. Check the client ID and secret in its settings.",
        code="app_refused",
    )


def _dead() -> Unauthorized:
    return Unauthorized(
        "Shopify has ended the app's access to this shop. Open the app from your Shopify admin.",
        code="token_dead",
    )


def _ends(now: datetime, seconds: int | None) -> datetime | None:
    return now + timedelta(seconds=seconds) if seconds else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
