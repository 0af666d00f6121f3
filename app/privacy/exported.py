"""The columns that an export shows of each shared table, the columns that it withholds, and the reasons.

Each capability defines the same for its own tables in its `privacy.py`. A test compares these names with the tables, so
a new column must be added to one of the two lists.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.privacy.personal_data import Exported, Personal

THE_SHOP = "the same in every row: the page's heading names the shop"
THE_CUSTOMER = "the same in every row: the export is about this customer"
BROWSER = "names a browser's session, which others may have used"
BOOKS = "the shop's accounting"
WORK = "technical details of how the app processed the data"
REQUEST = "identifies a request, and is a secret between the app and a browser or Shopify"

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
        "Data received from Shopify",
        ("id", "topic", "triggered_at", "status", "fields", "created_at", "updated_at"),
        {
            "shop_id": THE_SHOP,
            "event_id": REQUEST,
            "webhook_id": REQUEST,
            "error": WORK,
            "job_kind": WORK,
            "customer_id": THE_CUSTOMER,
        },
    ),
}
DELIVERED = (
    *("customer_id", "order_id", "order_number", "total_price", "currency", "financial_status"),
    *("cancelled_at", "updated_at", "test", "lines", "orders"),
)
"""The recorded fields of a webhook that an export shows: those about the customer and their order."""
_NOT_EXPORTED = {
    "guest_sessions": "a browser's session, which others may have used; what was made in it is exported",
    "privacy_requests": "records only that this export was requested",
}


def exported_tables(personal: Personal) -> Mapping[str, Exported]:
    """Return the tables of an export, in the order in which it shows them."""
    return _FIRST | {name: table for each in personal for name, table in each.exported.items()} | _LAST


def unexported_tables(personal: Personal) -> Mapping[str, str]:
    """Return the other tables that refer to a customer or to their browser, and why an export leaves them out."""
    return _NOT_EXPORTED | {name: reason for each in personal for name, reason in each.not_exported.items()}
