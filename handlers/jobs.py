"""Which job kinds exist, and the loop that runs them in a server or by `artify jobs run`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from app import jobs, media, personalization, shops
from app.core.app import App
from app.core.ports import WaitsForHints

POLL_S = 1.0
"""How long a job waits at most when no hint arrives: its hint was given in another process, or it was retried."""
UPKEEP_S = 60.0

UNINSTALL = jobs.JobKind("shops.uninstall", shops.uninstall, shops.give_up)
KINDS = {kind.name: kind for kind in (UNINSTALL, *personalization.KINDS)}
PROMPT_KINDS = {name: kind for name, kind in KINDS.items() if not kind.patient}
"""What shoppers and merchants wait for: one loop runs nothing else, so that no print keeps a preview waiting."""


async def run_due(app: App) -> int:
    """Run everything that is due; how many ran."""
    return await jobs.run_due(app, KINDS)


async def loop(app: App, kinds: Mapping[str, jobs.JobKind] = KINDS) -> None:
    """Run jobs of these kinds until cancelled."""
    while True:
        try:
            await jobs.run_due(app, kinds)
        except Exception as fault:  # noqa: BLE001  # the job boundary: the loop outlives every fault
            app.log.error("job_loop_fault", fault)
        await _next_hint(app)


async def upkeep(app: App) -> None:
    """Sweep every minute until cancelled; what cron does where a platform has it."""
    while True:
        try:
            if swept := await media.sweep_uploads(app):
                app.log.info("uploads_swept", count=swept)
        except Exception as fault:  # noqa: BLE001  # the job boundary: the next minute tries again
            app.log.error("upkeep_fault", fault)
        await asyncio.sleep(UPKEEP_S)


async def _next_hint(app: App) -> None:
    if isinstance(app.queue, WaitsForHints):
        await app.queue.wait(POLL_S)
    else:
        await asyncio.sleep(POLL_S)
