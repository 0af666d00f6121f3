"""One devstore, and what its handlers share: who is asked, what was sent, and pages."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

import httpx
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from devstore.admin_api import AdminApi
from devstore.catalog import money
from devstore.config import Config
from devstore.state import Record, State
from devstore.webhooks import Webhooks

LOADER = FileSystemLoader(Path(__file__).parent / "templates")
TEMPLATES = Environment(loader=LOADER, autoescape=True, undefined=StrictUndefined)
TEMPLATES.filters["money"] = money


@dataclass
class Store:
    config: Config
    manifest: Record  # shopify.app.toml
    shops: tuple[str, ...]
    state: State
    client: httpx.AsyncClient
    webhooks: Webhooks
    admin_api: AdminApi
    faults: list[str] = field(default_factory=list)  # for the next Admin API calls

    @property
    def scopes(self) -> str:
        return str(self.manifest["access_scopes"]["scopes"])

    def installed(self, shop: str) -> bool:
        return self.state.get("installation", shop, "app") is not None


def store_of(request: Request) -> Store:
    return cast(Store, request.app.state.store)


def here(request: Request) -> tuple[Store, str]:
    """The store, and the shop whose domain the path carries; an unknown one is a 404."""
    store, shop = store_of(request), str(request.path_params["shop"])
    if shop not in store.shops:
        raise HTTPException(404, f"There is no shop {shop} here.")
    return store, shop


async def fields(request: Request) -> Record:
    """The body, sent as JSON or as a form. `properties[Name]` fields are gathered, as Shopify does."""
    body = (await request.body()).decode()
    if body.startswith("{"):
        return dict(json.loads(body))
    form: Record = dict(parse_qsl(body, keep_blank_values=True))
    return form | {"properties": {name[11:-1]: form[name] for name in form if name.startswith("properties[")}}


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    store = store_of(request)
    values |= {"path": request.url.path, "app": store.manifest["name"], "app_url": store.config.app_url}
    return HTMLResponse(TEMPLATES.get_template(template).render(values), status)


def failed(request: Request, status: int, detail: str) -> HTMLResponse:
    return page(request, "failed.html", status, code=status, detail=detail)
