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
from app.core.reads import Together
from app.jobs import Lease
from app.personalization import queries
from app.personalization.matching import match_item
from app.personalization.payloads import facts_of, order_fields
from app.personalization.prints import finalize_job
from app.personalization.states import PRINTABLE, Order, OrderFacts, OrderItem, judge, settled
from app.shops import Delivery

TAKE = "personalization.take_order"
REREAD = "personalization.reread_order"
TRIES = 5
"""How often a change is made anew at once, when another one of the same order was faster."""


async def take_order(app: App, lease: Lease) -> None:
    """The job of a webhook that holds its order: record it, judge each line, queue what can be printed."""
    delivery = await _delivery(app, lease)
    if delivery is not None and delivery.fields is not None:
        told_at = delivery.triggered_at or delivery.created_at
        await _hear(app, lease, facts_of(delivery.fields, told_at=told_at))


async def reread_order(app: App, lease: Lease) -> None:
    """The job of an edit's or a refund's webhook: what is left of the order is asked of Shopify."""
    delivery = await _delivery(app, lease)
    if delivery is None or delivery.fields is None:
        return
    order_id = delivery.fields["order_id"]
    answer = await shops.ask(app, delivery.shop_id, lambda token: app.shopify.order(token, order_id))
    if answer is None:
        await _close(app, lease, "ignored", "the order is gone")
        return
    await _hear(app, lease, facts_of(order_fields(answer), told_at=app.clock.now(), asked=True))


def changes(before: OrderItem | None, after: OrderItem, now: datetime) -> list[Any]:
    """Statements that bring a line on: the line, its design and photo kept, its print's job begun or stopped.

    Refused with `order_changed` when the line is not as it was read; None: it is new. The results' rows are ids of
    jobs to wake.
    """
    shop_id, job = after.shop_id, finalize_job(after.shop_id, after.id, now)
    statements: list[Any] = []
    if before is None:
        statements.append(queries.insert_item(after, now))
    elif after != before:
        statements.append(queries.update_item(before, after, now))
    if after.preview_generation_id and (before is None or after.preview_generation_id != before.preview_generation_id):
        design = after.preview_generation_id
        statements += [queries.pin_generation(shop_id, design, now), queries.keep_photo(shop_id, design, now)]
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
        return [queries.save_order(self.after, self.before, now), *lines]


async def _delivery(app: App, lease: Lease) -> Delivery | None:
    """The webhook of this job; closed, and None, when the app is not installed in its shop."""
    shop_id, at_once = lease.job.shop_id, Together(app.db)
    delivery, shop = await asyncio.gather(
        shops.delivery(at_once, shop_id, lease.job.subject_id), shops.active_shop(at_once, shop_id)
    )
    if delivery is None or delivery.fields is None or shop is None:
        await _close(app, lease, "failed", "the app is not installed")
        return None
    return delivery


async def _close(app: App, lease: Lease, status: str, reason: str | None) -> None:
    now, job = app.clock.now(), lease.job
    closing = shops.close_delivery(job.shop_id, job.subject_id, status, reason, now)
    await app.db.batch(*lease.finish(now), closing)


async def _hear(app: App, lease: Lease, facts: OrderFacts) -> None:
    """Record what was told, and end the job, in one batch. Raises Unavailable when others were faster every time."""
    job, now = lease.job, app.clock.now()
    closing = shops.close_delivery(job.shop_id, job.subject_id, "done", None, now)
    for _ in range(TRIES):
        news = await _news(app, job.shop_id, facts)
        try:
            results = await app.db.batch(*lease.finish(now), *(news.statements(now) if news else []), closing)
        except (Refused, ConstraintError) as fault:
            if isinstance(fault, Refused) and fault.code != "order_changed":
                raise
        else:
            await app.queue.wake(*woken(results))
            return
    raise Unavailable("Other webhooks of this order were faster.", code="order_changed")


async def _news(app: App, shop_id: str, facts: OrderFacts) -> _News | None:
    """What this telling changes; None when the order holds no design."""
    at_once = Together(app.db)
    before, items = await asyncio.gather(
        queries.order(at_once, shop_id, facts.order_id), queries.items_of_order(at_once, shop_id, facts.order_id)
    )
    if before is None and not facts.lines:
        return None
    order = before or Order(new_id(), shop_id, facts.order_id)
    after = order.heard(facts)
    told = _told(after, items, facts, newest=order.is_news(facts))
    judged = await asyncio.gather(*[_judged(at_once, after, item) for _, item in told])
    return _News(before, after, [(known, item) for (known, _), item in zip(told, judged, strict=True)])


def _told(
    order: Order, items: list[OrderItem], facts: OrderFacts, *, newest: bool
) -> list[tuple[OrderItem | None, OrderItem]]:
    """Every line of the order, as it was and as told of; only the newest telling changes how many are left."""
    by_line = {item.shopify_line_item_id: item for item in items}
    left = {line.line_item_id: line.quantity for line in facts.lines} if newest else {}
    known = [(item, replace(item, quantity=left.get(item.shopify_line_item_id, item.quantity))) for item in items]
    fresh = [line for line in facts.lines if line.line_item_id not in by_line]
    return [*known, *[(None, OrderItem.ordered(order, new_id(), line)) for line in fresh]]


async def _judged(at_once: Together, order: Order, item: OrderItem) -> OrderItem:
    settled_item = settled(item, order)
    if settled_item and item.preview_generation_id:
        return settled_item
    match = await match_item(at_once, item, order.customer_id)
    if settled_item:  # stopped before it was ever matched: its design is shown all the same
        verdict = match.verdict(settled_item.state, settled_item.reason)
    else:
        verdict = judge(match, paid=order.paid_at is not None, approved=item.approved_at is not None)
    return item.after(verdict)
