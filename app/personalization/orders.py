"""Orders: what Shopify says was bought, matched with the designs that were approved."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app import jobs, shops
from app.core.app import App
from app.core.errors import ConstraintError, Refused, Unavailable
from app.core.ids import new_id
from app.core.read_batch import ReadBatch
from app.jobs import Job, Lease
from app.personalization.model import REREAD
from app.personalization.order_matching import match_item
from app.personalization.order_rules import (
    PRINTABLE,
    LineState,
    Order,
    OrderFacts,
    OrderItem,
    OrderLine,
    judge,
    paired,
    settled,
)
from app.personalization.payloads import facts_of, read_order
from app.personalization.prints import finalize_job
from app.personalization.queries import orders, unread_orders
from app.shops import Delivery

TAKE = "personalization.take_order"
TRIES = 5
"""How often a change is made anew at once, when another one of the same order was faster."""


async def take_order(app: App, lease: Lease) -> None:
    """The job of a webhook that holds its order: record it, judge each line, queue what can be printed.

    What the webhook did not say in a readable way is asked of Shopify by a job of its own.
    """
    delivery = await shops.delivery_here(app, lease)
    if delivery is not None and delivery.fields is not None:
        facts, now = facts_of(delivery.fields, as_of=_sent_at(delivery)), app.clock.now()
        await _hear(app, lease, facts, *([jobs.requeue(reread_job(delivery, now), now)] if facts.is_unclear else []))


async def reread_order(app: App, lease: Lease) -> None:
    """The job that asks Shopify for an order as it is: after an edit, a refund, or a message with unreadable parts."""
    delivery = await shops.delivery_here(app, lease)
    if delivery is None or delivery.fields is None:
        return
    order_id = delivery.fields["order_id"]
    answer = await shops.ask(app, delivery.shop_id, lambda token: app.shopify.order(token, order_id))
    if answer is None:
        known = delivery.status == "done"  # what could be read of it was taken
        await _close(app, lease, "done" if known else "ignored", None if known else "Shopify no longer has the order")
        return
    now = app.clock.now()
    facts = facts_of(read_order(answer), as_of=now, asked=True)
    # Asked after the message was sent, it is never older, even if the message's own time could not be read.
    facts = replace(facts, as_of=max(facts.as_of, _sent_at(delivery)))
    await _hear(app, lease, facts, unread_orders.close_unread_orders(delivery.shop_id, order_id, now))


def reread_job(delivery: Delivery, now: datetime) -> Job:
    """The job that asks Shopify for the order of a delivery, besides the job that the delivery came with."""
    return jobs.new(REREAD, delivery.shop_id, delivery.id, at=now, priority=1)


def changes(before: OrderItem | None, after: OrderItem, now: datetime) -> list[Any]:
    """Statements that bring a line on: the line, its design and photo kept, its print's job begun or stopped.

    Refused with `order_changed` when the line is not as it was read; None: it is new. The results' rows are ids of
    jobs to wake.
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
    was = before.state if before else "waiting"
    if after.state == "queued" and was != "queued":
        statements.append(jobs.requeue(job, now))
    if was in PRINTABLE and after.state not in (*PRINTABLE, "ready"):
        statements.append(jobs.cancel(shop_id, job.dedupe_key, now))
    return statements


def woken(results: Sequence[Any]) -> list[str]:
    return [str(row["id"]) for result in results for row in result.rows]


@dataclass(frozen=True)
class _News:
    """An order and its lines, as they were and as they are after a telling; None for what is new."""

    before: Order | None
    after: Order
    items: list[tuple[OrderItem | None, OrderItem]]

    def statements(self, now: datetime) -> list[Any]:
        lines = [each for before, after in self.items for each in changes(before, after, now)]
        return [orders.save_order(self.after, self.before, now), *lines]


def _sent_at(delivery: Delivery) -> datetime:
    return delivery.triggered_at or delivery.created_at


async def _close(app: App, lease: Lease, status: str, reason: str | None) -> None:
    now, job = app.clock.now(), lease.job
    closing = shops.close_delivery(job.shop_id, job.subject_id, status, reason, now)
    await app.db.batch(*lease.finish(now), closing)


async def _hear(app: App, lease: Lease, facts: OrderFacts, *also: Any) -> None:
    """Record what was told, and end the job, in one batch. Raises Unavailable when others were faster every time."""
    job, now = lease.job, app.clock.now()
    closing = shops.close_delivery(job.shop_id, job.subject_id, "done", None, now)
    for _ in range(TRIES):
        news = await _news(app, job.shop_id, facts)
        try:
            results = await app.db.batch(*lease.finish(now), *(news.statements(now) if news else []), *also, closing)
        except (Refused, ConstraintError) as fault:
            if isinstance(fault, Refused) and fault.code != "order_changed":
                raise
        else:
            await app.queue.wake(*woken(results))
            return
    raise Unavailable("Another webhook of this order was processed at the same time.", code="order_changed")


async def _news(app: App, shop_id: str, facts: OrderFacts) -> _News | None:
    """What this telling changes; None when the order holds no design."""
    at_once = ReadBatch(app.db)
    before, items, taken = await asyncio.gather(
        orders.order(at_once, shop_id, facts.order_id),
        orders.items_of_order(at_once, shop_id, facts.order_id),
        _taken(at_once, shop_id, facts),
    )
    if before is None and not facts.lines:
        return None
    order = before or Order(new_id(), shop_id, facts.order_id)
    lines = [line.of_another_order(facts.order_id) if line.line_item_id in taken else line for line in facts.lines]
    after = order.merged_with(facts)
    told = _told(order, after, items, replace(facts, lines=lines))
    judged = await asyncio.gather(*[_judged(at_once, after, item) for _, item in told])
    return _News(before, after, [(known, item) for (known, _), item in zip(told, judged, strict=True)])


async def _taken(at_once: ReadBatch, shop_id: str, facts: OrderFacts) -> set[str]:
    """Ids of these lines that lines of other orders have. Shopify gives none twice, but an odd message may say so."""
    ids = [line.line_item_id for line in facts.lines]
    return await orders.taken_line_ids(at_once, shop_id, facts.order_id, ids) if ids else set()


def _told(
    before: Order, after: Order, items: list[OrderItem], facts: OrderFacts
) -> list[tuple[OrderItem | None, OrderItem]]:
    """Every line of the order, as it was and as told of."""
    told: list[tuple[OrderItem | None, OrderItem]] = []
    for item, line in paired(items, facts.lines):
        if item is None and line is not None:
            told.append((None, OrderItem.ordered(after, new_id(), line)))
        elif item is not None:
            told.append((item, item.merged_with(line, is_newer=_is_news(before, item, line, facts)) if line else item))
    return told


def _is_news(before: Order, item: OrderItem, line: OrderLine, facts: OrderFacts) -> bool:
    """Of two messages of the same moment, the one that can be read counts."""
    says_more = "quantity" in item.unread_parts and "quantity" not in line.unread
    return before.is_newer(facts) or (says_more and facts.as_of == before.as_of)


async def _judged(at_once: ReadBatch, order: Order, item: OrderItem) -> OrderItem:
    settled_item = settled(item, order)
    if settled_item and item.preview_generation_id:
        return settled_item
    match = await match_item(at_once, item, order.customer_id)
    if settled_item:  # stopped before it was ever matched: its design is shown all the same
        verdict = match.verdict(LineState(settled_item.state), settled_item.reason)
    else:
        approved = item.approved_at is not None
        verdict = judge(match, paid=order.paid_at is not None, approved=approved, unread=item.unread_parts)
    return item.after(verdict)
