"""Webhooks: signed deliveries to the app, with retries, short backoff and a log."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

from devstore.config import Config
from devstore.signatures import webhook_hmac
from devstore.state import Record, State

TIMEOUT = httpx.Timeout(5, connect=1)  # seconds, the same as Shopify's


class Webhooks:
    """Sends the webhooks that the app subscribed to. Each delivery is stored as a record of kind "delivery"."""

    def __init__(self, config: Config, manifest: Record, state: State, client: httpx.AsyncClient) -> None:
        self._config, self._manifest, self._state, self._client = config, manifest["webhooks"], state, client
        self._tasks: set[asyncio.Task[None]] = set()

    def publish(self, shop: str, topic: str, payload: Record) -> None:
        """Store a delivery for each subscription to the topic, and start sending it."""
        for subscription in self._manifest["subscriptions"]:
            if topic in (*subscription.get("topics", ()), *subscription.get("compliance_topics", ())):
                fields = subscription.get("include_fields")
                body = json.dumps(keep_fields(payload, fields) if fields else payload)
                self.send(self._delivery(shop, topic, subscription["uri"], body))

    def send(self, delivery: Record) -> None:
        """Start sending a delivery. One that was sent before is sent again with the same event ID."""
        self._state.put("delivery", "", delivery["id"], delivery)
        task = asyncio.get_running_loop().create_task(self._send(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def resume(self) -> None:
        """Send the deliveries that were still pending when the process stopped."""
        for delivery in self._state.list("delivery", ""):
            if delivery["status"] == "pending":
                self.send(delivery)

    async def wait_until_idle(self) -> None:
        """Wait until no delivery is being sent."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _delivery(self, shop: str, topic: str, uri: str, body: str) -> Record:
        """A new delivery, with the headers that every attempt repeats."""
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": shop,
            "X-Shopify-API-Version": self._manifest["api_version"],
            "X-Shopify-Webhook-Id": str(uuid4()),
            "X-Shopify-Event-Id": str(uuid4()),
            "X-Shopify-Triggered-At": datetime.now(UTC).isoformat(),
            "X-Shopify-Hmac-Sha256": webhook_hmac(body.encode(), self._config.api_secret),
        }
        id, url = self._state.new_id(), self._config.app_url + uri
        known = {"id": id, "shop": shop, "topic": topic, "url": url, "headers": headers, "body": body}
        return known | {"status": "pending", "attempts": []}

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
        """Send a delivery once. Returns the status code or the error's name, and whether the delivery succeeded."""
        request = {"content": delivery["body"].encode(), "headers": delivery["headers"], "timeout": TIMEOUT}
        try:
            async with asyncio.timeout(TIMEOUT.read):
                answer = await self._client.post(delivery["url"], **request)
        except (httpx.HTTPError, TimeoutError) as fault:
            return type(fault).__name__, False
        return str(answer.status_code), answer.is_success


def keep_fields(payload: Any, fields: list[str]) -> Any:
    """The payload with only the fields in `include_fields`. A dot leads into an object or a list of objects."""
    if isinstance(payload, list):
        return [keep_fields(item, fields) for item in payload]
    if not isinstance(payload, dict) or "" in fields:
        return payload
    inner: dict[str, list[str]] = {}
    for name, _, rest in (field.partition(".") for field in fields):
        inner.setdefault(name, []).append(rest)
    return {name: keep_fields(value, inner[name]) for name, value in payload.items() if name in inner}
