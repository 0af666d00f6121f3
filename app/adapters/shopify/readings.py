"""Answers of the Admin API in the words of Shopify's webhooks: numeric ids, lower-case statuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.ports import ListedProduct
from app.core.times import from_text


def order(order_id: str, answer: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The order with all its lines, as a webhook of it would say it now."""
    total = answer["totalPriceSet"]["shopMoney"]
    return {
        "id": order_id,
        "name": answer["name"],
        "updated_at": answer["updatedAt"],
        "cancelled_at": answer["cancelledAt"],
        "test": answer["test"],
        "financial_status": (answer["displayFinancialStatus"] or "").lower(),
        "total_price": total["amount"],
        "currency": total["currencyCode"],
        "line_items": [_line(line) for line in lines],
    }


def product(answer: Mapping[str, Any]) -> ListedProduct:
    return ListedProduct(
        shopify_product_id=str(_number(answer)),
        title=answer["title"],
        handle=answer["handle"],
        is_active=answer["status"] in ("ACTIVE", "UNLISTED"),
        changed_at=from_text(answer["updatedAt"]),
    )


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": _number(line),
        "product_id": _number(line["product"]),
        "variant_id": _number(line["variant"]),
        "title": line["title"],
        "quantity": line["quantity"],
        "current_quantity": line["currentQuantity"],
        "properties": [{"name": each["key"], "value": each["value"]} for each in line["customAttributes"]],
    }


def _number(node: Mapping[str, Any] | None) -> str | None:
    """The numeric part of a GID; None where there is nothing, as the product of a custom line."""
    return node["id"].rpartition("/")[2] if node else None
