"""Wake-ups for jobs whose first one found no free slot, was lost, or came before the job was due."""

from __future__ import annotations

from datetime import timedelta

from app.core.app import App
from app.core.errors import Unavailable
from app.jobs.kinds import Kinds, here
from app.jobs.model import Slots
from app.jobs.queries import rows

MOST_IN_LINE = 10
MOST_WAKE_UPS = 100
WAKE_UP_LIFE = timedelta(minutes=1)
"""A wake-up counts as lost after so long without a run. A second one does no harm."""


async def resend_wake_ups(app: App, kinds: Kinds) -> int:
    """Wake up to 100 jobs that may run here and whose last wake-up is old; return how many."""
    now = app.clock.now()
    (woken,) = await app.db.batch(rows.mark_woken(now, now - WAKE_UP_LIFE, here(app, kinds), MOST_WAKE_UPS))
    await app.queue.wake(*[str(row["id"]) for row in woken.rows])
    return len(woken.rows)


async def wake_next_in_line(app: App, shop_id: str, slots: Slots) -> None:
    """Wake the shop's next due jobs of a lane, whatever their kinds: up to 10, and no more than slots are free.

    Call it after a job that holds a slot has ended, and after one that might have got a slot was cancelled. A job whose
    wake-up found every slot taken gets no other, so the jobs that held those slots must wake it. Never raises.
    """
    try:
        waiting = await rows.in_line(
            app.db, shop_id, str(slots.lane), slots.room(shop_id), app.clock.now(), MOST_IN_LINE
        )
    except Unavailable as fault:  # the sweep wakes them
        app.log.warning("line_not_hinted", shop=shop_id, lane=slots.lane, code=fault.code)
        return
    await app.queue.wake(*waiting)
