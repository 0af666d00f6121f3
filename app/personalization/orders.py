"""Orders: record the orders that Shopify sends, and match their lines with the approved designs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app import jobs, notifications, shops
from app.core.app import App
from app.core.errors import AppError, ConstraintError, Refused, Unavailable
from app.core.ids import new_id
from app.core.read_batch import ReadBatch
from app.jobs import Job, Lease
from app.personalization.model import REREAD
from app.personalization.order_matching import match_item
from app.personalization.order_rules import (
    NEED_MERCHANT,
    PRINTABLE,
    LineState,
    Order,
    OrderFacts,
    OrderItem,
    OrderLine,
    decide,
    decide_by_order,
    pair_lines,
)
from app.personalization.payloads import facts_of, read_order
from app.personalization.prints import finalize_job
from app.personalization.queries import orders, unread_orders
from app.shops import Delivery

TAKE = "personalization.take_order"
TRIES = 5
"""How many times a change is attempted when concurrent changes to the same order conflict with it."""


async def take_order(app: App, lease: Lease) -> None:
    """Process an order webhook (job): record the order, decide on each line, and queue the print files that are due.

    If parts of the webhook could not be read, a separate job fetches the order from Shopify.
    """
    delivery = await shops.delivery_here(app, lease)
    if delivery is not None and delivery.fields is not None:
        facts, now = facts_of(delivery.fields, as_of=_sent_at(delivery)), app.clock.now()
        await _record(app, lease, facts, *([jobs.requeue(reread_job(delivery, now), now)] if facts.is_unclear else []))


async def reread_order(app: App, lease: Lease) -> None:
    """Fetch the current state of an order from Shopify and record it (job).

    It runs after an edit, a refund, or a webhook with unreadable parts.
    """
    delivery = await shops.delivery_here(app, lease)
    if delivery is None or delivery.fields is None:
        return
    order_id = delivery.fields["order_id"]
    answer = await shops.ask(app, delivery.shop_id, lambda token: app.shopify.order(token, order_id))
    if answer is None:
        known = delivery.status == "done"  # its readable parts are already recorded
        await _close(app, lease, "done" if known else "ignored", None if known else "Shopify no longer has the order")
        return
    now = app.clock.now()
    facts = facts_of(read_order(answer), as_of=now, asked=True)
    # The answer was fetched after the webhook was sent, so it is never older, even if its own time is unreadable.
    facts = replace(facts, as_of=max(facts.as_of, _sent_at(delivery)))
    await _record(app, lease, facts, unread_orders.close_unread_orders(delivery.shop_id, order_id, now))


def reread_job(delivery: Delivery, now: datetime) -> Job:
    """Return a job that fetches the order of a webhook delivery from Shopify, in addition to the delivery's own job."""
    return jobs.new(REREAD, delivery.shop_id, delivery.id, at=now, priority=1)


def changes(before: OrderItem | None, after: OrderItem, now: datetime) -> list[Any]:
    """Return statements that change a line: save it, retain its design and photo, and start or cancel its print job.

    `before` is None for a new line. The statements are refused with `order_changed` if the line has changed since it
    was read. The rows of their results contain the ids of jobs to wake.
    """
    shop_id, job = after.shop_id, finalize_job(after.shop_id, after.id, now)
    statements: list[Any] = []
    if before is None:
        statements.append(orders.insert_item(after, now))
    elif after != before:
        statements.append(orders.update_item(before, after, now))
    if after.preview_generation_id and (before is None or after.preview_generation_id != before.preview_generation_id):
        design = after.preview_generation_id
        statements += [orders.pin_generation(shop_id, design, now), orders.keep_photo(shop_id, design, now)]
    state_before = before.state if before else "waiting"
    if after.state == "queued" and state_before != "queued":
        statements.append(jobs.requeue(job, now))
    if state_before in PRINTABLE and after.state not in (*PRINTABLE, "ready"):
        statements.append(jobs.cancel(shop_id, job.dedupe_key, now))
    return statements


async def on_failure(app: App, job: Job, fault: AppError) -> list[object]:
    """Record that a message about an order was not processed, and tell the merchant by mail."""
    recorded = await shops.on_failure(app, job, fault)
    return [*recorded, *await notifications.expect_mail(app, job.shop_id)]


def jobs_to_wake(results: Sequence[Any]) -> list[str]:
    return [str(row["id"]) for result in results for row in result.rows]


@dataclass(frozen=True)
class _OrderUpdate:
    """An order and its lines before and after a message. Before is None for a new order or line."""

    before: Order | None
    after: Order
    items: list[tuple[OrderItem | None, OrderItem]]

    @property
    def needs_merchant(self) -> bool:
        """Whether a line now waits for the merchant, and did not before."""
        return any(
            after.state in NEED_MERCHANT and (before is None or before.state != after.state)
            for before, after in self.items
        )

    def statements(self, now: datetime) -> list[Any]:
        lines = [each for before, after in self.items for each in changes(before, after, now)]
        return [orders.save_order(self.after, self.before, now), *lines]


def _sent_at(delivery: Delivery) -> datetime:
    return delivery.triggered_at or delivery.created_at


async def _close(app: App, lease: Lease, status: str, reason: str | None) -> None:
    now, job = app.clock.now(), lease.job
    closing = shops.close_delivery(job.shop_id, job.subject_id, status, reason, now)
    await app.db.batch(*lease.finish(now), closing)


async def _record(app: App, lease: Lease, facts: OrderFacts, *also: Any) -> None:
    """Record the facts, and finish the job in the same batch.

    Raises Unavailable if every attempt conflicts with a concurrent change to the order.
    """
    job, now = lease.job, app.clock.now()
    closing = shops.close_delivery(job.shop_id, job.subject_id, "done", None, now)
    for _ in range(TRIES):
        update = await _plan_update(app, job.shop_id, facts)
        changes = update.statements(now) if update else []
        if update and update.needs_merchant:
            changes += await notifications.expect_mail(app, job.shop_id)
        try:
            results = await app.db.batch(*lease.finish(now), *changes, *also, closing)
        except (Refused, ConstraintError) as fault:
            if isinstance(fault, Refused) and fault.code != "order_changed":
                raise
        else:
            await app.queue.wake(*jobs_to_wake(results))
            return
    raise Unavailable("Another webhook of this order was processed at the same time.", code="order_changed")


async def _plan_update(app: App, shop_id: str, facts: OrderFacts) -> _OrderUpdate | None:
    """Return the changes that this message causes, or None if the order is unknown and contains no design."""
    at_once = ReadBatch(app.db)
    before, items, taken = await asyncio.gather(
        orders.order(at_once, shop_id, facts.order_id),
        orders.items_of_order(at_once, shop_id, facts.order_id),
        _taken_ids(at_once, shop_id, facts),
    )
    if before is None and not facts.lines:
        return None
    order = before or Order(new_id(), shop_id, facts.order_id)
    lines = [line.with_substitute_id(facts.order_id) if line.line_item_id in taken else line for line in facts.lines]
    after = order.merged_with(facts)
    merged = _merge_lines(order, after, items, replace(facts, lines=lines))
    decided = await asyncio.gather(*[_decide(at_once, after, item) for _, item in merged])
    return _OrderUpdate(before, after, [(known, item) for (known, _), item in zip(merged, decided, strict=True)])


async def _taken_ids(at_once: ReadBatch, shop_id: str, facts: OrderFacts) -> set[str]:
    """Return the line ids that belong to other orders: Shopify's are unique, but a malformed message may reuse one."""
    ids = [line.line_item_id for line in facts.lines]
    return await orders.taken_line_ids(at_once, shop_id, facts.order_id, ids) if ids else set()


def _merge_lines(
    before: Order, after: Order, items: list[OrderItem], facts: OrderFacts
) -> list[tuple[OrderItem | None, OrderItem]]:
    """Return every line of the order, before and after merging the message."""
    merged: list[tuple[OrderItem | None, OrderItem]] = []
    for item, line in pair_lines(items, facts.lines):
        if item is None and line is not None:
            merged.append((None, OrderItem.from_line(after, new_id(), line)))
        elif item is not None:
            merged.append(
                (item, item.merged_with(line, is_newer=_is_newer(before, item, line, facts)) if line else item)
            )
    return merged


def _is_newer(before: Order, item: OrderItem, line: OrderLine, facts: OrderFacts) -> bool:
    """Return whether the message is newer for this line. At the same time, a readable message takes precedence."""
    says_more = "quantity" in item.unread_parts and "quantity" not in line.unread
    return before.is_newer(facts) or (says_more and facts.as_of == before.as_of)


async def _decide(at_once: ReadBatch, order: Order, item: OrderItem) -> OrderItem:
    by_order = decide_by_order(item, order)
    if by_order and item.preview_generation_id:
        return by_order
    match = await match_item(at_once, item, order.customer_id)
    if by_order:  # stopped before it was ever matched: the merchant still sees its design
        verdict = match.verdict(LineState(by_order.state), by_order.reason)
    else:
        approved = item.approved_at is not None
        verdict = decide(match, paid=order.paid_at is not None, approved=approved, unread=item.unread_parts)
    return item.with_verdict(verdict)
