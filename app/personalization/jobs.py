"""The kinds of job that personalization runs."""

from __future__ import annotations

from app import generation, shops
from app.jobs import JobKind
from app.personalization import orders, previews, prints, renderings

KINDS = (
    JobKind(
        previews.JOB,
        renderings.render,
        renderings.give_up,
        max_attempts=3,
        first_wait_s=2,
        slots=generation.SLOTS,
    ),
    JobKind(orders.JOB, orders.take_order, shops.give_up),
    JobKind(prints.FINALIZE, prints.finalize, prints.give_up, patient=True),
    JobKind(prints.NOTE, prints.note_print, prints.note_given_up),
)
