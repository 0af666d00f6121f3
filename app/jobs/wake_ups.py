"""Further wake-ups for jobs whose first wake-up was lost, came before the job was due, or found no free slot."""

from __future__ import annotations

from datetime import timedelta

from app.core.app import App
from app.core.errors import Unavailable
from app.jobs.kinds import Kinds, runnable_here
from app.jobs.model import Slots
from app.jobs.queries import rows

MOST_IN_LINE = 10
MOST_WAKE_UPS = 100
WAKE_UP_LIFE = timedelta(minutes=1)
"""How long after a wake-up a job that has not run is woken again. A superfluous wake-up does no harm."""


async def resend_wake_ups(app: App, kinds: Kinds) -> int:
    """Wake up to MOST_WAKE_UPS jobs that this deployment runs and whose last wake-up is old; return how many."""
    now = app.clock.now()
    (woken,) = await app.db.batch(rows.mark_woken(now, now - WAKE_UP_LIFE, runnable_here(app, kinds), MOST_WAKE_UPS))
    await app.queue.wake(*[str(row["id"]) for row in woken.rows])
    return len(woken.rows)


async def wake_next_in_line(app: App, shop_id: str, slots: Slots) -> None:
    """Wake the next due jobs in a shop's lane, of any kind: at most MOST_IN_LINE, and no more than slots are free.

    Call this when a job that holds a slot has ended, and when a job that might have taken a slot was cancelled. A job
    whose wake-up found every slot taken gets no further wake-up, so the jobs that held those slots must wake it. This
    function never raises.
    """
    try:
        waiting = await rows.in_line(
            app.db, shop_id, str(slots.lane), slots.free_slots(shop_id), app.clock.now(), MOST_IN_LINE
        )
    except Unavailable as fault:  # the sweep will wake the jobs
        app.log.warning("wake_ups_not_sent", shop=shop_id, lane=slots.lane, code=fault.code)
        return
    await app.queue.wake(*waiting)
