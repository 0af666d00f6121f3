"""Sweeps that keep tokens alive and readable; each does a bounded page, and its next call the next one."""

from __future__ import annotations

from datetime import timedelta

from app import jobs
from app.core.app import App
from app.core.errors import AppError
from app.jobs import Job, Lease
from app.shops import tokens
from app.shops.queries import tokens as token_queries

JOB = "shops.keep_token"
KEEP_BEFORE = timedelta(days=30)
"""A refresh token lasts 90 days. After 60 days without use it is renewed, which leaves 30 days for retries."""
PAGE = 50


async def keep_tokens(app: App) -> int:
    """Queue the refresh of up to 50 idle shops, each once a day until it succeeds. Return their number."""
    now = app.clock.now()
    key = (f"{JOB}:", f":{now:%Y-%m-%d}")
    quiet = await token_queries.fading_tokens(app.db, now + KEEP_BEFORE, key, PAGE)
    wanted = [jobs.new(JOB, shop_id, shop_id, at=now, dedupe_key=shop_id.join(key), priority=-1) for shop_id in quiet]
    if wanted:
        await app.db.batch(*[jobs.insert(job, now) for job in wanted])
        await app.queue.wake(*[job.id for job in wanted])
    return len(wanted)


async def keep_token(app: App, lease: Lease) -> None:
    """Job: refresh the tokens of one idle shop."""
    await tokens.renew(app, lease.job.shop_id, before=app.clock.now() + KEEP_BEFORE)
    await app.db.batch(*lease.finish(app.clock.now()))


async def not_kept(app: App, job: Job, fault: AppError) -> list[object]:
    """Nothing to do: tomorrow's sweep tries again, or the merchant's next visit brings a new token."""
    return []


async def reseal_tokens(app: App) -> int:
    """While TOKEN_KEY is being replaced, encrypt up to 50 tokens with the new key. Return how many could be decrypted.

    When none is left, OLD_TOKEN_KEY can be removed.
    """
    if app.settings.old_token_key is None:
        return 0
    found = await token_queries.tokens_of_another_key(app.db, app.vault.mark, PAGE)
    return sum([await tokens.reseal(app, stored) for stored in found])
