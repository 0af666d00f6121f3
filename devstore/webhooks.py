"""Webhooks: signed deliveries to the app, retried with a short backoff, and a log of them."""

import asyncio
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

from devstore.config import Config, Manifest, Subscription
from devstore.signatures import webhook_hmac
from devstore.state import Record, State

PATIENCE = httpx.Timeout(5, connect=1)  # seconds, as Shopify's


class Webhooks:
    """Sends what the app subscribed to. A delivery is a record of kind "delivery"."""

    def __init__(self, config: Config, manifest: Manifest, state: State, client: httpx.AsyncClient) -> None:
        self._config, self._manifest, self._state, self._client = config, manifest, state, client
        self._tasks: set[asyncio.Task[None]] = set()

    def publish(self, shop: str, topic: str, payload: Record) -> None:
        """Record a delivery for each subscription to the topic, and start sending."""
        event_id = str(uuid4())
        for subscription in self._manifest.subscriptions:
            if subscription.topic == topic:
                delivery = self._delivery(shop, subscription, event_id, payload)
                self._state.put("delivery", "", delivery["id"], delivery)
                self._start(delivery)

    def redeliver(self, id: str) -> Record | None:
        """Send a delivery again, under the same event id. None when there is no such delivery."""
        delivery = self._state.get("delivery", "", id)
        if delivery:
            self._start(delivery)
        return delivery

    def resume(self) -> None:
        """Go on with what a restart has cut short."""
        for delivery in self.log():
            if delivery["status"] == "pending":
                self._start(delivery)

    def log(self) -> list[Record]:
        return self._state.list("delivery", "")

    async def settled(self) -> None:
        """Wait until nothing is on its way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _delivery(self, shop: str, subscription: Subscription, event_id: str, payload: Record) -> Record:
        body = selected(payload, subscription.include_fields) if subscription.include_fields else payload
        return {
            "id": self._state.new_id(),
            "shop": shop,
            "topic": subscription.topic,
            "url": self._config.app_url + subscription.uri,
            "event_id": event_id,
            "webhook_id": str(uuid4()),
            "triggered_at": datetime.now(UTC).isoformat(),
            "body": json.dumps(body),
            "status": "pending",
            "attempts": [],
        }

    def _start(self, delivery: Record) -> None:
        task = asyncio.get_running_loop().create_task(self._send(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, delivery: Record) -> None:
        for delay in (*self._config.retry_delays, None):
            outcome, delivered = await self._attempt(delivery)
            delivery["attempts"].append(outcome)
            delivery["status"] = "delivered" if delivered else "failed" if delay is None else "pending"
            self._state.put("delivery", "", delivery["id"], delivery)
            if delivered or delay is None:
                return
            await asyncio.sleep(delay)

    async def _attempt(self, delivery: Record) -> tuple[str, bool]:
        """What came of one attempt, in words, and whether Shopify would count it as delivered."""
        body = delivery["body"].encode()
        try:
            async with asyncio.timeout(PATIENCE.read):
                answer = await self._client.post(
                    delivery["url"], content=body, headers=self._headers(delivery, body), timeout=PATIENCE
                )
        except (httpx.HTTPError, TimeoutError) as fault:
            return type(fault).__name__, False
        return str(answer.status_code), answer.is_success

    def _headers(self, delivery: Record, body: bytes) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": delivery["topic"],
            "X-Shopify-Shop-Domain": delivery["shop"],
            "X-Shopify-API-Version": self._manifest.api_version,
            "X-Shopify-Webhook-Id": delivery["webhook_id"],
            "X-Shopify-Event-Id": delivery["event_id"],
            "X-Shopify-Triggered-At": delivery["triggered_at"],
            "X-Shopify-Hmac-Sha256": webhook_hmac(body, self._config.api_secret),
        }


def selected(payload: Any, fields: Iterable[str]) -> Any:
    """The payload less what `include_fields` does not name; a dot leads into objects and lists of them."""
    if isinstance(payload, list):
        return [selected(item, fields) for item in payload]
    if not isinstance(payload, dict):
        return payload
    nested: dict[str, list[str]] = {}
    for name, _, rest in (field.partition(".") for field in fields):
        nested.setdefault(name, []).extend([rest] if rest else [])
    return {
        name: selected(value, nested[name]) if nested[name] else value
        for name, value in payload.items()
        if name in nested
    }
