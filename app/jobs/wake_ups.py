"""Hints to jobs whose first one found no free slot, was lost, or came before the job's time."""

from __future__ import annotations

from datetime import timedelta

from app.core.app import App
from app.core.errors import Unavailable
from app.jobs import queries
from app.jobs.kinds import Kinds, here
from app.jobs.model import Slots

MOST_IN_LINE = 10
MOST_WAKE_UPS = 100
WAKE_UP_LIFE = timedelta(minutes=1)
"""After so long without a run, a hint is taken for lost. Hints that come twice do no harm."""


async def resend_wake_ups(app: App, kinds: Kinds) -> int:
    """Hint again at up to 100 jobs that may run here and whose hint is old; how many."""
    now = app.clock.now()
    (woken,) = await app.db.batch(queries.mark_woken(now, now - WAKE_UP_LIFE, here(app, kinds), MOST_WAKE_UPS))
    await app.queue.wake(*[str(row["id"]) for row in woken.rows])
    return len(woken.rows)


async def wake_next_in_line(app: App, shop_id: str, slots: Slots) -> None:
    """Wake the shop's next due jobs of a lane, whatever their kinds: up to 10, and no more than slots are free.

    Call it after a job that holds a slot has ended, and after one that might have got a slot was cancelled. A job whose
    wake-up found every slot taken gets no other, so the jobs that held those slots must wake it. Never raises.
    """
    try:
        waiting = await queries.in_line(
            app.db, shop_id, str(slots.lane), slots.room(shop_id), app.clock.now(), MOST_IN_LINE
        )
    except Unavailable as fault:  # the sweep hints again
        app.log.warning("line_not_hinted", shop=shop_id, lane=slots.lane, code=fault.code)
        return
    await app.queue.wake(*waiting)
