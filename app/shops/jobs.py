"""The kinds of job that shops run."""

from __future__ import annotations

from app.jobs import JobKind
from app.shops import installs, scopes, token_upkeep, webhooks

UNINSTALL_TRIES = 12
"""For some two hours: it may ask Shopify. After that, shop/redact asks again two days later."""

KINDS = (
    JobKind("shops.uninstall", installs.uninstall, webhooks.on_failure, max_attempts=UNINSTALL_TRIES),
    JobKind("shops.rescope", scopes.rescope, webhooks.on_failure),
    JobKind(token_upkeep.JOB, token_upkeep.keep_token, token_upkeep.not_kept),
)
