"""The simulated Shopify as an ASGI application, with its routes."""

import tomllib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from devstore import admin, cart, compliance, orders, polaris, storefront, theme
from devstore.admin_endpoint import graphql_endpoint, schedule_faults
from devstore.catalog import DEMO_SHOP, NEW_SHOP, shop_details
from devstore.config import EXTENSION, PROJECT, Config
from devstore.state import State
from devstore.store import Store, page, store_of
from devstore.tokens import authorize, token_endpoint
from devstore.webhooks import Webhooks


class Cdn(StaticFiles):
    """Replacements for files on Shopify's CDN. Pages of other origins may use them: a font needs a header for that."""

    def file_response(self, *args: Any, **options: Any) -> Response:
        response = super().file_response(*args, **options)
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response


STATIC = Path(__file__).parent / "static"
CDN = Cdn(directory=STATIC)


def create_devstore(
    config: Config, shops: Sequence[str] = (DEMO_SHOP, NEW_SHOP), without_block: Sequence[str] = (NEW_SHOP,)
) -> Starlette:
    """A simulated Shopify with these shops. Serve it with lifespan events enabled, which resume pending webhooks.

    The themes of the shops in `without_block` have none of the app's blocks until somebody adds one in the editor. In
    the others, all blocks are in the theme as soon as the app is installed.
    """
    manifest = tomllib.loads((PROJECT / "shopify.app.toml").read_text())
    state, client = State(config.db), httpx.AsyncClient(trust_env=False)
    webhooks = Webhooks(config, manifest, state, client)
    routes = _routes(storefront.proxy_prefix(manifest))
    devstore = Starlette(routes=routes, lifespan=_lifespan, exception_handlers={HTTPException: _error_page})
    devstore.state.store = Store(config, manifest, tuple(shops), state, client, webhooks, tuple(without_block))
    return devstore


@asynccontextmanager
async def _lifespan(devstore: Starlette) -> AsyncIterator[None]:
    store: Store = devstore.state.store
    store.webhooks.resume()
    yield
    await store.webhooks.stop()
    await store.client.aclose()
    store.state.close()


def _routes(proxy: str) -> list[BaseRoute]:
    get, post = ["GET"], ["POST"]
    return [
        Route("/", landing),
        Route("/cdn/shopifycloud/polaris-1.js", polaris_script),
        Mount("/cdn", CDN),
        Route("/_deliveries", deliveries),
        Route("/_deliveries/{id}/redeliver", redeliver, methods=post),
        Route("/_orders", orders.create_order, methods=post),
        Route("/_compliance", compliance.send_webhook, methods=post),
        Route("/_faults", schedule_faults, methods=post),
        Route("/{shop}/admin/oauth/authorize", authorize),
        Route("/{shop}/admin/oauth/install", admin.apps_page),
        Route("/{shop}/admin/oauth/access_token", token_endpoint, methods=post),
        Route("/{shop}/admin/api/{version}/graphql.json", graphql_endpoint, methods=post),
        Route("/{shop}/admin/orders", admin.orders_page),
        Route("/{shop}/admin/orders/{id}", admin.order_page),
        Route("/{shop}/admin/apps", admin.apps_page),
        Route("/{shop}/admin/apps/{handle}{path:path}", admin.app_page),
        Route("/{shop}/admin/install", admin.install, methods=post),
        Route("/{shop}/admin/uninstall", admin.uninstall, methods=post),
        Route("/{shop}/admin/id_token", admin.fresh_id_token),
        Route("/{shop}/admin/products.json", admin.products),
        Route("/{shop}/admin/extensions.json", theme.extensions),
        Route("/{shop}/admin/themes/current/editor", theme.editor),
        Route("/{shop}/admin/themes/current/{version}", theme.put_blocks, methods=post),
        Route(f"/{{shop}}{proxy}/{{rest:path}}", storefront.app_proxy, methods=get + post),
        Route("/{shop}/", storefront.catalog_page),
        Route("/{shop}/products/{handle}", storefront.product_page),
        Mount("/{shop}/ext/artify/assets", StaticFiles(directory=EXTENSION / "assets")),
        Route("/{shop}/cart", cart.cart_page),
        Route("/{shop}/cart.js", cart.cart_json),
        Route("/{shop}/cart/add", cart.add, methods=post),
        Route("/{shop}/cart/add.js", cart.add, methods=post),
        Route("/{shop}/checkout", cart.checkout_page),
        Route("/{shop}/checkout", cart.pay, methods=post),
        Route("/{shop}/orders/{id}", cart.thanks_page),
        Route("/{shop}/account/{act}", cart.switch_customer),
    ]


async def polaris_script(_: Request) -> Response:
    return Response(polaris.script(), media_type="text/javascript")


async def landing(request: Request) -> Response:
    store = store_of(request)
    shops = [(shop, shop_details(shop)["name"], store.installed(shop)) for shop in store.shops]
    return page(request, "landing.html", shops=shops)


async def deliveries(request: Request) -> Response:
    """GET _deliveries: the log of webhook deliveries.

    `?json` returns it as JSON. `?json&settled` first waits until no delivery is pending.
    """
    store = store_of(request)
    if "settled" in request.query_params:
        await store.webhooks.wait_until_idle()
    log = store.state.list("delivery", "")
    if "json" in request.query_params:
        return JSONResponse(log)
    return page(request, "deliveries.html", deliveries=log)


async def redeliver(request: Request) -> Response:
    store = store_of(request)
    delivery = store.state.get("delivery", "", request.path_params["id"])
    if delivery is None:
        raise HTTPException(404, "There is no such delivery.")
    store.webhooks.send(delivery)
    return RedirectResponse("/_deliveries", 303)


async def _error_page(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)  # noqa: S101 (the handler is registered for this type only)
    return page(request, "failed.html", fault.status_code, code=fault.status_code, detail=fault.detail)
