"""Webhooks of a shop that removed the app: their jobs wait until it installs the app again."""

from __future__ import annotations

import asyncio

from app.core.app import App
from app.core.errors import Refused, Unavailable
from app.core.read_batch import ReadBatch
from app.jobs import Lease
from app.shops.installs import LEFT
from app.shops.model import Delivery
from app.shops.queries import deliveries, installs


async def delivery_here(app: App, lease: Lease) -> Delivery | None:
    """Return the webhook of this job if the app is installed; otherwise end the job and return None.

    If the shop has removed the app, `record_install` resumes the job later: a merchant may install the app again, and
    sell, before anybody opens it. For an unknown shop, or if the webhook's fields were deleted, nothing is done.
    Raises Unavailable if the shop installs the app at this moment; the job is then retried.
    """
    job, now, at_once = lease.job, app.clock.now(), ReadBatch(app.db)
    delivery, shop = await asyncio.gather(
        deliveries.delivery(at_once, job.shop_id, job.subject_id), installs.shop(at_once, job.shop_id)
    )
    if shop is not None and delivery is not None and delivery.fields is not None:
        if shop.is_active:
            return delivery
        await _wait(app, lease)
        return None
    status, reason = ("failed", "the app is not installed") if shop is None else ("ignored", "its fields were deleted")
    await app.db.batch(*lease.finish(now), deliveries.close_delivery(job.shop_id, job.subject_id, status, reason, now))
    return None


async def _wait(app: App, lease: Lease) -> None:
    """The shop's row is locked first, so an installation at the same time either comes first or finds the job."""
    now = app.clock.now()
    try:
        await app.db.batch(installs.expect_absence(lease.job.shop_id, now), *lease.park(LEFT, now))
    except Refused as refused:
        if refused.code != "came_back":
            raise
        raise Unavailable(code="came_back") from refused
