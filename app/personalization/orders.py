"""Orders: what Shopify says was bought, matched with the designs that were approved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from app import jobs, shops
from app.core.app import App
from app.core.errors import ConstraintError, Refused, Unavailable
from app.core.ids import new_id
from app.core.times import from_text
from app.jobs import Job, Lease
from app.personalization import prints, queries
from app.personalization.matching import match_line
from app.personalization.model import OrderCard, OrderFacts, OrderItem, OrderLine

JOB = "personalization.take_order"
PREVIEW_PROPERTY = "_artify_preview"
PAID = {"paid", "partially_refunded", "refunded"}
NO_MINOR_UNIT = {
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
}
"""Currencies without a minor unit (ISO 4217)."""
THREE_DIGITS = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
MAX_WHOLE = 2**53
"""Beyond it JSON's numbers, and D1's, are not exact."""


def order_fields(payload: Any) -> dict[str, Any]:
    """The few fields of an order that we keep: ids, totals, sticky facts, and lines that hold a design.

    Raises ValueError, KeyError, TypeError, AttributeError or OverflowError when it is no order.
    """
    lines = [_line_fields(line) for line in payload["line_items"]]
    customer = payload.get("customer") or {}
    if cancelled := payload.get("cancelled_at"):
        from_text(cancelled)
    return {
        "order_id": str(_whole(payload["id"])),
        "order_number": _text(payload.get("name") or payload.get("order_number") or payload["id"]),
        "customer_id": _text(customer["id"]) if customer.get("id") else None,
        "total_price": str(payload.get("total_price") or ""),
        "currency": _text(payload.get("currency") or "USD"),
        "financial_status": _text(payload.get("financial_status") or ""),
        "cancelled_at": cancelled,
        "test": bool(payload.get("test")),
        "lines": [line for line in lines if line["preview_ref"]],
    }


async def take_order(app: App, lease: Lease) -> None:
    """The job of an order's webhook: record the order, judge each line, queue what can be printed."""
    shop_id, delivery_id, now = lease.job.shop_id, lease.job.subject_id, app.clock.now()
    delivery = await shops.delivery(app.db, shop_id, delivery_id)
    shop = await shops.active_shop(app.db, shop_id)
    if delivery is None or delivery.fields is None or shop is None:
        closing = shops.close_delivery(shop_id, delivery_id, "failed", "the app is not installed", now)
        await app.db.batch(*lease.finish(now), closing)
        return
    facts = facts_of(delivery.fields, told_at=delivery.triggered_at or delivery.created_at)
    closing = shops.close_delivery(shop_id, delivery_id, "done", None, now)
    statements, queued = await _changes(app, shop_id, facts, now) if facts.lines else ([], [])
    try:
        await app.db.batch(*lease.finish(now), *statements, closing)
    except (Refused, ConstraintError) as fault:
        if isinstance(fault, Refused) and fault.code != "order_changed":
            raise
        raise Unavailable("Another webhook of this order was faster.", code="order_changed") from fault
    await app.queue.wake(*[job.id for job in queued])


async def order_cards(app: App, shop_id: str) -> list[OrderCard]:
    """The newest lines with a design."""
    return await queries.order_cards(app.db, shop_id, 100)


def facts_of(fields: dict[str, Any], *, told_at: datetime) -> OrderFacts:
    """The order as it was recorded. Paid is what the order says, not the topic that brought it."""
    paid = fields["financial_status"] in PAID
    cancelled = fields.get("cancelled_at")
    return OrderFacts(
        order_id=fields["order_id"],
        order_number=fields["order_number"],
        customer_id=fields["customer_id"],
        total_price=minor_units(fields["total_price"], fields["currency"]),
        currency=fields["currency"],
        paid_at=told_at if paid else None,
        cancelled_at=from_text(cancelled) if cancelled else None,
        is_test=fields["test"],
        lines=[OrderLine(**line) for line in fields["lines"]],
    )


def minor_units(amount: str, currency: str) -> int | None:
    """`"12.50"` in USD is 1250; None when it is no amount."""
    digits = 0 if currency in NO_MINOR_UNIT else 3 if currency in THREE_DIGITS else 2
    try:
        minor = Decimal(amount).scaleb(digits).to_integral_value()
    except ArithmeticError:
        return None
    return int(minor) if minor.is_finite() and abs(minor) <= MAX_WHOLE else None


def _line_fields(line: Any) -> dict[str, Any]:
    properties = {str(each.get("name")): each.get("value") for each in line.get("properties") or []}
    return {
        "line_item_id": str(_whole(line["id"])),
        "product_id": _text(line["product_id"]) if line.get("product_id") else None,
        "variant_id": _text(line["variant_id"]) if line.get("variant_id") else None,
        "title": _text(line.get("title") or ""),
        "quantity": _whole(line.get("quantity") or 1),
        "preview_ref": _text(properties.get(PREVIEW_PROPERTY) or "")[:100],
    }


def _text(value: Any) -> str:
    """A value as text that a database takes: JSON may hold half a surrogate pair."""
    return str(value).encode(errors="replace").decode()


def _whole(value: Any) -> int:
    """Raises ValueError or TypeError when it is no whole number that a database keeps; JSON can say 1e999."""
    if isinstance(value, float) and not value.is_integer():
        raise ValueError("not a whole number")
    whole = int(value)
    if abs(whole) > MAX_WHOLE:
        raise ValueError("too large a number")
    return whole


@dataclass(frozen=True)
class _Arrival:
    """An order as this webhook finds it. `payable`: it has been paid, and not cancelled, by now."""

    shop_id: str
    order_id: str
    customer_id: str | None
    payable: bool
    at: datetime


async def _changes(app: App, shop_id: str, facts: OrderFacts, now: datetime) -> tuple[list[Any], list[Job]]:
    """What the order changes, and the prints that it queues."""
    known = await queries.order_row(app.db, shop_id, facts.order_id)
    paid = facts.paid_at is not None or bool(known and known["paid_at"])
    cancelled = facts.cancelled_at is not None or bool(known and known["cancelled_at"])
    arrival = _Arrival(shop_id, known["id"] if known else new_id(), facts.customer_id, paid and not cancelled, now)
    items = await queries.items_of_order(app.db, shop_id, arrival.order_id)
    by_line = {item.shopify_line_item_id: item for item in items}
    statements, queued = [queries.save_order(shop_id, arrival.order_id, facts, now)], []
    for line in facts.lines:
        more, job = await _line(app, arrival, line, by_line.get(line.line_item_id))
        statements += more
        queued += [job] if job else []
    return statements, queued


async def _line(app: App, arrival: _Arrival, line: OrderLine, known: OrderItem | None) -> tuple[list[Any], Job | None]:
    """A new line is judged; a known one only moves on from waiting when the order has been paid."""
    if known and (known.state != "waiting" or not arrival.payable):
        return [], None
    shop_id, at = arrival.shop_id, arrival.at
    verdict = await match_line(app, shop_id, line, arrival.customer_id, paid=arrival.payable, approved=False)
    item_id = known.id if known else new_id()
    statements: list[Any] = [
        queries.rematch_item(shop_id, item_id, verdict, at)
        if known
        else queries.insert_item(shop_id, item_id, arrival.order_id, line, verdict, at)
    ]
    if verdict.generation_id:
        statements.append(queries.pin_generation(shop_id, verdict.generation_id, at))
    if verdict.state != "queued":
        return statements, None
    job = prints.finalize_job(shop_id, item_id, at)
    return [*statements, jobs.insert(job, at)], job
