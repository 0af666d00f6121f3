"""One devstore: its settings, its records, its doors to the app, and how handlers reach them."""

from dataclasses import dataclass
from typing import cast

import httpx
from starlette.exceptions import HTTPException
from starlette.requests import Request

from devstore.config import Config, Manifest
from devstore.state import Record, State
from devstore.webhooks import Webhooks


@dataclass
class Store:
    config: Config
    manifest: Manifest
    shops: tuple[str, ...]
    state: State
    client: httpx.AsyncClient
    webhooks: Webhooks

    def installation(self, shop: str) -> Record | None:
        return self.state.get("installation", shop, "app")


def store_of(request: Request) -> Store:
    return cast(Store, request.app.state.store)


def shop_of(request: Request) -> str:
    """The shop whose domain the path carries; an unknown one is a 404."""
    shop = str(request.path_params["shop"])
    if shop not in store_of(request).shops:
        raise HTTPException(404, f"There is no shop {shop} here.")
    return shop
