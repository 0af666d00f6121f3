"""What a customer gets of each table that holds something of theirs, and what stays with the shop, and why.

A test compares these names with the tables: a new column has to be put into one of the two lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_THE_SHOP = "the same in every row: the heading of the page names the shop"
_THE_CUSTOMER = "the same in every row: the export is about this customer"
_BROWSER = "identifies a browser session, which others may have used"
_BOOKS = "the shop's accounting"
_WORK = "how the app did its work, not the result"
_REQUEST = "the key of a request, which is a secret between a browser or Shopify and the app"


@dataclass(frozen=True)
class Exported:
    """A table in an export: its heading, the columns that a customer gets, and why they do not get the others."""

    title: str
    shown: tuple[str, ...]
    withheld: Mapping[str, str]


EXPORTED = {
    "shoppers": Exported(
        "Customer",
        ("id", "shopify_customer_id", "created_at", "updated_at"),
        {"shop_id": _THE_SHOP},
    ),
    "generations": Exported(
        "Designs",
        (
            *("id", "product_id", "ai_style_id", "order_id", "size_id"),
            *("upload_asset_id", "preview_asset_id", "mockup_asset_id"),
            *("generation_type", "status", "crop", "error_code", "error_message", "ai_model_used", "preflight"),
            *("original_width", "original_height", "final_width", "final_height", "created_at", "updated_at"),
        ),
        {
            "shop_id": _THE_SHOP,
            "shopper_id": _THE_CUSTOMER,
            "guest_session_id": _BROWSER,
            "ai_prompt_used": "the shop's recipe for this style",
            "master_asset_id": "unpaid designs' full pictures are not exported; that of a paid one names its design",
            "final_asset_id": "the order's line names its print file",
            "idempotency_key": _REQUEST,
            "quota_period": _BOOKS,
            "pinned_at": "the order lines say what was ordered",
            **dict.fromkeys(("progress", "processing_time_ms", "generation_params"), _WORK),
            **dict.fromkeys(("tiles", "tiles_fell_back"), _WORK),
            **dict.fromkeys(("upscale_status", "upscale_factor", "upscale_started_at", "upscale_completed_at"), _WORK),
        },
    ),
    "assets": Exported(
        "Pictures",
        (
            *("id", "purpose", "filename", "mime", "bytes", "width", "height", "owner_type", "owner_id"),
            *("arrived_at", "expires_at", "deleted_at", "created_at", "updated_at"),
        ),
        {
            "shop_id": _THE_SHOP,
            "shopper_id": _THE_CUSTOMER,
            "guest_session_id": _BROWSER,
            "key": "where the file is in the shop's storage; `file` says where it is in the export",
            "sha256": _WORK,
            "parent_asset_id": _WORK,
        },
    ),
    "orders": Exported(
        "Orders",
        (
            *("id", "shopify_order_id", "customer_id", "order_number", "total_price", "currency", "status"),
            *("paid_at", "cancelled_at", "is_test", "created_at", "updated_at"),
        ),
        {"shop_id": _THE_SHOP, **dict.fromkeys(("told_at", "revision", "customer_told_at"), _WORK)},
    ),
    "order_items": Exported(
        "Order lines",
        (
            *("id", "order_id", "shopify_line_item_id", "title", "quantity", "shopify_product_id"),
            *("shopify_variant_id", "preview_ref", "preview_generation_id", "proposed_generation_id"),
            *("final_generation_id", "print_asset_id", "size_id", "state", "reason", "approved_at"),
            *("created_at", "updated_at"),
        ),
        {"shop_id": _THE_SHOP, "unread": _WORK},
    ),
    "webhook_deliveries": Exported(
        "What Shopify told the app",
        ("id", "topic", "triggered_at", "status", "fields", "created_at", "updated_at"),
        {
            "shop_id": _THE_SHOP,
            "event_id": _REQUEST,
            "webhook_id": _REQUEST,
            "error": _WORK,
        },
    ),
}
DELIVERED = (
    *("customer_id", "order_id", "order_number", "total_price", "currency", "financial_status"),
    *("cancelled_at", "updated_at", "test", "lines", "orders"),
)
"""Of the fields that are kept of a webhook, those that a customer gets: what Shopify said of them and their order."""
NOT_EXPORTED = {
    "guest_sessions": "a browser's session, which others may have used; what was made in it is exported",
    "privacy_requests": "records only that this export was requested",
}
"""Other tables that point to a customer or to their browser, and why an export goes without them."""
