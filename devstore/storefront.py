"""The storefront: the catalog, the product page, and the app proxy."""

import time
from urllib.parse import urlencode

import httpx
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from devstore.block import render_blocks
from devstore.cart import header, session
from devstore.catalog import BY_HANDLE, PRODUCTS, is_active
from devstore.config import EXTENSION
from devstore.signatures import proxy_signature
from devstore.state import Record
from devstore.store import Store, page, store_and_shop
from devstore.theme import placed_blocks

PROXY_TIMEOUT = 30.0  # seconds
FORWARDED = ("accept", "accept-language", "content-type", "user-agent")
RETURNED = ("cache-control", "content-type", "location", "retry-after")
PROXY_PARAMS = ("shop", "logged_in_customer_id", "path_prefix", "timestamp", "signature")


async def catalog_page(request: Request) -> Response:
    return page(
        request, "catalog.html", products=[product for product in PRODUCTS if is_active(product)], **header(request)
    )


async def product_page(request: Request) -> Response:
    """GET products/{handle}?variant=: the product page, with the app's blocks that are in the theme.

    With `design_mode`, it is the page that the theme editor shows: with the blocks that are not saved yet.
    """
    (store, shop), product = store_and_shop(request), BY_HANDLE.get(request.path_params["handle"])
    if product is None or not is_active(product):
        raise HTTPException(404, "There is no such product.")
    wanted, variants = request.query_params.get("variant"), product["variants"]
    selected = next((variant for variant in variants if str(variant["id"]) == wanted), variants[0])
    design_mode = "design_mode" in request.query_params
    placed = placed_blocks(store, shop, draft=design_mode)
    blocks = render_blocks(EXTENSION, shop, placed, product, selected, design_mode=design_mode)
    values = {"product": product, "selected": selected, "blocks": blocks, "design_mode": design_mode}
    return page(request, "product.html", **values, **header(request))


async def app_proxy(request: Request) -> Response:
    """Sign the request and forward it to the app. Cookies are stripped in both directions."""
    store, shop = store_and_shop(request)
    try:
        answer = await store.client.request(
            request.method,
            f"{store.config.app_url}{store.manifest['app_proxy']['url']}/{request.path_params['rest']}",
            params=httpx.QueryParams(urlencode(_signed_params(request, store, shop))),
            content=await request.body(),
            headers={name: request.headers[name] for name in FORWARDED if name in request.headers},
            timeout=PROXY_TIMEOUT,
        )
    except httpx.HTTPError as fault:
        raise HTTPException(502, "The app behind this page did not answer.") from fault
    headers = {name: answer.headers[name] for name in RETURNED if name in answer.headers}
    return Response(answer.content, answer.status_code, headers)


def proxy_prefix(manifest: Record) -> str:
    """The path in the shop that the proxy forwards to the app, such as "/apps/artify"."""
    return f"/{manifest['app_proxy']['prefix']}/{manifest['app_proxy']['subpath']}"


def _signed_params(request: Request, store: Store, shop: str) -> list[tuple[str, str]]:
    customer = session(request)["customer"]
    params = [(name, value) for name, value in request.query_params.multi_items() if name not in PROXY_PARAMS]
    params += [("shop", shop), ("logged_in_customer_id", str(customer["id"]) if customer else "")]
    params += [("path_prefix", proxy_prefix(store.manifest)), ("timestamp", str(int(time.time())))]
    return [*params, ("signature", proxy_signature(params, store.config.api_secret))]
