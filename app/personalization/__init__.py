"""Personalization: turn photos into previews, and paid orders into print files.

Shoppers request previews (`previews`), the storefront reads the styles and sizes of a product (`offers`), order
webhooks refer to approved designs (`orders`), and each paid line gets exactly one print file (`prints`).
"""

from typing import TYPE_CHECKING

from app.core.lazy import facade

if TYPE_CHECKING:
    from app.personalization.blanks import map_base, save_base
    from app.personalization.dashboard import Summary, notices, summary
    from app.personalization.jobs import KINDS
    from app.personalization.model import (
        PREVIEW_SIDE,
        DesignUsage,
        Generation,
        LineFilter,
        LineQuery,
        Offer,
        OrderCard,
        PreviewRequest,
        PreviewState,
        PrintArchive,
        PrintHistory,
        Style,
        UnreadOrder,
        Watermark,
    )
    from app.personalization.offers import offer, save_offer, save_styles, save_watermark
    from app.personalization.order_actions import map_size, retry_note, retry_print
    from app.personalization.order_lists import order_cards, order_page, print_history, sizes_to_map
    from app.personalization.payloads import changed_order_fields, order_fields
    from app.personalization.photo_checks import good_width, rate_card
    from app.personalization.photo_metrics import measure
    from app.personalization.preflight import Preflight, Target, judge
    from app.personalization.previews import cancel_preview, preview_state, request_preview
    from app.personalization.print_archives import (
        archive_link,
        cancel_archive,
        mark_archive,
        mark_line,
        print_archive,
        request_archive,
    )
    from app.personalization.print_sizes import BaseVariant, Mapping, ProductBase, Size
    from app.personalization.prints import print_link
    from app.personalization.queries.previews import previews_by_status
    from app.personalization.queries.usage import usage_by_product, usage_by_style
    from app.personalization.replacement_pictures import approve_picture, open_picture, propose_picture
    from app.personalization.unread_orders import read_again, unread_orders
else:
    __getattr__ = facade(
        __name__,
        {
            "app.personalization.blanks": "map_base save_base",
            "app.personalization.dashboard": "Summary notices summary",
            "app.personalization.jobs": "KINDS",
            "app.personalization.model": (
                "DesignUsage Generation LineFilter LineQuery Offer OrderCard PREVIEW_SIDE PreviewRequest PreviewState "
                "PrintArchive PrintHistory Style UnreadOrder Watermark"
            ),
            "app.personalization.offers": "offer save_offer save_styles save_watermark",
            "app.personalization.order_actions": "map_size retry_note retry_print",
            "app.personalization.order_lists": "order_cards order_page print_history sizes_to_map",
            "app.personalization.payloads": "changed_order_fields order_fields",
            "app.personalization.photo_checks": "good_width rate_card",
            "app.personalization.photo_metrics": "measure",
            "app.personalization.preflight": "Preflight Target judge",
            "app.personalization.previews": "cancel_preview preview_state request_preview",
            "app.personalization.print_archives": (
                "archive_link cancel_archive mark_archive mark_line print_archive request_archive"
            ),
            "app.personalization.print_sizes": "BaseVariant Mapping ProductBase Size",
            "app.personalization.prints": "print_link",
            "app.personalization.queries.previews": "previews_by_status",
            "app.personalization.queries.usage": "usage_by_product usage_by_style",
            "app.personalization.replacement_pictures": "approve_picture open_picture propose_picture",
            "app.personalization.unread_orders": "read_again unread_orders",
        },
    )

__all__ = [
    "KINDS",
    "PREVIEW_SIDE",
    "BaseVariant",
    "DesignUsage",
    "Generation",
    "LineFilter",
    "LineQuery",
    "Mapping",
    "Offer",
    "OrderCard",
    "Preflight",
    "PreviewRequest",
    "PreviewState",
    "PrintArchive",
    "PrintHistory",
    "ProductBase",
    "Size",
    "Style",
    "Summary",
    "Target",
    "UnreadOrder",
    "Watermark",
    "approve_picture",
    "archive_link",
    "cancel_archive",
    "cancel_preview",
    "changed_order_fields",
    "good_width",
    "judge",
    "map_base",
    "map_size",
    "mark_archive",
    "mark_line",
    "measure",
    "notices",
    "offer",
    "open_picture",
    "order_cards",
    "order_fields",
    "order_page",
    "preview_state",
    "previews_by_status",
    "print_archive",
    "print_history",
    "print_link",
    "propose_picture",
    "rate_card",
    "read_again",
    "request_archive",
    "request_preview",
    "retry_note",
    "retry_print",
    "save_base",
    "save_offer",
    "save_styles",
    "save_watermark",
    "sizes_to_map",
    "summary",
    "unread_orders",
    "usage_by_product",
    "usage_by_style",
]
