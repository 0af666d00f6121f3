"""The intake of webhooks: one use case for each topic that the app subscribes to."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from bench.scale.site import Site, expect
from bench.scale.use_cases.model import Part, UseCase
from handlers.webhooks import TOPICS
from tests.integration import webhooks

_numbers = itertools.count(8_000_000_000)


def _order(site: Site) -> dict[str, Any]:
    return webhooks.order(webhooks.line("01900000-0000-7000-8000-000000000000"))


def _changed_order(site: Site) -> dict[str, Any]:
    return {"order_id": next(_numbers), "order_edit": {"order_id": next(_numbers)}}


def _customer(site: Site) -> dict[str, Any]:
    return {"shop_id": 1, "shop_domain": site.shop, "customer": {"id": next(_numbers)}}


PAYLOADS: dict[str, Callable[[Site], dict[str, Any]]] = {
    "app/uninstalled": lambda site: {"myshopify_domain": site.shop, "domain": site.shop},
    "app/scopes_update": lambda site: {"current": ["read_products"]},
    "products/update": lambda site: {
        **{"id": next(_numbers), "title": "Poster", "handle": "poster", "status": "active"},
        "updated_at": site.now.isoformat(),
    },
    "products/delete": lambda site: {"id": next(_numbers)},
    "orders/create": _order,
    "orders/paid": _order,
    "orders/cancelled": lambda site: _order(site) | {"cancelled_at": site.now.isoformat()},
    "orders/edited": _changed_order,
    "refunds/create": _changed_order,
    "customers/data_request": lambda site: _customer(site) | {"orders_requested": []},
    "customers/redact": lambda site: _customer(site) | {"orders_to_redact": []},
    "shop/redact": lambda site: webhooks.redact(site.shop),
}
"""A payload for each topic."""


async def deliver(site: Site, topic: str, payload: dict[str, Any]) -> None:
    expect(await webhooks.deliver(site.http, payload, topic=topic, shop_domain=site.shop), 200)


def _use_case(topic: str) -> UseCase:
    async def prepare(site: Site) -> dict[str, Any]:
        return PAYLOADS[topic](site)

    async def run(site: Site, payload: dict[str, Any]) -> None:
        await deliver(site, topic, payload)

    return UseCase(f"webhook {topic}", Part.REQUEST, run, prepare)


USE_CASES = tuple(_use_case(topic) for topic in TOPICS)
