"""Code that the handlers of the devstore share: the store, the fields of a request, and page rendering."""

import json
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl

import httpx
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from devstore.catalog import decimal, shop_details
from devstore.config import Config
from devstore.state import Record, State
from devstore.webhooks import Webhooks

TEMPLATES = Environment(loader=PackageLoader("devstore"), autoescape=True, undefined=StrictUndefined)
TEMPLATES.filters["decimal"] = decimal


@dataclass
class Store:
    config: Config
    manifest: Record  # shopify.app.toml
    shops: tuple[str, ...]
    state: State
    client: httpx.AsyncClient
    webhooks: Webhooks
    without_block: tuple[str, ...] = ()  # the shops whose theme has none of the app's blocks until one is added
    faults: list[str] = field(default_factory=list)  # of the next Admin API calls, in order

    @property
    def scopes(self) -> str:
        return str(self.manifest["access_scopes"]["scopes"])

    def installed(self, shop: str) -> bool:
        return self.state.get("installation", shop, "app") is not None

    def has_granted_scopes(self, shop: str) -> bool:
        return self.state.get("installation", shop, "app") == {"scopes": self.scopes}


def store_of(request: Request) -> Store:
    return cast(Store, request.app.state.store)


def store_and_shop(request: Request) -> tuple[Store, str]:
    """The store, and the domain of the shop in the path. Raises HTTPException 404 if there is no such shop."""
    store, shop = store_of(request), str(request.path_params["shop"])
    if shop not in store.shops:
        raise HTTPException(404, f"There is no shop {shop}.")
    return store, shop


async def fields(request: Request) -> Record:
    """The fields of the body, which is JSON or a URL-encoded form."""
    body = (await request.body()).decode()
    return dict(json.loads(body) if body.startswith("{") else parse_qsl(body, keep_blank_values=True))


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    store = store_of(request)
    shop = request.path_params.get("shop")
    values |= {"path": request.url.path, "shop": shop, "shop_name": shop_details(shop or "")["name"]}
    values |= {"is_installed": shop is not None and store.installed(shop)}
    values |= {"app": store.manifest["name"], "app_url": store.config.app_url}
    return HTMLResponse(TEMPLATES.get_template(template).render(values), status)
