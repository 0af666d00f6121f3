"""What runs on ports of its own: the simulated Shopify, and the app as Shopify reaches it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from devstore.config import Config
from devstore.store import Store

SHOP = "artify-demo.myshopify.com"
OTHER_SHOP = "second.myshopify.com"
NEW_SHOP = "third.myshopify.com"
"""Not installed before a test does it."""
RETRY_DELAYS = (0.1, 0.5, 1.0, 2.0)
"""Seconds before each further attempt to deliver a webhook. Shopify retries too: on a busy machine the second that an
attempt has to connect, or the five it has for an answer, may pass."""


class Front:
    """The app's address for a whole test session; behind it stands the app of the running test."""

    url: str
    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.app(scope, receive, send)


@dataclass
class Shopify:
    """The simulated Shopify, and what it knows."""

    url: str
    config: Config
    store: Store
    http: httpx.Client

    def install(self, shop: str) -> None:
        """The merchant consents."""
        assert self.http.post(f"/{shop}/admin/install").status_code == 303

    def unused(self) -> Callable[[], None]:
        """What makes the refresh tokens of now as good as new: a copy of a database still has them."""
        kept = "SELECT kind, shop, id, body FROM records WHERE kind = 'refresh_token'"
        grants = self.store.state._db.execute(kept).fetchall()

        def renew() -> None:
            for kind, shop, key, body in grants:
                self.store.state.put(kind, shop, key, json.loads(body))

        return renew

    def uninstall(self, shop: str) -> None:
        assert self.http.post(f"/{shop}/admin/uninstall").status_code == 303
        self.delivered("app/uninstalled", shop)

    def order(self, *lines: dict[str, Any], shop: str = SHOP, **wish: Any) -> dict[str, Any]:
        """A paid order, once its webhooks have been delivered; Shopify's payload."""
        answer = self.http.post("/_orders", json={"shop": shop, "lines": lines} | wish)
        assert answer.status_code == 201, answer.text
        self.delivered("orders/paid", shop)
        return dict(answer.json())

    def buy(self, *items: dict[str, Any], name: str, email: str, shop: str = SHOP) -> dict[str, Any]:
        """A shopper's way: into the cart, and pay. The order, once its webhooks have been delivered."""
        assert self.http.post(f"/{shop}/cart/add.js", json={"items": items}).status_code == 200
        paid = self.http.post(f"/{shop}/checkout", data={"name": name, "email": email})
        order = self.store.state.get("order", shop, paid.headers["location"].rpartition("/")[2])
        assert order is not None
        self.delivered("orders/paid", shop)
        return order

    def comply(self, topic: str, shop: str = SHOP, **wish: Any) -> None:
        """A compliance webhook, once it has been delivered."""
        assert self.http.post("/_compliance", json={"shop": shop, "topic": topic} | wish).status_code == 201
        self.delivered(topic, shop)

    def deliveries(self) -> list[dict[str, Any]]:
        """The log of webhooks, newest first, once nothing is on its way."""
        return list(self.http.get("/_deliveries?json&settled", timeout=30).json())

    def delivered(self, topic: str, shop: str = SHOP) -> dict[str, Any]:
        """The newest delivery of a topic to a shop, once nothing is on its way; fails if the app did not take it."""
        newest = next(each for each in self.deliveries() if (each["topic"], each["shop"]) == (topic, shop))
        assert newest["status"] == "delivered", f"{topic} of {shop} was not delivered: {newest['attempts']}"
        return newest

    def redeliver(self, delivery: dict[str, Any]) -> None:
        assert self.http.post(f"/_deliveries/{delivery['id']}/redeliver").status_code == 303
        self.delivered(delivery["topic"], delivery["shop"])

    def fail(self, kind: str, times: int) -> None:
        """The next calls of the Admin API fail this way."""
        assert self.http.post("/_faults", json={"kind": kind, "times": times}).status_code == 201

    def marks(self, order: dict[str, Any], shop: str = SHOP) -> dict[str, Any]:
        """The metafields and tags that the app has put on an order."""
        gid = order["admin_graphql_api_id"]
        return self.store.state.get("marks", shop, gid) or {"metafields": {}, "tags": []}

    def tokens_given(self, shop: str) -> int:
        return len(self.store.state.list("access_token", shop))
