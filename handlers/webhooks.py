"""Webhooks: verify, keep a few fields, queue, answer. The work is done by jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app import catalog, personalization, privacy, shops
from app.core.app import App
from handlers import auth, parse

MAX_WEBHOOK_BYTES = 8 * 1024 * 1024
"""Large orders pass a megabyte; Shopify names no limit."""
BODY_S = 10.0
"""How long a webhook may take to arrive. Shopify gives up after five seconds, the answer included."""


@dataclass(frozen=True)
class Topic:
    """The job that works on a topic, and what we keep of its payload.

    `fields` raises for a payload that does not have the shape of its topic: the header that names the topic is not
    signed, so that a true payload of one may be sent as another.
    """

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
    "customers/data_request": Topic("privacy.take_request", privacy.data_request_fields),
    "customers/redact": Topic("privacy.take_request", privacy.customer_redact_fields),
    "shop/redact": Topic("privacy.redact_shop", privacy.shop_redact_fields),
}


async def receive(request: Request) -> Response:
    """A webhook that Shopify signed gets 200, even if we cannot use it: Shopify would only send it again."""
    app: App = request.app.state.app
    webhook = app.door.verify_webhook(auth.signed(request, await _body(request)))
    request.state.shop = webhook.shop
    topic = TOPICS.get(webhook.topic)
    if topic is None:
        await shops.refuse(app, webhook, "ignored", "no handler for this topic")
        return Response(status_code=200)
    try:
        fields = topic.fields(webhook.payload)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as fault:
        app.log.warning("webhook_malformed", topic=webhook.topic, fault=type(fault).__name__)
        await shops.refuse(app, webhook, "failed", f"malformed: {type(fault).__name__}")
        return Response(status_code=200)
    await shops.receive(app, webhook, topic.job, fields)
    return Response(status_code=200)


async def _body(request: Request) -> bytes:
    """A stranger who did not even put a signature in the headers cannot make us hold much."""
    app: App = request.app.state.app
    limit = MAX_WEBHOOK_BYTES if app.door.may_be_signed(auth.signed(request)) else parse.MAX_JSON_BYTES
    return await parse.raw(request, limit, within_s=BODY_S)
