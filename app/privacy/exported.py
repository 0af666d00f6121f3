"""What a customer gets of each table that capabilities share, what stays with the shop, and why.

Each capability says the same of its own tables in its `privacy.py`. A test compares these names with the tables: a new
column has to be put into one of the two lists.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.privacy.personal_data import Exported, Personal

THE_SHOP = "the same in every row: the page's heading names the shop"
THE_CUSTOMER = "the same in every row: the export is about this customer"
BROWSER = "names a browser's session, which others may have used"
BOOKS = "the shop's accounting"
WORK = "how the app did its work, and not what it did"
REQUEST = "the key of a request, which is a secret between a browser or Shopify and the app"

_FIRST = {
    "shoppers": Exported(
        "Customer",
        ("id", "shopify_customer_id", "created_at", "updated_at"),
        {"shop_id": THE_SHOP},
    ),
}
_LAST = {
    "assets": Exported(
        "Pictures",
        (
            *("id", "purpose", "filename", "mime", "bytes", "width", "height", "owner_type", "owner_id"),
            *("arrived_at", "expires_at", "deleted_at", "created_at", "updated_at"),
        ),
        {
            "shop_id": THE_SHOP,
            "shopper_id": THE_CUSTOMER,
            "guest_session_id": BROWSER,
            "key": "where the file is in the shop's storage; `file` says where it is in the export",
            "sha256": WORK,
            "parent_asset_id": WORK,
        },
    ),
    "webhook_deliveries": Exported(
        "What Shopify told the app",
        ("id", "topic", "triggered_at", "status", "fields", "created_at", "updated_at"),
        {
            "shop_id": THE_SHOP,
            "event_id": REQUEST,
            "webhook_id": REQUEST,
            "error": WORK,
            "job_kind": WORK,
        },
    ),
}
DELIVERED = (
    *("customer_id", "order_id", "order_number", "total_price", "currency", "financial_status"),
    *("cancelled_at", "updated_at", "test", "lines", "orders"),
)
"""Of the fields that are kept of a webhook, those that a customer gets: what Shopify said of them and their order."""
_NOT_EXPORTED = {
    "guest_sessions": "a browser's session, which others may have used; what was made in it is exported",
    "privacy_requests": "records only that this export was requested",
}


def exported_tables(personal: Personal) -> Mapping[str, Exported]:
    """Return the tables of an export, in its order."""
    return _FIRST | {name: table for each in personal for name, table in each.exported.items()} | _LAST


def unexported_tables(personal: Personal) -> Mapping[str, str]:
    """Return the other tables that point to a customer or to their browser, and why an export goes without them."""
    return _NOT_EXPORTED | {name: reason for each in personal for name, reason in each.not_exported.items()}
