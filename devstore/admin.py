"""The merchant's admin: orders, apps, and the frame in which the app is embedded."""

import base64
import time
from datetime import UTC, datetime
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from devstore.admin_api import marks_of
from devstore.compliance import scopes_payload, shop_payload
from devstore.orders import order_of
from devstore.products import picked
from devstore.signatures import id_token, query_hmac
from devstore.store import Store, page, store_and_shop


async def orders_page(request: Request) -> Response:
    store, shop = store_and_shop(request)
    orders = store.state.list("order", shop)
    rows = [(order, marks_of(store.state, shop, order["admin_graphql_api_id"])) for order in orders]
    return page(request, "admin_orders.html", rows=rows)


async def order_page(request: Request) -> Response:
    store, shop = store_and_shop(request)
    order = order_of(request)
    marks = marks_of(store.state, shop, order["admin_graphql_api_id"])
    return page(request, "admin_order.html", order=order, marks=marks)


async def apps_page(request: Request) -> Response:
    """The app, its access scopes, and the buttons that install or uninstall it."""
    store, shop = store_and_shop(request)
    return page(request, "admin_apps.html", scopes=store.scopes.split(","), installed=store.has_granted_scopes(shop))


async def app_page(request: Request) -> Response:
    """The app in its frame, or the consent page if the app requires scopes that it was not granted."""
    store, shop = store_and_shop(request)
    if not store.has_granted_scopes(shop):
        return await apps_page(request)
    return page(request, "admin_app.html", frame_url=_frame_url(request, store, shop))


async def install(request: Request) -> Response:
    """POST install: the merchant grants the scopes.

    The app is not notified of a first installation: it learns of it when it is opened. If the scopes of an existing
    installation change, `app/scopes_update` is sent.
    """
    store, shop = store_and_shop(request)
    before = store.state.get("installation", shop, "app")
    store.state.put("installation", shop, "app", {"scopes": store.scopes})
    if before and before["scopes"] != store.scopes:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        store.webhooks.publish(shop, "app/scopes_update", scopes_payload(before["scopes"], store.scopes, at))
    return RedirectResponse(f"/{shop}/admin/apps/artify", 303)


async def uninstall(request: Request) -> Response:
    """POST uninstall: revoke all tokens at once, and send `app/uninstalled`."""
    store, shop = store_and_shop(request)
    if store.installed(shop):
        for kind in ("access_token", "refresh_token", "installation"):
            store.state.clear(kind, shop)
        store.webhooks.publish(shop, "app/uninstalled", shop_payload(shop))
    return RedirectResponse(f"/{shop}/admin/apps", 303)


async def fresh_id_token(request: Request) -> Response:
    """GET id_token: the token that the admin hands to App Bridge over postMessage.

    The response has no CORS header, so that only pages of this origin can read it.
    """
    store, shop = store_and_shop(request)
    if not store.installed(shop):
        raise HTTPException(403, "The app is not installed.")
    token = id_token(shop, store.config.api_key, store.config.api_secret)
    return PlainTextResponse(token, headers={"Cache-Control": "no-store"})


async def products(request: Request) -> Response:
    """GET products.json: what the admin's resource picker offers. As for ID tokens, only this origin can read it."""
    store_and_shop(request)
    return JSONResponse(picked(str(request.base_url).rstrip("/")))


def _frame_url(request: Request, store: Store, shop: str) -> str:
    """The URL that Shopify loads in the frame: the app's own query, then the shop and the ID token, signed."""
    config, admin = store.config, f"admin.shopify.com/store/{shop.removesuffix('.myshopify.com')}"
    params = dict(request.query_params) | {
        "embedded": "1",
        "shop": shop,
        "host": base64.b64encode(admin.encode()).decode().rstrip("="),
        "id_token": id_token(shop, config.api_key, config.api_secret),
        "locale": "en",
        "timestamp": str(int(time.time())),
    }
    params["hmac"] = query_hmac(params, config.api_secret)
    return f"{config.app_url}{request.path_params['path'] or '/'}?{urlencode(params)}"
