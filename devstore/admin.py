"""The merchant's admin: orders, products, apps, and the frame that the app runs in."""

import base64
import time
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from devstore.catalog import PRODUCTS
from devstore.pages import page
from devstore.signatures import id_token, query_hmac
from devstore.state import Record
from devstore.store import Store, shop_of, store_of
from devstore.tokens import revoke_all


async def orders_page(request: Request) -> Response:
    store, shop = store_of(request), shop_of(request)
    orders = [order | {"extras": _extras(store, shop, order)} for order in store.state.list("order", shop)]
    return page(request, "admin_orders.html", shop=shop, orders=orders)


async def order_page(request: Request) -> Response:
    store, shop = store_of(request), shop_of(request)
    order = store.state.get("order", shop, request.path_params["id"])
    if order is None:
        raise HTTPException(404, "There is no such order.")
    return page(request, "admin_order.html", shop=shop, order=order, extras=_extras(store, shop, order))


async def products_page(request: Request) -> Response:
    return page(request, "admin_products.html", shop=shop_of(request), products=PRODUCTS)


async def apps_page(request: Request) -> Response:
    shop = shop_of(request)
    return page(request, "admin_apps.html", shop=shop, installed=store_of(request).installation(shop))


async def app_page(request: Request) -> Response:
    """The app in its frame, or the consent page when it is not installed yet."""
    store, shop = store_of(request), shop_of(request)
    if not store.installation(shop):
        return page(request, "admin_install.html", shop=shop)
    return page(request, "admin_app.html", shop=shop, frame_url=_frame_url(request, store, shop))


async def install(request: Request) -> Response:
    """POST install: the merchant consents. As in life, the app hears nothing of it until it is opened."""
    store, shop = store_of(request), shop_of(request)
    store.state.put("installation", shop, "app", {"scopes": store.manifest.scopes})
    return RedirectResponse(f"/{shop}/admin/apps/artify", 303)


async def uninstall(request: Request) -> Response:
    """POST uninstall: tokens die at once, then `app/uninstalled` goes out."""
    store, shop = store_of(request), shop_of(request)
    if store.installation(shop):
        revoke_all(store, shop)
        store.state.clear("installation", shop)
        body = {"id": 60000000001, "name": "Artify Demo", "domain": shop, "myshopify_domain": shop}
        store.webhooks.publish(shop, "app/uninstalled", body)
    return RedirectResponse(f"/{shop}/admin/apps", 303)


async def fresh_id_token(request: Request) -> Response:
    """What App Bridge asks the admin for, over postMessage. Same origin only: there is no CORS header."""
    store, shop = store_of(request), shop_of(request)
    if not store.installation(shop):
        raise HTTPException(403, "The app is not installed.")
    return PlainTextResponse(
        id_token(shop, store.config.api_key, store.config.api_secret), headers={"Cache-Control": "no-store"}
    )


def _extras(store: Store, shop: str, order: Record) -> Record:
    known = store.state.get("extras", shop, order["admin_graphql_api_id"])
    return known or {"metafields": {}, "tags": []}


def _frame_url(request: Request, store: Store, shop: str) -> str:
    """The document request as Shopify makes it: the app's own query, then who asks, signed."""
    config, handle = store.config, shop.removesuffix(".myshopify.com")
    params = dict(request.query_params) | {
        "embedded": "1",
        "shop": shop,
        "host": base64.b64encode(f"admin.shopify.com/store/{handle}".encode()).decode().rstrip("="),
        "id_token": id_token(shop, config.api_key, config.api_secret),
        "locale": "en",
        "timestamp": str(int(time.time())),
    }
    params["hmac"] = query_hmac(params, config.api_secret)
    return f"{config.app_url}/{request.path_params.get('path', '')}?{urlencode(params)}"
