"""Send a merchant what needs attention."""

from __future__ import annotations

import asyncio
from typing import Any

from app import jobs, shops
from app.core.app import App
from app.core.errors import AppError, Refused
from app.core.lazy import load
from app.core.ports.mailer import Mail, NotSent
from app.jobs import Job, Lease
from app.notifications import queries
from app.notifications.model import MAIL_EVERY, Notice, mail_subject, mail_text

SEND = "notifications.send"


async def expect_mail(app: App, shop_id: str) -> list[Any]:
    """Return statements that schedule a mail, if one can be sent to this shop and none is scheduled.

    The job needs no wake-up: it is due later, and the sweep starts what is due.
    """
    if app.mailer is None:
        return []
    to, now = await queries.recipient(app.db, shop_id), app.clock.now()
    if to is None or not to.takes_mail:
        return []
    job = jobs.new(SEND, shop_id, shop_id, at=to.due_at(now), priority=-1)
    return [queries.schedule(job, now)]


async def send(app: App, lease: Lease) -> None:
    """Job: send one mail with the notices of now, or none if there are none.

    The mail is recorded before it is sent, so that a crash between the two costs one mail and never sends it twice.
    """
    shop_id, now = lease.job.shop_id, app.clock.now()
    to = await queries.recipient(app.db, shop_id)
    shop = await shops.active_shop(app.db, shop_id)
    if app.mailer and to and shop and to.email and to.takes_mail and (notices := await _notices(app, shop)):
        try:
            await app.db.batch(queries.record_mail(shop_id, now, now - MAIL_EVERY))
        except Refused:
            app.log.info("mail_sent_before", shop=shop_id)
        else:
            admin = app.shopify_auth.admin_url(shop_id, f"apps/{app.settings.shopify_api_key}")
            text = mail_text(to.shop_name or shop_id, notices, admin)
            try:
                await app.mailer.send(Mail(to.email, mail_subject(notices), text, lease.job.id + f"-{now:%Y%m%d}"))
            except NotSent:
                await app.db.batch(queries.take_back_mail(shop_id, now, to.mailed_at))
                raise
    await app.db.batch(*lease.finish(now))


async def on_failure(app: App, job: Job, fault: AppError) -> list[object]:
    """Only log it: the pages show the same as the mail, and the next event schedules another."""
    app.log.warning("mail_not_sent", shop=job.shop_id, code=fault.code)
    return []


async def _notices(app: App, shop: shops.Shop) -> list[Notice]:
    named = [load(name) for each in app.capabilities for name in each.notices]
    found = await asyncio.gather(*[notices(app, shop) for notices in named])
    return [notice for some in found for notice in some]
