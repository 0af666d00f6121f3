"""Print files: exactly one for each paid line, made from the approved master."""

from __future__ import annotations

from datetime import datetime, timedelta

from app import jobs, media, notifications, shops
from app.core.app import App
from app.core.errors import AppError, NotFound
from app.core.ports.shopify import PrintNote
from app.jobs import Job, Lease
from app.personalization.model import OrderCard
from app.personalization.print_sizes import PRINT_DPI
from app.personalization.queries import offers, orders, prints

FINALIZE = "personalization.finalize"
READY_TAG = "artify-print-ready"
LINK_LIFE = timedelta(hours=1)


def finalize_job(shop_id: str, item_id: str, at: datetime) -> Job:
    return jobs.new(FINALIZE, shop_id, item_id, at=at)


async def on_failure(app: App, job: Job, fault: AppError) -> list[object]:
    """Mark the line as failed, with the reason: the merchant sees it, is told by mail, and can retry."""
    failed = prints.set_item_state(job.shop_id, job.subject_id, "failed", fault.message, app.clock.now())
    return [failed, *await notifications.expect_mail(app, job.shop_id)]


async def note_print(app: App, lease: Lease) -> None:
    """Add a note about the print file to the Shopify order, and tag the order once all its lines are done (job).

    Every step is idempotent, so the job can be repeated.
    """
    shop_id, now = lease.job.shop_id, app.clock.now()
    item = await orders.item(app.db, shop_id, lease.job.subject_id)
    order = await orders.order_by_id(app.db, shop_id, item.order_id) if item else None
    size = await offers.size(app.db, shop_id, item.size_id) if item and item.size_id else None
    asset = await media.asset(app.db, shop_id, item.print_asset_id) if item and item.print_asset_id else None
    if item is None or order is None or asset is None:
        raise NotFound("The print file no longer exists.")
    note = PrintNote(
        order_id=order.shopify_order_id,
        line_item_id=item.shopify_line_item_id,
        file_id=asset.id,
        filename=asset.filename or "",
        width=asset.width or 0,
        height=asset.height or 0,
        dpi=size.dpi if size else PRINT_DPI,
    )
    await shops.ask(app, shop_id, lambda token: app.shopify.note_print(token, note))
    order_id = order.shopify_order_id
    others = await orders.items_of_order(app.db, shop_id, order_id)
    if all(other.state in ("ready", "cancelled") for other in others):
        await shops.ask(app, shop_id, lambda token: app.shopify.tag_order(token, order_id, READY_TAG))
    await app.db.batch(*lease.finish(now))


async def on_note_failure(app: App, job: Job, fault: AppError) -> list[object]:
    """Only log the failure: the merchant has the print file in the app, and the line shows that the update failed."""
    app.log.warning("order_note_failed", item=job.subject_id, code=fault.code)
    return []


def print_link(app: App, card: OrderCard) -> str | None:
    """Return a short-lived link that downloads the print file under its file name, or None if there is no file."""
    if card.print_key is None:
        return None
    return app.files.link(card.print_key, expires_at=app.clock.now() + LINK_LIFE, filename=card.print_filename)
