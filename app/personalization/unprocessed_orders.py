"""Order webhooks that could not be processed: list them for the merchant, and fetch their orders from Shopify again."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from app import jobs, shops
from app.core.app import App
from app.core.errors import Conflict, NotFound
from app.core.read_batch import ReadBatch
from app.personalization.model import UnreadOrder
from app.personalization.orders import reread_job
from app.personalization.queries import unread_orders as unread_order_queries

MOST_SHOWN = 50


async def unread_orders(app: App, shop_id: str) -> list[UnreadOrder]:
    """Return the newest failed deliveries of order webhooks whose orders have not been fetched since."""
    return await unread_order_queries.unread_orders(app.db, shop_id, MOST_SHOWN)


async def read_again(app: App, shop_id: str, delivery_id: str) -> UnreadOrder:
    """Queue a job that fetches the order of a failed delivery from Shopify. A repeated call adds no second job.

    Raises NotFound, and Conflict if the order's id is unknown.
    """
    at_once = ReadBatch(app.db)
    found, delivery = await asyncio.gather(
        unread_order_queries.unread_orders(at_once, shop_id, 1, delivery_id=delivery_id),
        shops.delivery(at_once, shop_id, delivery_id),
    )
    if not found or delivery is None:
        raise NotFound()
    [unread] = found
    if unread.order_id is None:
        raise Conflict("Shopify's message does not say which order it is about.", code="order_unknown")
    now = app.clock.now()
    (queued,) = await app.db.batch(jobs.requeue(reread_job(delivery, now), now))
    await app.queue.wake(*[str(row["id"]) for row in queued.rows])
    return replace(unread, is_being_read=True)
