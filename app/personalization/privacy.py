"""The personal data of personalization: designs, orders and order lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app import jobs, quotas
from app.personalization.previews import PREVIEWS
from app.personalization.queries.personal_data import DesignsAndOrders
from app.personalization.tables import generations
from app.privacy import BOOKS, BROWSER, REQUEST, THE_CUSTOMER, THE_SHOP, WORK, Exported, Made

EXPORTED = {
    "generations": Exported(
        "Designs",
        (
            *("id", "product_id", "ai_style_id", "order_id", "size_id"),
            *("upload_asset_id", "preview_asset_id", "mockup_asset_id"),
            *("generation_type", "status", "crop", "error_code", "error_message", "model_used", "preflight"),
            *("original_width", "original_height", "final_width", "final_height", "created_at", "updated_at"),
        ),
        {
            "shop_id": THE_SHOP,
            "shopper_id": THE_CUSTOMER,
            "guest_session_id": BROWSER,
            "ai_prompt_used": "the prompt belongs to the shop",
            "master_asset_id": "the full picture is exported only if the design is paid for, as a file",
            "final_asset_id": "the order line refers to the print file",
            "idempotency_key": REQUEST,
            "quota_period": BOOKS,
            "cost_micros": BOOKS,
            "pinned_at": "the order lines show which designs were ordered",
            **dict.fromkeys(("progress", "duration_ms", "started_at", "completed_at", "generation_params"), WORK),
            **dict.fromkeys(("tiles", "tiles_fell_back"), WORK),
            **dict.fromkeys(("upscale_status", "upscale_factor", "upscale_started_at", "upscale_completed_at"), WORK),
        },
    ),
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
            *("created_at", "updated_at"),
        ),
        {"shop_id": THE_SHOP, "unread": WORK},
    ),
}


def refund(shop_id: str, design: Made, at: datetime) -> Sequence[Any]:
    """Return statements that release the slot of a cancelled preview and refund its quota."""
    is_running = jobs.is_running(shop_id, f"{PREVIEWS.name}:{design.id}")
    return [
        *quotas.release_slot_if(shop_id, PREVIEWS.lane, is_running),
        quotas.refund(shop_id, design.row["quota_period"], at),
    ]


PERSONAL_DATA = DesignsAndOrders(
    table=generations,
    folder="personalization",
    exported=EXPORTED,
    photo="upload_asset_id",
    fading=("master_asset_id", "preview_asset_id", "mockup_asset_id"),
    files=("final_asset_id",),
    emptied=("crop", "preflight"),
    charged=("quota_period",),
    refund=refund,
)
