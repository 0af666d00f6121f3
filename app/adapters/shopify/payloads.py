"""Conversion of Admin API results to the format of Shopify's webhooks: numeric IDs, lower-case statuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.ports.shopify import ListedProduct, ProductDetails, ProductVariant
from app.core.times import from_text


def order(order_id: str, answer: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The order with all its line items, as a webhook payload would contain it now. Missing fields are None."""
    total = _part(answer, "totalPriceSet", "shopMoney")
    return {
        "id": order_id,
        "name": answer.get("name"),
        "updated_at": answer.get("updatedAt"),
        "cancelled_at": answer.get("cancelledAt"),
        "test": answer.get("test"),
        "financial_status": str(answer.get("displayFinancialStatus") or "").lower(),
        "total_price": _part(total, "amount"),
        "currency": _part(total, "currencyCode"),
        "line_items": [_line(line) for line in lines if line],
    }


def product(answer: Mapping[str, Any]) -> ListedProduct:
    return ListedProduct(
        shopify_product_id=str(_number(answer)),
        title=answer["title"],
        handle=answer["handle"],
        is_active=answer["status"] in ("ACTIVE", "UNLISTED"),
        changed_at=from_text(answer["updatedAt"]),
    )


def product_details(answer: Mapping[str, Any]) -> ProductDetails:
    variants = [_variant(node) for node in answer["variants"]["nodes"]]
    count = _part(answer, "variantsCount", "count")
    return ProductDetails(
        product(answer), answer["status"] == "ARCHIVED", variants, len(variants) if count is None else count
    )


def _variant(node: Mapping[str, Any]) -> ProductVariant:
    return ProductVariant(str(_number(node)), {each["name"]: each["value"] for each in node["selectedOptions"]})


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": _number(line),
        "product_id": _number(line.get("product")),
        "variant_id": _number(line.get("variant")),
        "title": line.get("title"),
        "quantity": line.get("quantity"),
        "current_quantity": line.get("currentQuantity"),
        "properties": [
            {"name": _part(each, "key"), "value": _part(each, "value")} for each in line.get("customAttributes") or []
        ],
    }


def _number(node: Mapping[str, Any] | None) -> str | None:
    """The numeric part of a node's GID; None without a node, such as the product of a custom line item."""
    gid = _part(node, "id")
    return gid.rpartition("/")[2] if isinstance(gid, str) else None


def _part(value: Any, *names: str) -> Any:
    """The value at a path of nested keys, or None if one is missing."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
