"""Personalization: a photo becomes a preview, a paid order becomes a print file.

Shoppers ask for previews (`previews`), the storefront reads what a product offers
(`offers`), orders bring approved designs (`orders`), and each paid line ends in one
print file (`prints`).
"""

from app.personalization.jobs import KINDS
from app.personalization.model import (
    PREVIEW_SIDE,
    Generation,
    Offer,
    OrderCard,
    PreviewRequest,
    PreviewState,
    Size,
    Style,
    Watermark,
)
from app.personalization.offers import offer, save_offer, save_styles, save_watermark
from app.personalization.orders import order_cards, order_fields
from app.personalization.previews import cancel_preview, preview_state, request_preview
from app.personalization.prints import print_link, retry_print
from app.personalization.summary import Summary, summary

__all__ = [
    "KINDS",
    "PREVIEW_SIDE",
    "Generation",
    "Offer",
    "OrderCard",
    "PreviewRequest",
    "PreviewState",
    "Size",
    "Style",
    "Summary",
    "Watermark",
    "cancel_preview",
    "offer",
    "order_cards",
    "order_fields",
    "preview_state",
    "print_link",
    "request_preview",
    "retry_print",
    "save_offer",
    "save_styles",
    "save_watermark",
    "summary",
]
