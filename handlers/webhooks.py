"""The webhook door: verify, keep a few fields, queue, answer. The work is done by jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app import catalog, personalization, privacy, shops
from app.core import json_values
from app.core.app import App
from handlers import auth, parse

MAX_WEBHOOK_BYTES = 8 * 1024 * 1024
"""Large orders pass a megabyte; Shopify names no limit."""


@dataclass(frozen=True)
class Topic:
    """The job that works on a topic, and what we keep of its payload."""

    job: str
    fields: Callable[[Any], dict[str, Any]]


ORDER = Topic("personalization.take_order", personalization.order_fields)
CHANGED_ORDER = Topic("personalization.reread_order", personalization.changed_order_fields)
TOPICS = {
    "app/uninstalled": Topic("shops.uninstall", shops.uninstalled_fields),
    "app/scopes_update": Topic("shops.rescope", shops.scopes_fields),
    "products/update": Topic("catalog.update_product", catalog.product_fields),
    "products/delete": Topic("catalog.delete_product", catalog.deleted_product_fields),
    **dict.fromkeys(("orders/create", "orders/paid", "orders/cancelled"), ORDER),
    **dict.fromkeys(("orders/edited", "refunds/create"), CHANGED_ORDER),
    "customers/data_request": Topic("privacy.take_request", privacy.request_fields),
    "customers/redact": Topic("privacy.take_request", privacy.request_fields),
    "shop/redact": Topic("privacy.redact_shop", privacy.redact_fields),
}


async def receive(request: Request) -> Response:
    """Any signed webhook gets 200, also one that we cannot use: Shopify would only send it again."""
    app: App = request.app.state.app
    webhook = app.door.verify_webhook(auth.signed(request, await parse.raw(request, MAX_WEBHOOK_BYTES)))
    request.state.shop = webhook.shop
    topic = TOPICS.get(webhook.topic)
    if topic is None:
        await shops.refuse(app, webhook, "ignored", "no handler for this topic")
        return Response(status_code=200)
    try:
        fields = topic.fields(json_values.parse(webhook.body))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as fault:
        app.log.warning("webhook_malformed", topic=webhook.topic, fault=type(fault).__name__)
        await shops.refuse(app, webhook, "failed", f"malformed: {type(fault).__name__}")
        return Response(status_code=200)
    await shops.receive(app, webhook, topic.job, fields)
    return Response(status_code=200)
