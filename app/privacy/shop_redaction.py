"""Deletes a shop's data 48 hours after it uninstalled the app, unless it has reinstalled it."""

from __future__ import annotations

from typing import Any

from app import shops
from app.core.app import App
from app.core.capability import load_tables
from app.core.errors import Refused
from app.core.tables import deleted_with_shop
from app.jobs import Lease
from app.privacy.deleted_rows import scrub
from app.privacy.queries import requests
from app.privacy.queries import shops as shop_queries

PAGE = 500
ABOUT_A_CUSTOMER = {"customer", "orders_requested", "orders_to_redact", "data_request"}
"""Fields of the other compliance webhooks: https://shopify.dev/docs/apps/build/privacy-law-compliance"""


def shop_redact_fields(payload: Any) -> dict[str, Any]:
    """Return the fields of shop/redact to record, which are none. Raises KeyError, ValueError for another webhook.

    The payload is checked because a customers/redact must not delete the whole shop, and the signature does not cover
    the topic.
    """
    if not payload["shop_domain"] or ABOUT_A_CUSTOMER.intersection(payload):
        raise ValueError("this is not a shop/redact webhook")
    return {}


async def redact_shop(app: App, lease: Lease) -> None:
    """Run the job of a shop/redact webhook. If the webhook is not about the latest uninstallation, ignore it."""
    job, now = lease.job, app.clock.now()
    delivery = await shops.delivery(app.db, job.shop_id, job.subject_id)
    if delivery is None:
        raise Refused("nothing_kept")
    if not await shops.is_over(app, job.shop_id, delivery.triggered_at or delivery.created_at):
        closing = shops.close_delivery(job.shop_id, delivery.id, "ignored", "not about this removal", now)
        await app.db.batch(*lease.finish(now), closing)
        return
    await _delete_everything(app, lease)
    await _delete_messages(app, lease, delivery.id)
    limit_keys, now = await shop_queries.limits_of(app.db, job.shop_id), app.clock.now()
    await app.db.batch(
        *lease.finish(now),
        *shop_queries.delete_shop(job.shop_id, job.id, delivery.id, limit_keys),
        shops.close_delivery(job.shop_id, delivery.id, "done", None, now),
        requests.audit(job.shop_id, "shopify", "shop_deleted", delivery.id, now),
    )
    await scrub(app)


async def _delete_everything(app: App, lease: Lease) -> None:
    """Delete every object, then every row, so that an interrupted job can be repeated."""
    shop_id = lease.job.shop_id
    await app.db.batch(shop_queries.stop_all_jobs(shop_id, lease.job.id, app.clock.now()))
    while objects := await app.files.list(f"{shop_id}/"):
        await app.files.delete(*[each.key for each in objects])
    load_tables(app.capabilities)
    for table in deleted_with_shop():
        (deleted,) = await app.db.batch(shop_queries.delete_rows(shop_id, table, PAGE))
        while deleted.rowcount == PAGE:
            (deleted,) = await app.db.batch(shop_queries.delete_rows(shop_id, table, PAGE))


async def _delete_messages(app: App, lease: Lease, delivery_id: str) -> None:
    """Delete the shop's jobs and webhook deliveries page by page, so that few are left for the last batch."""
    full = True
    while full:
        pages = shop_queries.delete_messages(lease.job.shop_id, lease.job.id, delivery_id, PAGE)
        full = any(deleted.rowcount == PAGE for deleted in await app.db.batch(*pages))
