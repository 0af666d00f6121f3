"""The kinds of job that shops run."""

from __future__ import annotations

from app.jobs import JobKind
from app.shops import installs, keeping, scopes, webhooks

UNINSTALL_TRIES = 12
"""For some two hours: it may ask Shopify. After that, shop/redact asks again two days later."""

KINDS = (
    JobKind("shops.uninstall", installs.uninstall, webhooks.give_up, max_attempts=UNINSTALL_TRIES),
    JobKind("shops.rescope", scopes.rescope, webhooks.give_up),
    JobKind(keeping.JOB, keeping.keep_token, keeping.not_kept),
)
