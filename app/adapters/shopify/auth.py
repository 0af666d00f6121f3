"""Verification of requests from the Shopify admin, the app proxy, webhooks and OAuth, and the token requests."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from app.adapters.shopify import guards, tokens
from app.core.errors import AuthReply, BadRequest, Unauthorized
from app.core.ports.shopify import AccessToken, AdminVisit, Grant, ProxyVisit, SignedRequest, Webhook

if TYPE_CHECKING:
    from shopify_app import RequestInput, Res, ShopifyApp

BOUNCE_PATH = "/auth/bounce"
CDN = "https://cdn.shopify.com/shopifycloud"
ADMIN_ORIGIN = "https://admin.shopify.com"
# The package requires an absolute URL. A fixed host keeps the request's Host header out of redirects.
PLACEHOLDER_ORIGIN = "https://app.invalid"
RETRY = {"X-Shopify-Retry-Invalid-Session-Request": "1"}
TOKEN_SECONDS = 10.0


@dataclass(frozen=True)
class HomeVisit(AdminVisit):
    """An AdminVisit with the reply to send if Shopify later rejects its ID token as stale."""

    stale: AuthReply = field(default_factory=lambda: _unauthorized())


class Auth:
    """Implements ShopifyAuth. The expiry of ID tokens and signed queries is checked against the real time.

    `base_url` replaces Shopify's endpoints in tests and demos, and its origin may then embed the app's pages in a
    frame. App Bridge and Polaris load from `cdn_url`.
    """

    def __init__(
        self,
        api_key: str,
        api_secret: str,
        old_api_secret: str | None = None,
        *,
        base_url: str | None = None,
        cdn_url: str = CDN,
    ):
        self._api_key = api_key
        self._secrets = (api_secret, old_api_secret) if old_api_secret else (api_secret,)
        self._base_url = base_url
        self._cdn_url = cdn_url.rstrip("/")

    @cached_property
    def _package(self) -> ShopifyApp:
        from shopify_app import ShopifyApp

        return ShopifyApp(self._api_key, *self._secrets)

    def verify_admin(self, request: SignedRequest) -> AdminVisit:
        target, authorization = guards.own_target(request.url), _headers(request.headers, "authorization")
        is_fetch = bool(authorization)
        retry = _unauthorized() if is_fetch else AuthReply(302, {"Location": guards.bounce(BOUNCE_PATH, target)}, "")
        if authorization == [""]:  # the package would treat it as a document request
            raise retry
        admin_request = _request(request.method, target, ", ".join(authorization))
        try:
            result = guards.check_claims(lambda: self._package.verify_app_home_req(admin_request, BOUNCE_PATH))
            if (
                not result.ok or result.id_token is None
            ):  # gap: the package does not request a retry for "Bearer " without a token
                raise retry if is_fetch or result.response.status == 302 else _reply(result.response)
            claims = result.id_token.claims
            (shop, user), issued_at = guards.identity(claims), guards.issued_at(claims)
        except Unauthorized as forged:
            raise _unauthorized() from forged
        headers = {} if is_fetch else self._page_headers(shop)
        return HomeVisit(shop, user, result.id_token.token, headers, issued_at, retry)

    def verify_proxy(self, request: SignedRequest) -> ProxyVisit:
        shop, customer_id = guards.proxy_visit(request.url, self._secrets, time.time())
        return ProxyVisit(shop, customer_id or None)

    def may_be_signed(self, request: SignedRequest) -> bool:
        return guards.WEBHOOK_SIGNATURE.fullmatch(_webhook_header(request, "hmac-sha256")) is not None

    def verify_webhook(self, request: SignedRequest) -> Webhook:
        payload = guards.webhook_payload(request.body, _webhook_header(request, "hmac-sha256"), self._secrets)
        shop = guards.webhook_shop(payload, _webhook_header(request, "shop-domain"))
        topic = guards.webhook_topic(_webhook_header(request, "topic"))
        webhook_id, event_id = (
            guards.webhook_id(_webhook_header(request, f"{each}-id")) for each in ("webhook", "event")
        )
        if not topic or not (webhook_id or event_id):
            raise BadRequest("This webhook names no topic or no event.")
        return Webhook(
            shop=shop,
            topic=topic,
            event_id=event_id or webhook_id,
            webhook_id=webhook_id or event_id,
            triggered_at=_time(_webhook_header(request, "triggered-at")),
            payload=payload,
        )

    def bounce_page(self, request: SignedRequest) -> AuthReply:
        shop, reload = guards.bounce_query(guards.own_target(request.url))
        query = urlencode({"shop": shop, "shopify-reload": reload})
        result = self._package.app_home_patch_id_token(_request("GET", f"{BOUNCE_PATH}?{query}"))
        headers = {**result.response.headers, **self._page_headers(shop)}
        return AuthReply(result.response.status, headers, result.response.body.replace(CDN, self._cdn_url))

    def verify_install(self, request: SignedRequest) -> str:
        """Return the shop of an install link. It may be unsigned, but if it has an `hmac`, that must be valid."""
        target = guards.own_target(request.url)
        if "hmac" in parse_qs(urlsplit(target).query, keep_blank_values=True):
            guards.signed_query(target, self._secrets, time.time())
        return guards.query_shop(target)

    def consent_url(self, shop: str, *, scopes: Sequence[str], state: str, back: str) -> str:
        parameters = {"client_id": self._api_key, "scope": ",".join(scopes), "redirect_uri": back, "state": state}
        return f"{self.admin_url(shop, 'oauth/authorize')}?{urlencode(parameters)}"

    def verify_grant(self, request: SignedRequest) -> Grant:
        query = guards.signed_query(guards.own_target(request.url), self._secrets, time.time())
        as_of = datetime.fromtimestamp(int(query["timestamp"]), UTC)
        return Grant(query["shop"], query.get("code", ""), query.get("state", ""), as_of)

    def admin_url(self, shop: str, path: str) -> str:
        return f"{self._base_url}/{shop}/admin/{path}" if self._base_url else f"https://{shop}/admin/{path}"

    def store_url(self, shop: str, path: str) -> str:
        return f"{self._base_url}/{shop}/{path}" if self._base_url else f"https://{shop}/{path}"

    async def redeem(self, grant: Grant) -> AccessToken:
        from app.adapters.shopify.transport import open_client

        async with open_client(self._base_url, TOKEN_SECONDS, guards.token_reply) as client:
            return await tokens.redeem(client, self._api_key, self._secrets[0], grant)

    async def exchange(self, visit: AdminVisit) -> AccessToken:
        from app.adapters.shopify.transport import open_client

        stale = visit.stale if isinstance(visit, HomeVisit) else _unauthorized()
        async with open_client(self._base_url, TOKEN_SECONDS, guards.token_reply) as client:
            return await tokens.exchange(self._package, client, visit, stale)

    async def refresh(self, token: AccessToken) -> AccessToken:
        from app.adapters.shopify.transport import open_client

        async with open_client(self._base_url, TOKEN_SECONDS, guards.token_reply) as client:
            return await tokens.refresh(self._package, client, token)

    def _page_headers(self, shop: str) -> dict[str, str]:
        # Not the package's headers: those use a fixed CDN and the older Polaris script, and allow no test origin.
        frames = [f"https://{shop}", ADMIN_ORIGIN, *([_origin(self._base_url)] if self._base_url else [])]
        scripts = [f"<{self._cdn_url}/{name}.js>" for name in ("app-bridge", "polaris-1")]
        links = [f'{script}; rel="preload"; as="script"' for script in scripts]
        return {
            "Content-Security-Policy": f"frame-ancestors {' '.join(frames)};",
            "Link": ", ".join([f'<{_origin(self._cdn_url)}>; rel="preconnect"', *links]),
        }


def _request(method: str, target: str, authorization: str = "") -> RequestInput:
    # The package needs no body or other header here, and would parse a body for its log.
    headers = {"authorization": authorization} if authorization else {}
    return {"method": method, "url": PLACEHOLDER_ORIGIN + target, "headers": headers, "body": ""}


def _reply(response: Res) -> AuthReply:
    headers = {name: value.removeprefix(PLACEHOLDER_ORIGIN) for name, value in response.headers.items()}
    return AuthReply(response.status, headers, response.body)


def _unauthorized() -> AuthReply:
    return AuthReply(401, RETRY, "Unauthorized")


def _webhook_header(request: SignedRequest, name: str) -> str:
    # Webhooks send X-Shopify-Topic; the newer Events send shopify-topic.
    return _header(request.headers, f"x-shopify-{name}") or _header(request.headers, f"shopify-{name}")


def _header(headers: Mapping[str, str], name: str) -> str:
    return next(iter(_headers(headers, name)), "")


def _headers(headers: Mapping[str, str], name: str) -> list[str]:
    return [value for key, value in headers.items() if key.lower() == name]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None
