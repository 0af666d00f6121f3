"""The HTTP client for Shopify, which can reach no other host. Import it inside functions, since it loads httpx."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from ssl import SSLContext

import httpx

from app.adapters.http_transport import platform_transport
from app.adapters.shopify.guards import shop_domain
from app.core.errors import BadRequest, Unavailable

CONNECT_SECONDS = 3.0
"""A busy process may need a second or more to notice that a connection has been made."""
CONNECT_RETRIES = 1
"""Nothing has been sent while there is no connection, so trying again is safe whatever the request."""


@asynccontextmanager
async def open_client(
    base_url: str | None, seconds: float, on_reply: Callable[[httpx.Response], Awaitable[None]]
) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client for a single use. Raises Unavailable once `seconds` have passed in total.

    A client is bound to its event loop, and some runtimes use a new loop for each request, so clients are not reused.
    """
    try:
        async with (
            asyncio.timeout(seconds),
            httpx.AsyncClient(
                transport=ShopTransport(base_url),
                timeout=httpx.Timeout(seconds, connect=CONNECT_SECONDS),
                follow_redirects=False,
                event_hooks={"response": [on_reply]},
            ) as client,
        ):
            yield client
    except TimeoutError as late:
        raise Unavailable("Shopify is slow to answer. Try again in a moment.") from late


class ShopTransport(httpx.AsyncBaseTransport):
    """Sends requests for `https://{shop}/admin/…`, to `{base_url}/{shop}/admin/…` if a base URL is set.

    Raises BadRequest for any other URL, so that no token can reach a host that is not a shop.
    """

    def __init__(self, base_url: str | None, inner: httpx.AsyncBaseTransport | None = None):
        self._base_url = base_url.rstrip("/") if base_url else None
        self._inner = (
            inner or platform_transport() or httpx.AsyncHTTPTransport(verify=_certificates(), retries=CONNECT_RETRIES)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        shop = shop_domain(request.url.host)
        if request.url.scheme != "https" or not shop or request.url.port or not _is_admin(request.url):
            raise BadRequest("This is not a shop's address.", code="bad_shop")
        if self._base_url:
            request = _with_base_url(request, f"{self._base_url}/{shop}")
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


def _is_admin(url: httpx.URL) -> bool:
    return url.path.startswith("/admin/")


def _with_base_url(request: httpx.Request, base: str) -> httpx.Request:
    url = httpx.URL(base + request.url.raw_path.decode("ascii"))
    headers = {**request.headers, "host": url.netloc.decode("ascii")}
    return httpx.Request(request.method, url, headers=headers, stream=request.stream, extensions=request.extensions)


@cache
def _certificates() -> SSLContext:
    # Loading the certificate store takes longer than a request, so it is loaded once per process.
    return httpx.create_ssl_context()
