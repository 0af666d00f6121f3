"""Parse Shopify's order payloads and reduce them to the few fields that we store.

Every part and every line is parsed independently, so that one malformed value does not affect the others. A line
belongs to us if it has our line item property, even if other parts of it cannot be read: those are listed in its
`unread` parts, and the merchant reviews the line.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from app.core.json_values import id_of_gid, moment, shopify_id, text, whole
from app.core.times import from_text
from app.personalization.order_rules import REFUNDS, OrderFacts, OrderLine

PREVIEW_PROPERTY = "_artify_preview"
DESIGN_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PAID = {"paid", "partially_refunded", "refunded"}
STATUSES = PAID | {"pending", "authorized", "partially_paid", "voided", "expired"}
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
MAX_AMOUNT = 2**53
"""In minor units. Larger integers are not exact in JSON and in D1, which use 64-bit floats."""
MAX_QUANTITY = 2**31 - 1
"""Quantities are 32-bit integers in Shopify's Admin API."""
LONGEST_TITLE = 255
"""Characters: Shopify's own limit."""
LONGEST_REFERENCE = 100
LONGEST_NAME = 100
MAX_DEPTH = 5
"""The maximum depth of nested lists and objects that is searched for lines and properties."""
MAX_LINES_BYTES = 500_000
"""The maximum size of an order's lines as JSON: half the size limit of a D1 row. A longer order is fetched from Shopify
instead."""
MAX_CLOCK_DIFFERENCE = timedelta(days=1)
"""An `updated_at` that lies this far after the sending of its message is not plausible, and is ignored."""


def order_fields(payload: Any) -> dict[str, Any]:
    """Return the fields of an order webhook that are stored until its job has run.

    They are those of `read_order`; if the lines are too large for a row, they are dropped and marked as unread. Raises
    ValueError if the payload is not an order.
    """
    fields = read_order(payload)
    if len(json.dumps(fields["lines"])) <= MAX_LINES_BYTES:
        return fields
    return fields | {"lines": [], "unread": sorted({"lines", *fields.get("unread", [])})}


def read_order(payload: Any) -> dict[str, Any]:
    """Return the fields of an order that we store: ids, totals, payment, cancellation, and the lines with a design.

    `unread`, if present, names the parts that could not be read: `lines`, `status` or `cancellation` of the order;
    `id`, `product`, `variant`, `title`, `quantity` or `design` of a line. Raises ValueError if the payload is not an
    order or has no readable id.
    """
    order_id = _id_of_order(payload)
    lines, unread = _lines_of(payload.get("line_items"), order_id)
    customer, status = payload.get("customer"), text(payload.get("financial_status"), LONGEST_NAME) or ""
    cancelled, updated = payload.get("cancelled_at"), payload.get("updated_at")
    if lines and status not in STATUSES:
        unread.append("status")
    if lines and cancelled and not moment(cancelled):
        unread.append("cancellation")
    fields = {
        "order_id": order_id,
        "order_number": _name_of(payload) or order_id,
        "customer_id": shopify_id(customer.get("id")) if isinstance(customer, dict) else None,
        "total_price": text(payload.get("total_price"), LONGEST_NAME) or "",
        "currency": text(payload.get("currency"), LONGEST_NAME),
        "financial_status": status,
        "cancelled_at": cancelled if moment(cancelled) else None,
        "updated_at": updated if moment(updated) else None,
        "test": payload.get("test") in (True, "true"),
        "lines": lines,
    }
    return fields | _unread_field(unread)


def changed_order_fields(payload: Any) -> dict[str, Any]:
    """Return the id of the order that was edited or refunded.

    These payloads do not contain the remaining quantities, so the order is fetched from Shopify afterwards. Raises
    ValueError if the payload has no readable order id.
    """
    if not isinstance(payload, dict):
        raise ValueError("not an object")
    edit = payload.get("order_edit")
    order_id = shopify_id((edit if isinstance(edit, dict) else payload).get("order_id"))
    if order_id is None:
        raise ValueError("no readable order id")
    return {"order_id": order_id}


def facts_of(fields: dict[str, Any], *, as_of: datetime, asked: bool = False) -> OrderFacts:
    """Return the facts of a stored order payload. `as_of` is when the message was sent.

    The order's own status decides whether it is paid, not the topic of the webhook.
    """
    status, cancelled, updated = fields["financial_status"], fields.get("cancelled_at"), fields.get("updated_at")
    changed_at = from_text(updated) if updated else as_of
    return OrderFacts(
        order_id=fields["order_id"],
        order_number=fields["order_number"],
        customer_id=fields["customer_id"],
        total_price=minor_units(fields["total_price"], fields["currency"]),
        currency=fields["currency"],
        paid_at=as_of if status in PAID else None,
        cancelled_at=from_text(cancelled) if cancelled else None,
        refund=status if status in REFUNDS else None,
        is_test=fields["test"],
        as_of=changed_at if changed_at < as_of + MAX_CLOCK_DIFFERENCE else as_of,
        lines=[OrderLine(**line) for line in fields["lines"]],
        asked=asked,
        unread=fields.get("unread", []),
    )


def minor_units(amount: str, currency: str | None) -> int | None:
    """Convert an amount to minor units: `"12.50"` in USD is 1250.

    Returns None if there is no currency, or if the amount is not a number or beyond MAX_AMOUNT.
    """
    if currency is None:
        return None
    digits = 0 if currency in NO_MINOR_UNIT else 3 if currency in THREE_DIGITS else 2
    try:
        minor = Decimal(amount).scaleb(digits).to_integral_value()
    except ArithmeticError:
        return None
    return int(minor) if minor.is_finite() and abs(minor) <= MAX_AMOUNT else None


def _id_of_order(payload: Any) -> str:
    """Raises ValueError. Other resources have an id as well, but only orders have lines or a financial status."""
    if not isinstance(payload, dict) or not {"line_items", "financial_status"} & set(payload):
        raise ValueError("not an order")
    order_id = shopify_id(payload.get("id")) or id_of_gid(payload.get("admin_graphql_api_id"))
    if order_id is None:
        raise ValueError("no readable order id")
    return order_id


def _name_of(payload: dict[str, Any]) -> str | None:
    names = (text(payload.get(name), LONGEST_NAME) for name in ("name", "order_number"))
    return next((name for name in names if name), None)


def _lines_of(line_items: Any, order_id: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the lines with a design, and `["lines"]` if there may be further ones that could not be read."""
    found = list(_items(line_items))
    with_references = [(line, list(_references(line.get("properties")))) for line in found if isinstance(line, dict)]
    ours = [(line, references) for line, references in with_references if references]
    lines = _assign_ids([line for line, _ in ours], [_line_fields(*each) for each in ours], order_id)
    are_lines = isinstance(line_items, list) or any(isinstance(line, dict) for line in found)
    is_malformed = not are_lines or any(not isinstance(line, dict | None) for line in found)
    return lines, ["lines"] if is_malformed else []


def _items(value: Any, depth: int = 0) -> Iterator[Any]:
    """Yield the lines in a value, through any nesting of lists and objects."""
    is_line = isinstance(value, dict) and ("id" in value or "properties" in value)
    if isinstance(value, list | dict) and not is_line and depth < MAX_DEPTH:
        for each in value if isinstance(value, list) else value.values():
            yield from _items(each, depth + 1)
    else:
        yield value


def _references(properties: Any, depth: int = 0) -> Iterator[Any]:
    """Yield every non-empty value of our property. The properties may be a list, an object or text."""
    if isinstance(properties, str):
        yield from [properties] if PREVIEW_PROPERTY in properties else []
    elif isinstance(properties, list) and len(properties) == 2 and _is_ours(properties[0]):
        yield from [properties[1]] if _has_content(properties[1]) else []
    elif isinstance(properties, list) and depth < MAX_DEPTH:
        for each in properties:
            yield from _references(each, depth + 1)
    elif isinstance(properties, dict):
        named = [properties.get("value")] if _is_ours(properties.get("name", properties.get("key"))) else []
        named += [value for name, value in properties.items() if _is_ours(name)]
        yield from (value for value in named if _has_content(value))
        for each in properties.values() if not named and depth < MAX_DEPTH else ():
            if isinstance(each, list | dict):
                yield from _references(each, depth + 1)


def _is_ours(name: Any) -> bool:
    return isinstance(name, str) and name.strip() == PREVIEW_PROPERTY


def _has_content(value: Any) -> bool:
    return bool(value.strip() if isinstance(value, str) else value)


def _line_fields(line: dict[str, Any], references: list[Any]) -> dict[str, Any]:
    """Return the fields of a line except its id."""
    reference, unread = _design_of(references)
    ids = {name: line.get(f"{name}_id") for name in ("product", "variant")}  # a custom line has none
    title, left = line.get("title"), _remaining_quantity(line)
    title = "" if title is None else text(title, LONGEST_TITLE)
    unread += [name for name, value in ids.items() if value not in (None, 0, "") and not shopify_id(value)]
    unread += [name for name, value in (("title", title), ("quantity", left)) if value is None]
    return {
        "product_id": shopify_id(ids["product"]),
        "variant_id": shopify_id(ids["variant"]),
        "title": title or "",
        "quantity": (whole(line.get("quantity"), MAX_QUANTITY) or 1) if left is None else left,
        "preview_ref": reference,
        **_unread_field(unread),
    }


def _design_of(references: list[Any]) -> tuple[str, list[str]]:
    """Return the design that a line refers to, and `["design"]` if it is unreadable or ambiguous."""
    named = {_design_in(reference) for reference in references}
    if len(named) == 1 and None not in named:
        return str(named.pop()), []
    return next((name for name in sorted(filter(None, named))), "unread"), ["design"]


def _design_in(reference: Any) -> str | None:
    if isinstance(reference, str):
        found = DESIGN_ID.findall(reference)
        return found[0] if len(found) == 1 else text(reference.strip(), LONGEST_REFERENCE) or None
    inside = {each for value in _texts(reference) for each in DESIGN_ID.findall(value)}
    return inside.pop() if len(inside) == 1 else None


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict) and depth < MAX_DEPTH:
        for each in value if isinstance(value, list) else value.values():
            yield from _texts(each, depth + 1)


def _remaining_quantity(line: dict[str, Any]) -> int | None:
    """Return the remaining quantity of a line after refunds and edits, or None if it cannot be read.

    A line without any quantity counts as one.
    """
    left = line.get("current_quantity")
    if left is None and "quantity" not in line:
        return 1
    if left is None:
        return whole(line.get("quantity"), MAX_QUANTITY) or None  # an ordered quantity of 0 is not plausible
    return whole(left, MAX_QUANTITY)


def _assign_ids(lines: list[dict[str, Any]], fields: list[dict[str, Any]], order_id: str) -> list[dict[str, Any]]:
    """Return the lines, each with a unique id.

    If two lines have the same id, it goes to the one whose numeric and GraphQL ids agree, else to the first. A line
    without an id gets a substitute, which is the same for every message about this order.
    """
    claimed_ids = [(shopify_id(line.get("id")), id_of_gid(line.get("admin_graphql_api_id"))) for line in lines]
    in_doubt = [number is None or gid not in (None, number) for number, gid in claimed_ids]
    assigned: dict[str, int] = {}
    for place in sorted(range(len(lines)), key=in_doubt.__getitem__):
        free = [each for each in claimed_ids[place] if each and each not in assigned]
        assigned |= {free[0]: place} if free else {}
    by_place = {place: line_id for line_id, place in assigned.items()}
    substitutes: dict[str, int] = {}
    whole_lines = []
    for place, (claim, each) in enumerate(zip(claimed_ids, fields, strict=True)):
        line_id, unread = by_place.get(place), list(each.get("unread", []))
        if line_id is None or (None not in claim and claim[0] != claim[1]):
            unread.insert(0, "id")
        if line_id is None:
            reference = each["preview_ref"]
            substitutes[reference] = substitutes.get(reference, 0) + 1
            line_id = _substitute_id(order_id, reference, substitutes[reference])
        whole_lines.append({"line_item_id": line_id, **each, **_unread_field(unread)})
    return whole_lines


def _substitute_id(order_id: str, reference: str, number: int) -> str:
    """Return an id for a line that has none. It is not a number, so it never equals one of Shopify's ids."""
    return f"{order_id}-{hashlib.sha256(reference.encode()).hexdigest()[:12]}-{number}"


def _unread_field(names: list[str]) -> dict[str, list[str]]:
    return {"unread": names} if names else {}
