"""The merchant's actions on a stuck line: retry it, approve it, choose its size, or update its Shopify order again."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from app import jobs
from app.core.app import App
from app.core.errors import AppError, Conflict, NotFound, Refused
from app.core.ids import new_id
from app.core.read_batch import ReadBatch
from app.jobs import Job, Lease
from app.personalization.model import NOTE, OrderCard
from app.personalization.order_lists import order_card
from app.personalization.order_matching import match_item
from app.personalization.order_rules import ADJUSTABLE, Order, OrderItem, decide
from app.personalization.orders import changes, jobs_to_wake
from app.personalization.print_sizes import Mapping, Size
from app.personalization.queries import blanks, lines, offers, orders

REMATCH = "personalization.rematch_variant"
MOST_AT_ONCE = 500


@dataclass(frozen=True)
class StuckLine:
    """A line that needs an action by the merchant, and its order."""

    item: OrderItem
    order: Order


async def retry_print(app: App, shop_id: str, item_id: str, *, approved: bool) -> OrderCard:
    """Decide on a line again, and queue it if it can be printed. `approved` accepts a mismatch permanently.

    Raises NotFound, Conflict.
    """
    stuck = await find_stuck(ReadBatch(app.db), shop_id, item_id)
    item = replace(stuck.item, approved_at=app.clock.now()) if approved else stuck.item
    return await decide_and_save(app, stuck, item)


async def map_size(app: App, shop_id: str, item_id: str, size_id: str) -> OrderCard:
    """Set the print size of the line's variant, for this line, for other lines without a size, and for future orders.

    Raises NotFound, Conflict.
    """
    at_once = ReadBatch(app.db)
    stuck, size = await asyncio.gather(find_stuck(at_once, shop_id, item_id), offers.size(at_once, shop_id, size_id))
    if size is None:
        raise NotFound()
    if stuck.item.size_id:
        raise Conflict("This line already has a print size.", code="has_size")
    return await decide_and_save(app, stuck, replace(stuck.item, size_id=size.id), *_mapping(app, stuck.item, size))


async def rematch_variant(app: App, lease: Lease) -> None:
    """Decide again on the lines that have no size, after their variant was mapped to one (job)."""
    shop_id, variant_id = lease.job.shop_id, lease.job.subject_id
    for item_id in await orders.items_without_size(app.db, shop_id, variant_id, MOST_AT_ONCE):
        with suppress(Conflict, NotFound):  # the line has changed in the meantime, or its order no longer exists
            await retry_print(app, shop_id, item_id, approved=False)
    await app.db.batch(*lease.finish(app.clock.now()))


async def on_failure(app: App, job: Job, fault: AppError) -> list[object]:
    """Leave the lines unchanged: the merchant sees them and can retry each of them."""
    app.log.warning("variant_not_rematched", variant=job.subject_id, code=fault.code)
    return []


async def retry_note(app: App, shop_id: str, item_id: str) -> OrderCard:
    """Queue the update of the Shopify order again after it failed for good. Raises NotFound, Conflict."""
    if not (await order_card(app, shop_id, item_id)).is_note_failed:
        raise Conflict("The Shopify order is already up to date, or is being updated now.", code="not_untold")
    now = app.clock.now()
    (queued,) = await app.db.batch(jobs.requeue(jobs.new(NOTE, shop_id, item_id, at=now), now))
    await app.queue.wake(*jobs_to_wake([queued]))
    return await order_card(app, shop_id, item_id)


async def find_stuck(at_once: ReadBatch, shop_id: str, item_id: str) -> StuckLine:
    """Return a stuck line and its order. Raises NotFound, and Conflict if the line needs no action by the merchant."""
    found = await lines.item_with_order(at_once, shop_id, item_id)
    if found is None:
        raise NotFound()
    item, order = found
    if item.print_asset_id or item.state not in ADJUSTABLE:
        raise Conflict(
            "This line is being printed, is ready or was cancelled, so it cannot be changed.", code="not_retryable"
        )
    return StuckLine(item, order)


async def decide_and_save(app: App, stuck: StuckLine, item: OrderItem, *also: Any) -> OrderCard:
    """Decide on the changed line, save it, and wake its job. Returns the line as it was before the job began.

    Raises Conflict if the line or its order has changed in the meantime.
    """
    order, now = stuck.order, app.clock.now()
    match = await match_item(ReadBatch(app.db), item, order.customer_id)
    approved = item.approved_at is not None
    decided = item.with_verdict(
        decide(match, paid=order.paid_at is not None, approved=approved, unread=item.unread_parts)
    )
    try:
        results = await app.db.batch(orders.save_order(order, order, now), *changes(stuck.item, decided, now), *also)
    except Refused as refused:
        raise Conflict(
            "This line changed in the meantime. Reload the page and check it again.", code="not_retryable"
        ) from refused
    card = await order_card(app, item.shop_id, item.id)
    await app.queue.wake(*jobs_to_wake(results))
    return card


def _mapping(app: App, item: OrderItem, size: Size) -> list[Any]:
    """Return statements that add a copy of the size for the line's variant, on the same blank.

    There are none for a line without a variant, such as a custom item: the size then applies to this line only.
    """
    if item.shopify_variant_id is None:
        return []
    now = app.clock.now()
    copy = replace(size, id=new_id(), shopify_variant_id=item.shopify_variant_id)
    job = jobs.new(REMATCH, item.shop_id, item.shopify_variant_id, at=now, dedupe_key=f"{REMATCH}:{copy.id}")
    blank = size.product_base_variant_id
    mappings = [Mapping(size.product_id, item.shopify_variant_id, blank)] if blank else []
    return [
        offers.insert_size(item.shop_id, copy, 0, now),
        *[blanks.retire_mapping(item.shop_id, mapping, now) for mapping in mappings],
        *[blanks.insert_mapping(item.shop_id, mapping, now) for mapping in mappings],
        jobs.requeue(job, now),
    ]
