"""The Admin API calls that the app makes. Each is idempotent, so it can be retried when a response is lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from app.adapters.shopify import guards, payloads
from app.adapters.shopify.graphql import Reply
from app.core.errors import AppError, Unavailable
from app.core.ports.shopify import AccessToken, PrintNote, ProductDetails, ProductPage, ShopDetails

if TYPE_CHECKING:
    import httpx

TRIES = 3
LONGEST_WAIT = 5.0  # seconds; a job that must wait longer fails and is retried later, so that other jobs can run


class Admin:
    """Implements ShopifyAdmin. Each call takes at most `seconds` in total, including waits and retries."""

    def __init__(
        self,
        api_version: str,
        *,
        base_url: str | None = None,
        seconds: float = 10.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ):
        self._api_version = api_version
        self._base_url = base_url
        self._seconds = seconds
        self._sleep = sleep

    async def shop_details(self, token: AccessToken) -> ShopDetails:
        shop = (await self._call(token, "shop", {}))["shop"]
        return ShopDetails(shop["name"], shop["email"], shop["currencyCode"], shop["ianaTimezone"])

    async def order(self, token: AccessToken, order_id: str) -> Mapping[str, Any] | None:
        lines: list[Mapping[str, Any]] = []
        after: str | None = None
        while True:
            about = {"id": _order_gid(order_id), "after": after}
            order = (await self._call(token, "order", about))["order"]
            if order is None:
                return None
            lines += order["lineItems"]["nodes"]
            after = _next(order["lineItems"])
            if after is None:
                return payloads.order(order_id, order, lines)

    async def products(self, token: AccessToken, after: str | None) -> ProductPage:
        page = (await self._call(token, "products", {"after": after}))["products"]
        return ProductPage([payloads.product(each) for each in page["nodes"]], _next(page))

    async def product(self, token: AccessToken, shopify_product_id: str) -> ProductDetails | None:
        about = {"id": f"gid://shopify/Product/{shopify_product_id}"}
        found = (await self._call(token, "product", about))["product"]
        return payloads.product_details(found) if found else None

    async def note_print(self, token: AccessToken, note: PrintNote) -> None:
        about = {
            "file_id": note.file_id,
            "filename": note.filename,
            "width": note.width,
            "height": note.height,
            "dpi": note.dpi,
        }
        metafield = {
            "ownerId": _order_gid(note.order_id),
            "namespace": "artify",
            "key": f"print_{note.line_item_id}",
            "type": "json",
            "value": json.dumps(about),
        }
        _check_user_errors((await self._call(token, "note_print", {"metafields": [metafield]}))["metafieldsSet"])

    async def tag_order(self, token: AccessToken, order_id: str, tag: str) -> None:
        _check_user_errors(
            (await self._call(token, "tag_order", {"order": _order_gid(order_id), "tags": [tag]}))["tagsAdd"]
        )

    async def _call(self, token: AccessToken, name: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        from app.adapters.shopify.transport import open_client

        async with open_client(self._base_url, self._seconds, guards.graphql_reply) as client:
            for attempt in range(TRIES):
                reply = await self._post(client, token, _document(name), variables)
                wait = reply.wait(attempt)
                if wait is None:
                    return reply.data()
                if attempt == TRIES - 1 or wait > LONGEST_WAIT:
                    break
                await self._sleep(wait)
        raise Unavailable("Shopify is busy. Try again in a moment.")

    async def _post(
        self, client: httpx.AsyncClient, token: AccessToken, document: str, variables: Mapping[str, Any]
    ) -> Reply:
        from shopify_app.graphql.admin_graphql import admin_graphql_request_async

        result = await admin_graphql_request_async(
            document,
            token.shop.removesuffix(".myshopify.com"),
            token.access,
            self._api_version,
            variables=dict(variables),
            max_retries=0,  # its own retries ignore Retry-After and a 200 with THROTTLED
            http_client=client,
        )
        return Reply.read(result)


@cache
def _document(name: str) -> str:
    return files(__package__).joinpath(f"{name}.graphql").read_text()


def _order_gid(order_id: str) -> str:
    return f"gid://shopify/Order/{order_id}"


def _next(page: Mapping[str, Any]) -> str | None:
    """The cursor of a connection's next page, or None on the last page."""
    info = page["pageInfo"]
    return info["endCursor"] if info["hasNextPage"] else None


def _check_user_errors(payload: Mapping[str, Any]) -> None:
    if errors := payload["userErrors"]:
        raise AppError(f"Shopify did not accept this: {errors[0]['message']}", code="shopify_user_error", status=422)
