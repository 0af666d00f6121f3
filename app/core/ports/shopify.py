"""The Shopify ports: verified requests, tokens, and the calls of the Admin API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from app.core.errors import AuthReply
from app.core.ports.compute import Compute as Compute


@dataclass(frozen=True)
class SignedRequest:
    """An HTTP request as Shopify sent it: full URL, headers and raw body, with nothing decoded or dropped."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class AdminVisit:
    """A verified request from the Shopify admin.

    `shop` is the domain, `headers` must be set on the page, and `issued_at` is when Shopify issued the ID token, by its
    clock, in whole seconds.
    """

    shop: str
    user_id: str
    id_token: str = field(repr=False)
    headers: Mapping[str, str]
    issued_at: datetime | None = None


@dataclass(frozen=True)
class Grant:
    """A merchant's consent, as returned by Shopify: a one-time code and the state that the app sent."""

    shop: str
    code: str = field(repr=False)
    state: str = field(repr=False)
    as_of: datetime


@dataclass(frozen=True)
class ProxyVisit:
    """A verified request through the app proxy. `customer_id` is None for guests."""

    shop: str
    customer_id: str | None


@dataclass(frozen=True)
class Webhook:
    """A webhook. Shopify signed its `payload`, which does not contradict `shop`; the rest is from unsigned headers."""

    shop: str
    topic: str
    event_id: str
    webhook_id: str
    triggered_at: datetime | None
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class AccessToken:
    """A shop's offline token, in plain text. It expires, and each refresh also replaces the refresh token."""

    shop: str
    access: str = field(repr=False)
    access_expires_at: datetime | None
    refresh: str | None = field(repr=False)
    refresh_expires_at: datetime | None
    scope: str


@dataclass(frozen=True)
class ShopDetails:
    name: str
    email: str
    currency: str
    timezone: str


@dataclass(frozen=True)
class PrintNote:
    """The note about one line's print file on an order in Shopify. Sizes are in pixels."""

    order_id: str
    line_item_id: str
    file_id: str
    filename: str
    width: int
    height: int
    dpi: int


@dataclass(frozen=True)
class ListedProduct:
    """A product as listed by Shopify, last changed at `changed_at`."""

    shopify_product_id: str
    title: str
    handle: str | None
    is_active: bool
    changed_at: datetime


@dataclass(frozen=True)
class ProductVariant:
    """A variant of a product. `options` are its values by the option's name, such as {"Size": "A3"}."""

    shopify_variant_id: str
    options: dict[str, str]

    @property
    def name(self) -> str:
        """The variant's name as in the Shopify admin, such as "A3 / Matte"."""
        return " / ".join(self.options.values())


@dataclass(frozen=True)
class ProductDetails:
    """A product with its first variants, `variant_count` of which it has in total."""

    product: ListedProduct
    is_archived: bool
    variants: list[ProductVariant]
    variant_count: int


@dataclass(frozen=True)
class ProductPage:
    """A page of a shop's products. `cursor` is where the next page starts, or None on the last page."""

    products: list[ListedProduct]
    cursor: str | None


class ShopifyAuth(Protocol):
    """Verifies requests from Shopify, and exchanges ID tokens for access tokens."""

    def verify_admin(self, request: SignedRequest) -> AdminVisit:
        """Return the verified visit of a merchant.

        Raises AuthReply, which is a redirect to the bounce page (302) or a 401 that makes App Bridge retry, and
        NotFound for a request through the app proxy.
        """

    def verify_proxy(self, request: SignedRequest) -> ProxyVisit:
        """Return the verified visit of a shopper through the app proxy. Raises Unauthorized."""

    def may_be_signed(self, request: SignedRequest) -> bool:
        """Return whether a webhook's headers contain a well-formed signature. The body is not needed."""

    def verify_webhook(self, request: SignedRequest) -> Webhook:
        """Return the verified webhook. Raises Unauthorized, BadRequest."""

    def bounce_page(self, request: SignedRequest) -> AuthReply:
        """Return the page on which App Bridge gets a new ID token. Raises BadRequest."""

    def verify_install(self, request: SignedRequest) -> str:
        """Return the shop of an installation request. Raises Unauthorized, BadRequest."""

    def consent_url(self, shop: str, *, scopes: Sequence[str], state: str, back: str) -> str:
        """Return the URL at which the merchant consents. Shopify then redirects to `back`."""

    def verify_grant(self, request: SignedRequest) -> Grant:
        """Return the merchant's verified consent. Raises Unauthorized, BadRequest."""

    def admin_url(self, shop: str, path: str) -> str:
        """Return the URL of a page in the shop's admin."""

    def store_url(self, shop: str, path: str) -> str:
        """Return the URL of a page of the shop's online store."""

    async def redeem(self, grant: Grant) -> AccessToken:
        """Exchange a code for a token. Raises Unavailable, or Unauthorized if the code was used or is unknown."""

    async def exchange(self, visit: AdminVisit) -> AccessToken:
        """Exchange an ID token. Raises Unavailable, Unauthorized, or AuthReply if the ID token has expired."""

    async def refresh(self, token: AccessToken) -> AccessToken:
        """Refresh the tokens. Raises Unavailable, or Unauthorized if the refresh token was revoked or has expired."""


class ShopifyAdmin(Protocol):
    """The Admin API calls of the app. Raise Unavailable (try again later), Unauthorized (token refused), AppError."""

    async def shop_details(self, token: AccessToken) -> ShopDetails: ...

    async def order(self, token: AccessToken, order_id: str) -> Mapping[str, Any] | None:
        """Return the order as it is now, with the fields of its webhooks; None if it does not exist."""

    async def products(self, token: AccessToken, after: str | None) -> ProductPage:
        """Return up to 100 of the shop's products, after a cursor."""

    async def product(self, token: AccessToken, shopify_product_id: str) -> ProductDetails | None:
        """Return a product with up to 250 of its variants; None if it does not exist."""

    async def note_print(self, token: AccessToken, note: PrintNote) -> None:
        """Set the line's metafield on the order (namespace `artify`, key `print_<line>`). Idempotent."""

    async def tag_order(self, token: AccessToken, order_id: str, tag: str) -> None:
        """Add a tag to the order. Idempotent."""
