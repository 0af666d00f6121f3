"""Privacy: exporting, redacting and expiring personal data.

This package is below the capabilities and names none of their tables; each capability supplies a PersonalData
(`personal_data`). Requests from Shopify and from merchants run as jobs (`requests`, `exports`, `customer_redaction`,
`shop_redaction`), shoppers delete their own photos (`photos`), and data that is no longer needed expires (`retention`).
"""

from typing import TYPE_CHECKING

from app.core.lazy import facade

if TYPE_CHECKING:
    from app.privacy.deleted_rows import scrub
    from app.privacy.exported import (
        BOOKS,
        BROWSER,
        REQUEST,
        THE_CUSTOMER,
        THE_SHOP,
        WORK,
        exported_tables,
        unexported_tables,
    )
    from app.privacy.jobs import KINDS
    from app.privacy.model import LEAST_PREVIEW_LIFE, LONGEST_PREVIEW_LIFE, Customer, Line, Made, Overview, Request
    from app.privacy.owned_tables import for_table
    from app.privacy.personal_data import Exported, Personal, PersonalData, all_personal_data
    from app.privacy.photos import delete_photo
    from app.privacy.queries.browsers import Browsers
    from app.privacy.queries.owned import OwnedTable
    from app.privacy.requests import ask, customer_redact_fields, data_request_fields, overview
    from app.privacy.retention import sweep
    from app.privacy.retention_settings import keep_previews
    from app.privacy.shop_redaction import shop_redact_fields
else:
    __getattr__ = facade(
        __name__,
        {
            "app.privacy.exported": (
                "BOOKS BROWSER REQUEST THE_CUSTOMER THE_SHOP WORK exported_tables unexported_tables"
            ),
            "app.privacy.jobs": "KINDS",
            "app.privacy.model": "Customer LEAST_PREVIEW_LIFE LONGEST_PREVIEW_LIFE Line Made Overview Request",
            "app.privacy.owned_tables": "for_table",
            "app.privacy.personal_data": "Exported Personal PersonalData all_personal_data",
            "app.privacy.photos": "delete_photo",
            "app.privacy.queries.browsers": "Browsers",
            "app.privacy.queries.owned": "OwnedTable",
            "app.privacy.requests": "ask customer_redact_fields data_request_fields overview",
            "app.privacy.retention": "sweep",
            "app.privacy.retention_settings": "keep_previews",
            "app.privacy.shop_redaction": "shop_redact_fields",
            "app.privacy.deleted_rows": "scrub",
        },
    )

__all__ = [
    "BOOKS",
    "BROWSER",
    "KINDS",
    "LEAST_PREVIEW_LIFE",
    "LONGEST_PREVIEW_LIFE",
    "REQUEST",
    "THE_CUSTOMER",
    "THE_SHOP",
    "WORK",
    "Browsers",
    "Customer",
    "Exported",
    "Line",
    "Made",
    "Overview",
    "OwnedTable",
    "Personal",
    "PersonalData",
    "Request",
    "all_personal_data",
    "ask",
    "customer_redact_fields",
    "data_request_fields",
    "delete_photo",
    "exported_tables",
    "for_table",
    "keep_previews",
    "overview",
    "scrub",
    "shop_redact_fields",
    "sweep",
    "unexported_tables",
]
