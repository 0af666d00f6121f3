"""The known gaps of `shopifyapp` 1.0.2, each guarded here and shown in tests/unit/shopify/test_guards.py.

When one of those tests says that a gap is closed, its guard can go.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

from app.core.errors import BadRequest, Unauthorized, Unavailable

if TYPE_CHECKING:
    import httpx

# Gap: the package takes any text for a shop. The pattern is Shopify's own.
SHOP = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]*\.myshopify\.com")
# A browser drops tabs and newlines, and reads "\" as "/": either could turn a path into another host.
LOCAL_PATH = re.compile(r"/(?!/)[^\x00-\x20\x7f\\]*")
ORIGIN = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*")
PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '#"<>\\')

ONCE = ("shop", "timestamp", "signature", "logged_in_customer_id", "path_prefix")
T = TypeVar("T")
ID_TOKEN_LIFE = 60  # seconds
SIGNED_FOR = 90  # seconds; as an app proxy's
LONGEST_LIFE = 10**9  # seconds; a lifetime above this is nonsense and would overflow a date


def shop_domain(text: object) -> str | None:
    """The shop's domain in lower case, or None when this is not `*.myshopify.com`."""
    return text.lower() if isinstance(text, str) and SHOP.fullmatch(text) else None


def target(url: str) -> str:
    """Path and query of a request, in plain ASCII, as a path on this host.

    Gap: the package builds redirects from the Host header, raises ValueError for one like `[`, and would
    send a browser from `//evil.test/` to another host.
    """
    rest = ORIGIN.sub("", url, count=1)
    return "/" + quote(rest, safe=PRINTABLE, errors="replace").lstrip("/")


def bounce_query(url: str) -> tuple[str, str]:
    """The shop and the path to reload, from the bounce page's query. Raises BadRequest.

    Gap: the package copies `shop` into the Content-Security-Policy unread, and lets App Bridge reload any
    address.
    """
    query = parse_qs(urlsplit(target(url)).query, keep_blank_values=True)
    shops, reloads = query.get("shop", []), query.get("shopify-reload", [])
    shop = shop_domain(shops[0]) if len(shops) == 1 else None
    if shop is None or len(reloads) != 1 or not LOCAL_PATH.fullmatch(reloads[0]):
        raise BadRequest("This address is not complete. Please open the app from your Shopify admin.")
    return shop, reloads[0]


def claims_are_text(verify: Callable[[], T]) -> T:
    """What the package's check of an ID token gives. Raises Unauthorized.

    Gap: the package raises AttributeError for a signed token whose `dest` is not text.
    """
    try:
        return verify()
    except (AttributeError, TypeError, ValueError) as fault:
        raise Unauthorized("This ID token holds what is no text.") from fault


def identity(claims: Mapping[str, Any]) -> tuple[str, str]:
    """The shop's domain and the user's id, from the claims of an ID token. Raises Unauthorized.

    Gap: the package accepts tokens without `exp` or `sub`, with a `dest` that is no shop, or with an `iss` of
    another shop.
    """
    dest, user = claims.get("dest"), claims.get("sub")
    shop = shop_domain(dest[8:]) if isinstance(dest, str) and dest.startswith("https://") else None
    if shop is None or claims.get("iss") != f"{dest}/admin" or "exp" not in claims:
        raise Unauthorized("This ID token does not name one shop and one end.")
    if not isinstance(user, str) or not user:
        raise Unauthorized("This ID token does not name a user.")
    return shop, user


def issued_at(claims: Mapping[str, Any]) -> datetime:
    """When Shopify made an ID token, in whole seconds; a minute before its end when it does not say.

    Raises Unauthorized for a time that is none.
    """
    try:
        return datetime.fromtimestamp(int(claims.get("iat", claims["exp"] - ID_TOKEN_LIFE)), UTC)
    except (OverflowError, ValueError, TypeError, OSError) as fault:
        raise Unauthorized("This ID token does not say when it was made.") from fault


def signed_query(url: str, secrets: tuple[str, ...], now: float) -> dict[str, str]:
    """The query of a link that Shopify signed for the code grant. Raises Unauthorized, BadRequest for another shop's.

    The signature is over the sorted, percent-encoded query without `hmac`, in hex:
    https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant
    """
    pairs = parse_qsl(urlsplit(target(url)).query, keep_blank_values=True)
    query = dict(pairs)
    given = query.pop("hmac", "").encode()
    text = urlencode(sorted(query.items())).encode()
    signatures = [hmac.new(secret.encode(), text, hashlib.sha256).hexdigest().encode() for secret in secrets]
    if not any(hmac.compare_digest(given, signature) for signature in signatures):
        raise Unauthorized
    time = query.get("timestamp", "")
    fresh = re.fullmatch(r"[0-9]{1,12}", time) and abs(now - int(time)) <= SIGNED_FOR
    if len(query) + 1 != len(pairs) or not fresh:
        raise Unauthorized
    return query | {"shop": one_shop(url)}


def one_shop(url: str) -> str:
    """The shop that a link of the code grant names. Raises BadRequest."""
    named = parse_qs(urlsplit(target(url)).query).get("shop", [])
    shop = shop_domain(named[0]) if len(named) == 1 else None
    if shop is None:
        raise BadRequest("This address does not name a shop. Please start from your Shopify admin.", code="bad_shop")
    return shop


def proxy_shop(url: str) -> str:
    """The shop that an app-proxy request names. Raises Unauthorized; call it before the package.

    Gaps: the package raises TypeError for a signature that is not ASCII, does not check the shop, and takes
    the first of a repeated `logged_in_customer_id`, which is the shopper's own. It also sorts by name, not by
    `name=value` as Shopify documents: that can only refuse requests whose names begin alike, and ours have none.
    """
    query = parse_qs(urlsplit(target(url)).query, keep_blank_values=True)
    signature, time = query.get("signature", [""])[0], query.get("timestamp", [""])[0]
    shop = shop_domain(query.get("shop", [""])[0])
    repeated = any(len(query.get(name, [])) > 1 for name in ONCE)
    if shop is None or repeated or not signature.isascii() or not re.fullmatch(r"[0-9]{1,12}", time):
        raise Unauthorized
    return shop


def check_webhook(body: bytes, received: str, secrets: tuple[str, ...]) -> None:
    """Raises Unauthorized unless `received` is the base64 HMAC-SHA256 of the body under one of the secrets.

    Gaps: the package takes text only, so a body that is not UTF-8 never verifies; it raises TypeError for a
    signature that is not ASCII; and it parses the body for its log *before* it verifies, so that anybody's
    deep or long-numbered JSON raises. So webhooks do not go through it at all.
    """
    given = received.encode(errors="replace")
    for secret in secrets:
        digest = hmac.digest(secret.encode(), body, hashlib.sha256)
        if hmac.compare_digest(given, b64encode(digest)):
            return
    raise Unauthorized


def to_refresh(shop: str, refresh_token: str) -> dict[str, str]:
    """What the package needs for a refresh, without the expiry dates.

    Gap: given the dates, it silently refreshes nothing until the token's last minute; we refresh earlier.
    """
    return {
        "shop": shop.removesuffix(".myshopify.com"),
        "access_mode": "offline",
        "refresh_token": refresh_token,
        "expires": "",
        "refresh_token_expires": "",
    }


async def token_reply(response: httpx.Response) -> None:
    """An httpx hook for the token endpoint: raises Unavailable for a reply that is not to be used.

    Gaps: the package waits one second after a 429 whatever `Retry-After` says, asks again at once after a
    5xx, raises for a 200 that is no JSON, and takes one without an `access_token` for a success.
    """
    if response.status_code == 429 or response.status_code >= 500:
        raise Unavailable("Shopify is busy. Please try again in a moment.")
    if response.status_code == 200:
        reply = await _json_object(response)
        lives = [reply.get(name, 0) for name in ("expires_in", "refresh_token_expires_in")]
        if not reply.get("access_token") or not all(isinstance(life, int) for life in lives):
            raise Unavailable
        if not all(0 <= life < LONGEST_LIFE for life in lives):
            raise Unavailable


async def graphql_reply(response: httpx.Response) -> None:
    """An httpx hook for the Admin API: raises Unavailable when a 200 is not a JSON object.

    Gap: the package takes a 200 that is no JSON for a success without data, and raises for a JSON list.
    """
    if response.status_code == 200:
        await _json_object(response)


async def _json_object(response: httpx.Response) -> dict[str, Any]:
    try:
        reply = json.loads(await response.aread())
    except (ValueError, RecursionError) as fault:
        raise Unavailable from fault
    if not isinstance(reply, dict):
        raise Unavailable
    return reply
