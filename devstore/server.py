"""The devstore as an ASGI application: which path leads where."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from devstore import admin, cart, orders, storefront
from devstore.admin_api import AdminApi, graphql_endpoint
from devstore.config import Config, Manifest
from devstore.faults import order_faults
from devstore.pages import page
from devstore.proxy import app_proxy
from devstore.state import State
from devstore.store import Store, store_of
from devstore.tokens import token_endpoint
from devstore.webhooks import Webhooks

DEMO_SHOP = "artify-demo.myshopify.com"
STATIC = Path(__file__).parent / "static"


def create_devstore(config: Config | None = None, shops: Sequence[str] = (DEMO_SHOP,)) -> Starlette:
    """A simulated Shopify with these shops, as an ASGI application. Serve it with lifespan on."""
    config = config or Config()
    manifest = Manifest.read(config.project / "shopify.app.toml")
    state = State(config.db)
    client = httpx.AsyncClient(trust_env=False)
    webhooks = Webhooks(config, manifest, state, client)
    devstore = Starlette(routes=_routes(manifest), lifespan=_lifespan, exception_handlers={HTTPException: _failed})
    devstore.state.store = Store(config, manifest, tuple(shops), state, client, webhooks)
    devstore.state.admin_api = AdminApi(config.project)
    devstore.state.faults = []
    return devstore


@asynccontextmanager
async def _lifespan(devstore: Starlette) -> AsyncIterator[None]:
    store: Store = devstore.state.store
    store.webhooks.resume()
    yield
    await store.webhooks.stop()
    await store.client.aclose()
    store.state.close()


def _routes(manifest: Manifest) -> list[Route]:
    get, post = ["GET"], ["POST"]
    return [
        Route("/", landing),
        Route("/cdn/{file:path}", cdn),
        Route("/_deliveries", deliveries),
        Route("/_deliveries/{id}/redeliver", redeliver, methods=post),
        Route("/_orders", orders.order_directly, methods=post),
        Route("/_faults", order_faults, methods=post),
        Route("/{shop}/admin/oauth/access_token", token_endpoint, methods=post),
        Route("/{shop}/admin/api/{version}/graphql.json", graphql_endpoint, methods=post),
        Route("/{shop}/admin", _to("{shop}/admin/orders")),
        Route("/{shop}/admin/orders", admin.orders_page),
        Route("/{shop}/admin/orders/{id}", admin.order_page),
        Route("/{shop}/admin/products", admin.products_page),
        Route("/{shop}/admin/apps", admin.apps_page),
        Route("/{shop}/admin/apps/artify", admin.app_page),
        Route("/{shop}/admin/apps/artify/{path:path}", admin.app_page),
        Route("/{shop}/admin/install", admin.install, methods=post),
        Route("/{shop}/admin/uninstall", admin.uninstall, methods=post),
        Route("/{shop}/admin/id_token", admin.fresh_id_token),
        Route(f"/{{shop}}{manifest.proxy_prefix}/{{rest:path}}", app_proxy, methods=get + post),
        Route("/{shop}", _to("{shop}/")),
        Route("/{shop}/", storefront.catalog_page),
        Route("/{shop}/products/{handle}", storefront.product_page),
        Route("/{shop}/ext/artify/assets/{file}", storefront.asset),
        Route("/{shop}/cart", cart.cart_page),
        Route("/{shop}/cart.js", cart.cart_by_script),
        Route("/{shop}/cart/add.js", cart.add_by_script, methods=post),
        Route("/{shop}/cart/add", cart.add_by_form, methods=post),
        Route("/{shop}/cart/change", cart.change, methods=post),
        Route("/{shop}/checkout", cart.checkout_page),
        Route("/{shop}/checkout", cart.pay, methods=post),
        Route("/{shop}/orders/{token}", cart.thanks_page),
        Route("/{shop}/_customer", cart.switch_customer, methods=post),
    ]


async def landing(request: Request) -> Response:
    return page(request, "landing.html", shops=store_of(request).shops)


async def cdn(request: Request) -> Response:
    """Stand-ins for Shopify's CDN: scripts, styles and product pictures."""
    path = STATIC / Path(request.path_params["file"]).name
    if not path.is_file():
        raise HTTPException(404, "There is no such file.")
    return FileResponse(path, headers={"Access-Control-Allow-Origin": "*"})


async def deliveries(request: Request) -> Response:
    """GET _deliveries; `?json` for programs, `?json&settled` to wait until nothing is on its way."""
    webhooks = store_of(request).webhooks
    if "settled" in request.query_params:
        await webhooks.settled()
    if "json" in request.query_params:
        return JSONResponse(webhooks.log())
    return page(request, "deliveries.html", deliveries=webhooks.log())


async def redeliver(request: Request) -> Response:
    if store_of(request).webhooks.redeliver(request.path_params["id"]) is None:
        raise HTTPException(404, "There is no such delivery.")
    return RedirectResponse("/_deliveries", 303)


def _to(pattern: str) -> Callable[[Request], Response]:
    def redirect(request: Request) -> Response:
        return RedirectResponse("/" + pattern.format(shop=request.path_params["shop"]))

    return redirect


def _failed(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)  # noqa: S101
    return page(request, "failed.html", fault.status_code, status_code=fault.status_code, detail=fault.detail)
