"""The kinds of job in this package."""

from __future__ import annotations

from app import shops
from app.jobs import JobKind
from app.privacy import customer_redaction, exports, photos, requests, shop_redaction

TRIES = 48
"""Enough attempts for more than a day, so that an outage of the storage does not prevent a requested deletion."""

KINDS = (
    JobKind(requests.TAKE, requests.take_request, shops.on_failure, background=True),
    JobKind("privacy.export", exports.export, requests.on_failure, background=True),
    JobKind("privacy.redact", customer_redaction.redact, requests.on_failure, max_attempts=TRIES, background=True),
    JobKind("privacy.redact_shop", shop_redaction.redact_shop, shops.on_failure, max_attempts=TRIES, background=True),
    JobKind(photos.JOB, photos.empty_photo, photos.on_failure, max_attempts=TRIES, background=True),
)
