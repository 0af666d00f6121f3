"""What the Shopify admin sends on a merchant's behalf: documents in its frame, and App Bridge's fetches."""

from __future__ import annotations

from typing import Any

import httpx

from devstore.config import Config
from devstore.signatures import id_token
from tests.integration.servers import SHOP

HTML = {"Accept": "text/html"}


class Merchant:
    secret = Config.api_secret

    def __init__(self, http: httpx.AsyncClient, shop: str = SHOP):
        self.http, self.shop = http, shop

    @property
    def token(self) -> str:
        """A fresh ID token."""
        return id_token(self.shop, Config.api_key, self.secret)

    async def document(self, path: str = "/", **changes: str) -> httpx.Response:
        """A page in the frame, as the browser first loads it."""
        query = {"embedded": "1", "shop": self.shop, "host": "YWRtaW4", "id_token": self.token} | changes
        return await self.http.get(path, params=query, headers=HTML)

    async def fetch(self, path: str, token: str | None = None) -> httpx.Response:
        return await self.http.get(path, headers=HTML | self._bearer(token))

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self.http.post(path, json=body, headers=HTML | self._bearer())

    async def orders_post(self, item_id: str, what: str, **body: Any) -> httpx.Response:
        return await self.post(f"/orders/items/{item_id}/{what}", body)

    async def retry(self, item_id: str, *, approved: bool = False) -> httpx.Response:
        return await self.post(f"/orders/items/{item_id}/retry", {"approved": approved})

    def _bearer(self, token: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {token or self.token}"}
