"""Personalization: turn photos into previews, and paid orders into print files.

Shoppers request previews (`previews`), the storefront reads the styles and sizes of a product (`offers`), order
webhooks refer to approved designs (`orders`), and each paid line gets exactly one print file (`prints`).
"""

from typing import TYPE_CHECKING

from app.core.lazy import facade

if TYPE_CHECKING:
    from app.personalization.blank_editing import (
        FORMATS,
        UNITS,
        BlankEditor,
        BlankForm,
        OpenOrders,
        SizeForm,
        add_size,
        blank_editor,
        create_blank,
        save_blank,
        save_size,
    )
    from app.personalization.blanks import activate_blank, blank_list, map_base, save_base, take_blank
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
    from app.personalization.offers import offer, save_watermark
    from app.personalization.order_actions import map_size, retry_note, retry_print
    from app.personalization.order_lists import order_cards, order_page, print_history, sizes_to_map
    from app.personalization.payloads import changed_order_fields, order_fields
    from app.personalization.photo_checks import good_width, rate_card
    from app.personalization.photo_metrics import measure
    from app.personalization.preflight import Preflight, Target, assess
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
    from app.personalization.products import (
        ProductList,
        ProductSetup,
        VariantRow,
        add_products,
        choose_products,
        leave_blank,
        move_offered_style,
        offer_style,
        product_card,
        product_list,
        product_setup,
        reread_product,
        save_print_areas,
        use_blank,
    )
    from app.personalization.prompts import PLACEHOLDERS
    from app.personalization.queries.previews import previews_by_status
    from app.personalization.queries.usage import usage_by_product, usage_by_style
    from app.personalization.replacement_pictures import approve_picture, open_picture, propose_picture
    from app.personalization.setup_progress import SetupGuide, Step, setup_guide
    from app.personalization.starter_set import STARTER_BLANKS, STARTER_STYLES, StarterSize, starter_blank
    from app.personalization.style_editing import (
        LONGEST_NAME,
        LONGEST_PROMPT,
        StyleForm,
        copy_style,
        create_style,
        open_example,
        save_style,
        set_example,
        style_form,
    )
    from app.personalization.styles import (
        activate_style,
        archive_style,
        move_style,
        starter_example,
        style_list,
        take_style,
    )
    from app.personalization.unprocessed_orders import read_again, unread_orders
    from app.personalization.watermarks import (
        POSITIONS,
        SIZE_RANGE,
        WatermarkForm,
        sample,
        save_watermark_form,
        watermark_form,
    )
else:
    __getattr__ = facade(
        __name__,
        {
            "app.personalization.blank_editing": (
                "add_size blank_editor BlankEditor BlankForm create_blank FORMATS OpenOrders save_blank "
                "save_size SizeForm UNITS"
            ),
            "app.personalization.blanks": "activate_blank blank_list map_base save_base take_blank",
            "app.personalization.dashboard": "notices Summary summary",
            "app.personalization.jobs": "KINDS",
            "app.personalization.model": (
                "DesignUsage Generation LineFilter LineQuery Offer OrderCard PREVIEW_SIDE PreviewRequest "
                "PreviewState PrintArchive PrintHistory Style UnreadOrder Watermark"
            ),
            "app.personalization.offers": "offer save_watermark",
            "app.personalization.order_actions": "map_size retry_note retry_print",
            "app.personalization.order_lists": "order_cards order_page print_history sizes_to_map",
            "app.personalization.payloads": "changed_order_fields order_fields",
            "app.personalization.photo_checks": "good_width rate_card",
            "app.personalization.photo_metrics": "measure",
            "app.personalization.preflight": "assess Preflight Target",
            "app.personalization.previews": "cancel_preview preview_state request_preview",
            "app.personalization.print_archives": (
                "archive_link cancel_archive mark_archive mark_line print_archive request_archive"
            ),
            "app.personalization.print_sizes": "BaseVariant Mapping ProductBase Size",
            "app.personalization.prints": "print_link",
            "app.personalization.products": (
                "add_products choose_products leave_blank move_offered_style offer_style product_card "
                "product_list product_setup ProductList ProductSetup reread_product save_print_areas use_blank "
                "VariantRow"
            ),
            "app.personalization.prompts": "PLACEHOLDERS",
            "app.personalization.queries.previews": "previews_by_status",
            "app.personalization.queries.usage": "usage_by_product usage_by_style",
            "app.personalization.replacement_pictures": "approve_picture open_picture propose_picture",
            "app.personalization.setup_progress": "setup_guide SetupGuide Step",
            "app.personalization.starter_set": "starter_blank STARTER_BLANKS STARTER_STYLES StarterSize",
            "app.personalization.style_editing": (
                "copy_style create_style LONGEST_NAME LONGEST_PROMPT open_example save_style set_example "
                "style_form StyleForm"
            ),
            "app.personalization.styles": (
                "activate_style archive_style move_style starter_example style_list take_style"
            ),
            "app.personalization.unprocessed_orders": "read_again unread_orders",
            "app.personalization.watermarks": (
                "POSITIONS sample save_watermark_form SIZE_RANGE watermark_form WatermarkForm"
            ),
        },
    )

__all__ = [
    "FORMATS",
    "KINDS",
    "LONGEST_NAME",
    "LONGEST_PROMPT",
    "PLACEHOLDERS",
    "POSITIONS",
    "PREVIEW_SIDE",
    "SIZE_RANGE",
    "STARTER_BLANKS",
    "STARTER_STYLES",
    "UNITS",
    "BaseVariant",
    "BlankEditor",
    "BlankForm",
    "DesignUsage",
    "Generation",
    "LineFilter",
    "LineQuery",
    "Mapping",
    "Offer",
    "OpenOrders",
    "OrderCard",
    "Preflight",
    "PreviewRequest",
    "PreviewState",
    "PrintArchive",
    "PrintHistory",
    "ProductBase",
    "ProductList",
    "ProductSetup",
    "SetupGuide",
    "Size",
    "SizeForm",
    "StarterSize",
    "Step",
    "Style",
    "StyleForm",
    "Summary",
    "Target",
    "UnreadOrder",
    "VariantRow",
    "Watermark",
    "WatermarkForm",
    "activate_blank",
    "activate_style",
    "add_products",
    "add_size",
    "approve_picture",
    "archive_link",
    "archive_style",
    "assess",
    "blank_editor",
    "blank_list",
    "cancel_archive",
    "cancel_preview",
    "changed_order_fields",
    "choose_products",
    "copy_style",
    "create_blank",
    "create_style",
    "good_width",
    "leave_blank",
    "map_base",
    "map_size",
    "mark_archive",
    "mark_line",
    "measure",
    "move_offered_style",
    "move_style",
    "notices",
    "offer",
    "offer_style",
    "open_example",
    "open_picture",
    "order_cards",
    "order_fields",
    "order_page",
    "preview_state",
    "previews_by_status",
    "print_archive",
    "print_history",
    "print_link",
    "product_card",
    "product_list",
    "product_setup",
    "propose_picture",
    "rate_card",
    "read_again",
    "request_archive",
    "request_preview",
    "reread_product",
    "retry_note",
    "retry_print",
    "sample",
    "save_base",
    "save_blank",
    "save_print_areas",
    "save_size",
    "save_style",
    "save_watermark",
    "save_watermark_form",
    "set_example",
    "setup_guide",
    "sizes_to_map",
    "starter_blank",
    "starter_example",
    "style_form",
    "style_list",
    "summary",
    "take_blank",
    "take_style",
    "unread_orders",
    "usage_by_product",
    "usage_by_style",
    "use_blank",
    "watermark_form",
]
