"""The personal data of personalization: designs, orders and order lines."""

from __future__ import annotations

from app import generation
from app.personalization.previews import PREVIEWS
from app.personalization.queries.personal_data import DesignsAndOrders
from app.privacy import THE_SHOP, WORK, Exported

SHOWN = (
    *("product_id", "ai_style_id", "order_id", "size_id", "generation_type", "crop", "preflight"),
    *("upload_asset_id", "preview_asset_id", "mockup_asset_id"),
    *("original_width", "original_height", "final_width", "final_height"),
)
WITHHELD = {
    "ai_prompt_used": "the prompt belongs to the shop",
    "master_asset_id": "the full picture is exported only if the design is paid for, as a file",
    "final_asset_id": "the order line refers to the print file",
    "pinned_at": "the order lines show which designs were ordered",
    **dict.fromkeys(("generation_params", "tiles", "tiles_fell_back"), WORK),
    **dict.fromkeys(("upscale_status", "upscale_factor", "upscale_started_at", "upscale_completed_at"), WORK),
}
ORDERS = {
    "orders": Exported(
        "Orders",
        (
            *("id", "shopify_order_id", "customer_id", "order_number", "total_price", "currency", "status"),
            *("paid_at", "cancelled_at", "is_test", "created_at", "updated_at"),
        ),
        {"shop_id": THE_SHOP, **dict.fromkeys(("as_of", "revision", "customer_as_of"), WORK)},
    ),
    "order_items": Exported(
        "Order lines",
        (
            *("id", "order_id", "shopify_line_item_id", "title", "quantity", "shopify_product_id"),
            *("shopify_variant_id", "preview_ref", "preview_generation_id", "proposed_generation_id"),
            *("final_generation_id", "print_asset_id", "size_id", "state", "reason", "approved_at"),
            *("sent_to_printer_at", "created_at", "updated_at"),
        ),
        {"shop_id": THE_SHOP, "unread": WORK},
    ),
}

PERSONAL_DATA = generation.personal_data(
    PREVIEWS,
    "Designs",
    SHOWN,
    WITHHELD,
    ORDERS,
    shape=DesignsAndOrders,
    fading=("master_asset_id", "preview_asset_id", "mockup_asset_id"),
    files=("final_asset_id",),
    emptied=("crop", "preflight"),
)
