"""Privacy: what is kept of people, how they and their shop see it, and how it goes.

It stands above the capabilities, because a person's data lie in all of them. Requests of
Shopify and of merchants are jobs (`requests`, `exports`, `people`, `leaving`), shoppers delete
their own photo (`photos`), and what nobody needs any more goes by itself (`retention`).
"""

from app.privacy.jobs import KINDS
from app.privacy.keeping import keep_previews
from app.privacy.leaving import shop_redact_fields
from app.privacy.model import LEAST_PREVIEW_LIFE, LONGEST_PREVIEW_LIFE, Line, Overview, Request
from app.privacy.photos import delete_photo
from app.privacy.requests import ask, customer_redact_fields, data_request_fields, overview
from app.privacy.retention import sweep
from app.privacy.traces import scrub

__all__ = [
    "KINDS",
    "LEAST_PREVIEW_LIFE",
    "LONGEST_PREVIEW_LIFE",
    "Line",
    "Overview",
    "Request",
    "ask",
    "customer_redact_fields",
    "data_request_fields",
    "delete_photo",
    "keep_previews",
    "overview",
    "scrub",
    "shop_redact_fields",
    "sweep",
]
