"""Changes of the granted scopes, as app/scopes_update reports them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app import jobs
from app.core.app import App
from app.jobs import Lease
from app.shops.installs import MOST_WAKE_UPS
from app.shops.model import Shop
from app.shops.queries import deliveries, installs, tokens

TOPIC = "app/scopes_update"


def scopes_fields(payload: Any) -> dict[str, Any]:
    """Return the granted scopes and when they changed. Raises KeyError or TypeError for any other message."""
    current = payload["current"]
    if not isinstance(current, list) or not all(isinstance(scope, str) for scope in current):
        raise TypeError("current")
    return {"current": current, "updated_at": payload.get("updated_at")}


async def rescope(app: App, lease: Lease) -> None:
    """Job of an app/scopes_update webhook. It is ignored if a newer one was processed or the token is newer."""
    job, now = lease.job, app.clock.now()
    delivery = await deliveries.delivery(app.db, job.shop_id, job.subject_id)
    shop = await installs.active_shop(app.db, job.shop_id)
    as_of = delivery.sent_at if delivery else None
    if shop is None or delivery is None or as_of is None or await _is_old(app, shop, as_of):
        closing = deliveries.close_delivery(
            job.shop_id, job.subject_id, "ignored", "not installed, or older than the current scopes", now
        )
        await app.db.batch(*lease.finish(now), closing)
        return
    scope = ",".join((delivery.fields or {})["current"])
    *_, revived = await app.db.batch(
        *lease.finish(now),
        installs.set_scope(shop.id, scope, now),
        tokens.rescope_token(shop.id, scope, now),
        deliveries.close_delivery(shop.id, job.subject_id, "done", None, now),
        jobs.revive(shop.id, ["missing_scope"], now),
    )
    await app.queue.wake(*[str(row["id"]) for row in revived.rows][:MOST_WAKE_UPS])


async def _is_old(app: App, shop: Shop, as_of: datetime) -> bool:
    """A token that was issued later has the current scopes."""
    stored = await tokens.stored_token(app.db, shop.id)
    if stored is not None and stored.updated_at > as_of:
        return True
    return await deliveries.has_newer_delivery(app.db, shop.id, TOPIC, as_of)
