"""The kinds of job that personalization runs."""

from __future__ import annotations

from app import generation, shops
from app.core.app import App
from app.core.errors import AppError
from app.jobs import Job, JobKind
from app.personalization import orders, previews, prints


async def _order_given_up(app: App, job: Job, fault: AppError) -> list[object]:
    return [shops.close_delivery(job.shop_id, job.subject_id, "failed", fault.code, app.clock.now())]


KINDS = (
    JobKind(
        previews.JOB,
        previews.make_preview,
        previews.give_up,
        max_attempts=3,
        first_wait_s=2,
        slots=generation.SLOTS,
    ),
    JobKind(orders.JOB, orders.take_order, _order_given_up),
    JobKind(prints.FINALIZE, prints.finalize, prints.give_up, patient=True),
    JobKind(prints.NOTE, prints.note_print, prints.note_given_up),
)
