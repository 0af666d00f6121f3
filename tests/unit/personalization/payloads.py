"""An order as Shopify sends it, with everything that we do not keep."""

from __future__ import annotations

from typing import Any

PREVIEW = "019aa0d1-0000-7000-8000-000000000001"


def line(line_id: int = 501, preview: str | None = PREVIEW, **changes: Any) -> dict[str, Any]:
    properties = [{"name": "Gift wrap", "value": "yes"}]
    properties += [{"name": "_artify_preview", "value": preview}] if preview is not None else []
    return {
        "id": line_id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{line_id}",
        "product_id": 1001,
        "variant_id": 2001,
        "title": "Photo poster",
        "quantity": 2,
        "price": "24.90",
        "properties": properties,
        "tax_lines": [],
    } | changes


def order(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "id": 9001,
        "admin_graphql_api_id": "gid://shopify/Order/9001",
        "name": "#1001",
        "order_number": 1001,
        "email": "jane.doe@example.com",
        "phone": "+4915112345678",
        "customer": {"id": 7001, "email": "jane.doe@example.com", "first_name": "Jane"},
        "billing_address": {"address1": "Long Street 1", "city": "Berlin"},
        "note": "For grandma",
        "total_price": "49.80",
        "currency": "EUR",
        "financial_status": "paid",
        "created_at": "2026-11-21T11:59:58-05:00",
        "cancelled_at": None,
        "test": False,
        "line_items": list(lines) or [line()],
    } | changes
