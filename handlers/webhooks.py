"""Webhooks: verify, extract a few fields, queue a job, answer. The jobs do the work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from app import shops
from app.capabilities import CAPABILITIES
from app.core.app import App
from app.core.capability import Subscriber
from app.core.lazy import load
from app.core.ports.shopify import Webhook
from handlers.http import auth, parse

MAX_WEBHOOK_BYTES = 8 * 1024 * 1024
"""Large orders exceed a megabyte, and Shopify documents no limit."""
BODY_S = 10.0
"""The time in which a webhook must arrive, in seconds. Shopify gives up after five, including our response."""


TOPICS: Mapping[str, Sequence[Subscriber]] = {
    topic: [each.topics[topic] for each in CAPABILITIES if topic in each.topics]
    for topic in dict.fromkeys(topic for each in CAPABILITIES for topic in each.topics)
}
"""The subscribers of each topic. Their code is imported with the first webhook of the topic."""


async def receive(request: Request) -> Response:
    """POST /webhooks. A webhook that Shopify signed gets 200 even if we cannot use it: an error would only make Shopify
    send it again."""
    app: App = request.app.state.app
    webhook = app.shopify_auth.verify_webhook(auth.signed(request, await _body(request)))
    request.state.shop = webhook.shop
    subscribers = TOPICS.get(webhook.topic, ())
    if not subscribers:
        await shops.refuse(app, webhook, "ignored", "no handler for this topic")
    for subscriber in subscribers:
        await _take(app, webhook, subscriber)
    return Response(status_code=200)


async def _take(app: App, webhook: Webhook, subscriber: Subscriber) -> None:
    """Record the webhook for one subscriber and queue its job, or record that the payload cannot be read."""
    read = load(subscriber.fields)
    try:
        fields = read(webhook.payload)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as fault:
        app.log.warning("webhook_malformed", topic=webhook.topic, fault=type(fault).__name__)
        await shops.refuse(app, webhook, "failed", f"malformed: {type(fault).__name__}", subscriber.job)
        return
    await shops.receive(app, webhook, subscriber.job, fields)


async def _body(request: Request) -> bytes:
    """The raw body. Without a well-formed signature in the headers, only a small body is read into memory."""
    app: App = request.app.state.app
    limit = MAX_WEBHOOK_BYTES if app.shopify_auth.may_be_signed(auth.signed(request)) else parse.MAX_JSON_BYTES
    return await parse.raw(request, limit, within_s=BODY_S)
