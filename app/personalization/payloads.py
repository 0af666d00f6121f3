"""What Shopify says of an order, read: the few fields that we keep, and the facts in them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from app.core.times import from_text
from app.personalization.states import REFUNDS, OrderFacts, OrderLine

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
    for moment in ("cancelled_at", "updated_at"):
        if payload.get(moment):
            from_text(payload[moment])
    return {
        "order_id": str(_whole(payload["id"])),
        "order_number": _text(payload.get("name") or payload.get("order_number") or payload["id"]),
        "customer_id": _text(customer["id"]) if customer.get("id") else None,
        "total_price": str(payload.get("total_price") or ""),
        "currency": _text(payload.get("currency") or "USD"),
        "financial_status": _text(payload.get("financial_status") or ""),
        "cancelled_at": payload.get("cancelled_at"),
        "updated_at": payload.get("updated_at"),
        "test": bool(payload.get("test")),
        "lines": [line for line in lines if line["preview_ref"]],
    }


def changed_order_fields(payload: Any) -> dict[str, Any]:
    """Which order an edit or a refund is about: neither says what is left of it, so the order is asked for again.

    Raises ValueError, KeyError or TypeError when it is neither.
    """
    return {"order_id": str(_whole(payload.get("order_edit", payload)["order_id"]))}


def facts_of(fields: dict[str, Any], *, told_at: datetime, asked: bool = False) -> OrderFacts:
    """The order as it was recorded. Paid is what the order says, not the topic that brought it."""
    status, cancelled, updated = fields["financial_status"], fields.get("cancelled_at"), fields.get("updated_at")
    return OrderFacts(
        order_id=fields["order_id"],
        order_number=fields["order_number"],
        customer_id=fields["customer_id"],
        total_price=minor_units(fields["total_price"], fields["currency"]),
        currency=fields["currency"],
        paid_at=told_at if status in PAID else None,
        cancelled_at=from_text(cancelled) if cancelled else None,
        refund=status if status in REFUNDS else None,
        is_test=fields["test"],
        told_at=from_text(updated) if updated else told_at,
        lines=[OrderLine(**line) for line in fields["lines"]],
        asked=asked,
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
        "quantity": _left(line),
        "preview_ref": _text(properties.get(PREVIEW_PROPERTY) or "")[:100],
    }


def _left(line: Any) -> int:
    """How many of a line are still wanted, after refunds and edits."""
    left = line.get("current_quantity")
    return _whole(line.get("quantity") or 1) if left is None else _whole(left)


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
