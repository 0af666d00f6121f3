"""The kinds of job that personalization runs."""

from __future__ import annotations

from app import generation
from app.jobs import JobKind
from app.personalization import order_actions, orders, preview_making, previews, print_archives, prints
from app.personalization.model import NOTE, REREAD
from app.personalization.print_files import PRINT
from app.personalization.print_rendering import PRINT_RENDER
from app.quotas import SLOTS
from app.render_workers import heavy_kind

NOTE_TRIES = 32
"""The retries span more than half a day: the print file is made, so the Shopify order must be updated even after a long
outage of Shopify."""

KINDS = (
    generation.job_kind(previews.PREVIEWS, preview_making.make_preview),
    JobKind(orders.TAKE, orders.take_order, orders.on_failure),
    JobKind(REREAD, orders.reread_order, orders.on_failure),
    JobKind(order_actions.REMATCH, order_actions.rematch_variant, order_actions.on_failure),
    heavy_kind(prints.FINALIZE, PRINT_RENDER, prints.on_failure, background=True, legacy_output=PRINT),
    JobKind(NOTE, prints.note_print, prints.on_note_failure, max_attempts=NOTE_TRIES),
    JobKind(
        print_archives.PACK,
        print_archives.pack_prints,
        print_archives.on_failure,
        max_attempts=3,
        slots=SLOTS[print_archives.LANE],
        background=True,
    ),
)
