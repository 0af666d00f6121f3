"""Which job kinds exist, and the loop that runs them in a server or by `artify jobs run`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from app import jobs, quotas
from app.capabilities import CAPABILITIES
from app.core.app import App
from app.core.lazy import load
from app.core.ports.queue import WaitsForWakeUps

POLL_S = 1.0
"""How long a job waits at most when no wake-up arrives: it was sent in another process, or the job was retried."""
UPKEEP_S = 60.0

SWEEPS: tuple[Callable[[App], Awaitable[int]], ...] = tuple(load(name) for each in CAPABILITIES for name in each.sweeps)
"""Each does a bounded part of its work, and says how much."""
KINDS: Mapping[str, jobs.JobKind] = {
    kind.name: kind for each in CAPABILITIES if each.job_kinds for kind in load(each.job_kinds)
}
INTERACTIVE_KINDS = {name: kind for name, kind in KINDS.items() if not kind.background}
"""What shoppers and merchants wait for."""
BACKGROUND_KINDS = {name: kind for name, kind in KINDS.items() if kind.background}
_LANES = {quotas.Lane(kind.slots.lane) for kind in INTERACTIVE_KINDS.values() if kind.slots}
PROMPT_LOOPS = 1 + sum(quotas.CONCURRENT[lane] for lane in _LANES)
"""One more than a shop has slots in the lanes that these kinds use: a shop that uses them all leaves one to others."""
LOOPS = (BACKGROUND_KINDS, *[INTERACTIVE_KINDS] * PROMPT_LOOPS)
"""The loops of a process, each with the kinds that it runs: no print delays a preview, or the reverse."""


async def run_due(app: App) -> int:
    """Run everything that is due; how many ran."""
    return await jobs.run_due(app, KINDS)


async def resend_wake_ups(app: App) -> int:
    """Wake the jobs that may run here and whose last wake-up is old; return how many."""
    return await jobs.resend_wake_ups(app, KINDS)


async def run_woken(app: App, job_id: str) -> bool:
    """Run one due job for a message that names one, the fairest; False when the message must come again.

    That is when jobs could not be looked at. A job that failed is the database's to repeat.
    """
    try:
        await jobs.run_woken(app, KINDS, job_id)
    except Exception as fault:  # noqa: BLE001  # the job boundary: one message must not take the others along
        app.log.error("wake_up_failed", fault, job_id=job_id)
        return False
    return True


async def loop(app: App, kinds: Mapping[str, jobs.JobKind], stop: asyncio.Event) -> None:
    """Run jobs of these kinds, and begin none once `stop` is set."""
    while not stop.is_set():
        try:
            await jobs.run_due(app, kinds, stop)
        except Exception as fault:  # noqa: BLE001  # the job boundary: the loop outlives every fault
            app.log.error("job_loop_fault", fault)
        woken = app.queue.wait(POLL_S) if isinstance(app.queue, WaitsForWakeUps) else asyncio.sleep(POLL_S)
        await _either(stop, woken)


async def upkeep(app: App, stop: asyncio.Event) -> None:
    """Sweep every minute until `stop` is set; what cron does where a platform has it."""
    while not stop.is_set():
        await sweep(app)
        await _either(stop, asyncio.sleep(UPKEEP_S))


async def sweep(app: App) -> None:
    """Every minute. One that fails leaves the others their turn, and is tried again with the next."""
    for each in SWEEPS:
        try:
            if count := await each(app):
                app.log.info("swept", by=each.__name__, count=count)
        except Exception as fault:  # noqa: BLE001  # the job boundary
            app.log.error("upkeep_fault", fault)


async def _either(stop: asyncio.Event, pause: Coroutine[Any, Any, None]) -> None:
    """Wait for the end of the pause, or to be stopped."""
    waits = [asyncio.ensure_future(pause), asyncio.ensure_future(stop.wait())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()
        await asyncio.wait(waits)
