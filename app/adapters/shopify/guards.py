"""Checks of Shopify's signatures, and workarounds for the known gaps of `shopifyapp` 1.0.2.

tests/unit/shopify/test_guards.py demonstrates each gap. When one of those tests reports that a gap is closed, its
workaround can be removed.

The same secret signs webhooks (the body), app-proxy requests (`k=v` strings), authorization code grant links (a query)
and ID tokens (`eyJ…`). A signature of one kind must not be accepted as one of another kind: a webhook body must begin
with `{`, which no other signed text does, and no response contains a signature from a request.
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
from urllib.parse import parse_qs, parse_qsl, quote, unquote_plus, urlencode, urlsplit

from app.core import json_values
from app.core.errors import BadRequest, NotFound, Unauthorized, Unavailable

if TYPE_CHECKING:
    import httpx

# Gap: the package accepts any text as a shop. The pattern is Shopify's own.
SHOP = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]*\.myshopify\.com")
# Browsers drop tabs and newlines and read "\" as "/". Either could turn a path into a URL of another host.
LOCAL_PATH = re.compile(r"/(?!/)[^\x00-\x20\x7f\\]*")
ORIGIN = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*")
PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '#"<>\\')

SINGLE_PARAMETERS = ("shop", "timestamp", "signature", "logged_in_customer_id", "path_prefix")
CREDENTIALS = ("id_token", "hmac", "signature")
"""Query parameters that are credentials, and therefore never appear in a response."""
WEBHOOK_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{43}=")
"""Base64 of the 32 bytes of an HMAC-SHA256."""
MAX_ID_LENGTH = 100  # characters; Shopify's own IDs are UUIDs
ID = re.compile(rf"[A-Za-z0-9._:/=-]{{1,{MAX_ID_LENGTH}}}")
TOPIC_UNSAFE = re.compile(r"[^A-Za-z0-9._/-]")
T = TypeVar("T")
ID_TOKEN_LIFE = 60  # seconds
SIGNED_FOR = 90  # seconds for which the signature of an app-proxy request or of a code grant link is valid
MAX_LIFETIME = 10**9  # seconds; a longer lifetime is implausible and could overflow a datetime


def shop_domain(text: object) -> str | None:
    """The shop's domain in lower case, or None if it is not `*.myshopify.com`."""
    return text.lower() if isinstance(text, str) and SHOP.fullmatch(text) else None


def target(url: str) -> str:
    """The path and query of a request, percent-encoded to ASCII, always relative to this host.

    Gap: the package builds redirects from the Host header, raises ValueError for a Host such as `[`, and would
    redirect a browser from `//evil.test/` to another host.
    """
    rest = ORIGIN.sub("", url, count=1)
    return "/" + quote(rest, safe=PRINTABLE, errors="replace").lstrip("/")


def own_target(url: str) -> str:
    """The path and query of a request that did not come through the app proxy. Raises NotFound for one that did.

    The proxy forwards every path below its base. An admin page served through it would be on the storefront's origin,
    and could reveal to visitors Shopify's signature of parameters that they chose.
    """
    original = target(url)
    if any(name == "signature" for name, _ in parse_qsl(urlsplit(original).query, keep_blank_values=True)):
        raise NotFound()
    return original


def bounce(path: str, original: str) -> str:
    """The URL of the bounce page at `path`, which returns to `original` (a path and query).

    Gap: the package copies the whole query into it except for the literal `id_token`, and so exposes `hmac`,
    `signature` and `id%5Ftoken`.
    """
    page, _, query = original.partition("?")
    parts = [part for part in query.split("&") if part and unquote_plus(part.partition("=")[0]) not in CREDENTIALS]
    reload = "?".join([page, *(["&".join(parts)] if parts else [])])
    return f"{path}?{'&'.join([*parts, 'shopify-reload=' + quote(reload, safe='')])}"


def bounce_query(url: str) -> tuple[str, str]:
    """The shop and the path to reload, from the bounce page's query. Raises BadRequest.

    Gap: the package copies `shop` into the Content-Security-Policy without validation, and lets App Bridge reload any
    URL.
    """
    query = parse_qs(urlsplit(target(url)).query, keep_blank_values=True)
    shops, reloads = query.get("shop", []), query.get("shopify-reload", [])
    shop = shop_domain(shops[0]) if len(shops) == 1 else None
    if shop is None or len(reloads) != 1 or not LOCAL_PATH.fullmatch(reloads[0]):
        raise BadRequest("This address is incomplete. Open the app from your Shopify admin.")
    return shop, reloads[0]


def check_claims(verify: Callable[[], T]) -> T:
    """Run the package's check of an ID token and return its result. Raises Unauthorized.

    Gap: the package raises AttributeError for a signed token whose `dest` is not a string.
    """
    try:
        return verify()
    except (AttributeError, TypeError, ValueError) as fault:
        raise Unauthorized("This ID token has a field that is not text.") from fault


def identity(claims: Mapping[str, Any]) -> tuple[str, str]:
    """The shop's domain and the user's ID, from the claims of an ID token. Raises Unauthorized.

    Gap: the package accepts tokens without `exp` or `sub`, with a `dest` that is not a shop, or with the `iss` of
    another shop.
    """
    dest, user = claims.get("dest"), claims.get("sub")
    shop = shop_domain(dest[8:]) if isinstance(dest, str) and dest.startswith("https://") else None
    if shop is None or claims.get("iss") != f"{dest}/admin" or "exp" not in claims:
        raise Unauthorized("This ID token must name one shop and one expiry.")
    if not isinstance(user, str) or not user:
        raise Unauthorized("This ID token does not name a user.")
    return shop, user


def issued_at(claims: Mapping[str, Any]) -> datetime:
    """The time at which Shopify issued an ID token, in whole seconds. Without `iat`, one minute before `exp`.

    Raises Unauthorized for an invalid time.
    """
    try:
        return datetime.fromtimestamp(int(claims.get("iat", claims["exp"] - ID_TOKEN_LIFE)), UTC)
    except (OverflowError, ValueError, TypeError, OSError) as fault:
        raise Unauthorized("This ID token does not say when it was issued.") from fault


def signed_query(url: str, secrets: tuple[str, ...], now: float) -> dict[str, str]:
    """The verified query of an authorization code grant link. Raises Unauthorized, or BadRequest without a valid shop.

    The signature covers the sorted, percent-encoded query without `hmac`, and is in hex:
    https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant
    """
    pairs = parse_qsl(urlsplit(target(url)).query, keep_blank_values=True)
    query = dict(pairs)
    given = query.pop("hmac", "")
    _check_hex(given, urlencode(sorted(query.items())).encode(), secrets)
    if len(query) + 1 != len(pairs) or not _is_fresh(query.get("timestamp", ""), now):
        raise Unauthorized
    return query | {"shop": query_shop(url)}


def query_shop(url: str) -> str:
    """The shop in the query of an authorization code grant link. Raises BadRequest."""
    named = parse_qs(urlsplit(target(url)).query).get("shop", [])
    shop = shop_domain(named[0]) if len(named) == 1 else None
    if shop is None:
        raise BadRequest("This address does not name a shop. Open the app from your Shopify admin.", code="bad_shop")
    return shop


def proxy_visit(url: str, secrets: tuple[str, ...], now: float) -> tuple[str, str]:
    """The shop and the customer's ID ("" for guests) of an app-proxy request. Raises Unauthorized.

    The signature covers the decoded query without `signature`: values of the same name are joined by commas, the
    `name=value` strings are sorted and concatenated without a separator. It is in hex:
    https://shopify.dev/docs/apps/build/online-store/app-proxies/authenticate-app-proxies

    Gaps: the package sorts by name alone, and so rejects requests in which one name is a prefix of another (`a` and
    `a1`); it raises TypeError for a signature that is not ASCII; it does not check the shop; and it accepts the first
    of several `logged_in_customer_id`, which the shopper can choose.
    """
    values: dict[str, list[str]] = {}
    query = urlsplit(target(url)).query
    for name, value in parse_qsl(query, keep_blank_values=True, errors="surrogateescape"):  # keeps invalid UTF-8
        values.setdefault(name, []).append(value)
    once = {name: values.get(name, [""]) for name in SINGLE_PARAMETERS}
    [given] = values.pop("signature", [""])[:1]
    words = [f"{name}={','.join(each)}".encode(errors="surrogateescape") for name, each in values.items()]
    _check_hex(given, b"".join(sorted(words)), secrets)
    shop, time = shop_domain(once["shop"][0]), once["timestamp"][0]
    if shop is None or any(len(each) > 1 for each in once.values()) or not _is_fresh(time, now):
        raise Unauthorized
    return shop, once["logged_in_customer_id"][0]


def webhook_payload(body: bytes, received: str, secrets: tuple[str, ...]) -> dict[str, Any]:
    """The verified JSON object of a webhook. Raises Unauthorized, or BadRequest if the body is not a JSON object."""
    check_webhook(body, received, secrets)
    try:
        payload = json_values.parse(body)
    except (ValueError, RecursionError) as fault:
        raise BadRequest("This webhook is not JSON.") from fault
    if not body.startswith(b"{") or not isinstance(payload, dict):
        raise BadRequest("This webhook is not a JSON object.")
    return payload


def check_webhook(body: bytes, received: str, secrets: tuple[str, ...]) -> None:
    """Raise Unauthorized unless `received` is the base64 HMAC-SHA256 of the body under one of the secrets.

    Gaps: the package accepts only text, so a body that is not UTF-8 never verifies; it raises TypeError for a
    signature that is not ASCII; and it parses the body for its log *before* verifying it, so unauthenticated JSON
    with deep nesting or very long numbers raises an error. Webhooks therefore do not use the package at all.
    """
    given = received.encode(errors="replace")
    for secret in secrets:
        digest = hmac.digest(secret.encode(), body, hashlib.sha256)
        if hmac.compare_digest(given, b64encode(digest)):
            return
    raise Unauthorized


def webhook_shop(payload: Mapping[str, Any], header: str) -> str:
    """The shop of a webhook. The signed body takes precedence over the header, which must not contradict it.

    Raises Unauthorized if they differ, BadRequest if neither names a shop. The `domain` of a Shop payload may be a
    custom domain or a second myshopify.com domain, so it is used only if `myshopify_domain` is missing.
    """
    named = [payload[name] for name in ("shop_domain", "myshopify_domain") if payload.get(name) is not None]
    named = named or [each for each in [payload.get("domain")] if shop_domain(each)]
    if not named and shop_domain(header) is None:
        raise BadRequest("This webhook names no shop.")
    shops = {shop_domain(each) for each in [*named, *([header] if header else [])]}
    if len(shops) > 1 or (shop := shops.pop()) is None:
        raise Unauthorized("This webhook's header and body name different shops.")
    return shop


def webhook_topic(header: str) -> str:
    """The topic in a form that is safe to store: truncated, unusual characters replaced. Known topics do not change."""
    return TOPIC_UNSAFE.sub("?", header[:MAX_ID_LENGTH])


def webhook_id(header: str) -> str:
    """The ID in a form that is safe to store. Long or unusual IDs become SHA-256 digests, so they stay distinct."""
    return header if ID.fullmatch(header) or not header else hashlib.sha256(header.encode()).hexdigest()


def refresh_fields(shop: str, refresh_token: str) -> dict[str, str]:
    """The fields that the package needs to refresh a token, without the expiry dates.

    Gap: with the dates, it silently skips the refresh until the token's last minute. The app refreshes earlier.
    """
    return {
        "shop": shop.removesuffix(".myshopify.com"),
        "access_mode": "offline",
        "refresh_token": refresh_token,
        "expires": "",
        "refresh_token_expires": "",
    }


async def token_reply(response: httpx.Response) -> None:
    """An httpx response hook for the token endpoint. Raises Unavailable for an unusable reply.

    Gaps: the package waits one second after a 429 regardless of `Retry-After`, retries immediately after a 5xx, raises
    an error for a 200 that is not JSON, and treats a 200 without an `access_token` as a success.
    """
    if response.status_code == 429 or response.status_code >= 500:
        raise Unavailable("Shopify is busy. Try again in a moment.")
    if response.status_code == 200:
        reply = await _json_object(response)
        lives = [reply.get(name, 0) for name in ("expires_in", "refresh_token_expires_in")]
        if not reply.get("access_token") or not all(isinstance(life, int) for life in lives):
            raise Unavailable
        if not all(0 <= life < MAX_LIFETIME for life in lives):
            raise Unavailable


async def graphql_reply(response: httpx.Response) -> None:
    """An httpx response hook for the Admin API. Raises Unavailable if a 200 is not a JSON object.

    Gap: the package treats a 200 that is not JSON as a success without data, and raises an error for a JSON list.
    """
    if response.status_code == 200:
        await _json_object(response)


def _check_hex(given: str, text: bytes, secrets: tuple[str, ...]) -> None:
    """Raise Unauthorized unless `given` is the hex HMAC-SHA256 of the text under one of the secrets."""
    signatures = [hmac.digest(secret.encode(), text, hashlib.sha256).hex().encode() for secret in secrets]
    if not any(hmac.compare_digest(given.encode(errors="replace"), signature) for signature in signatures):
        raise Unauthorized


def _is_fresh(time: str, now: float) -> bool:
    """Return True if a signature made at `time` (Unix seconds in ASCII digits) has not expired at `now`."""
    return re.fullmatch(r"[0-9]{1,12}", time) is not None and abs(now - int(time)) <= SIGNED_FOR


async def _json_object(response: httpx.Response) -> dict[str, Any]:
    try:
        reply = json.loads(await response.aread())
    except (ValueError, RecursionError) as fault:
        raise Unavailable from fault
    if not isinstance(reply, dict):
        raise Unavailable
    return reply
