"""All job kinds, and the loop that runs them in a server or in `artify jobs run`."""

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
"""The longest that a due job waits, in seconds, if no wake-up arrives.

A wake-up does not arrive if another process sent it, or if the job is a retry.
"""
UPKEEP_S = 60.0

SWEEPS: tuple[Callable[[App], Awaitable[int]], ...] = tuple(load(name) for each in CAPABILITIES for name in each.sweeps)
"""Each sweep does a bounded amount of work and returns how many items it handled."""
KINDS: Mapping[str, jobs.JobKind] = {
    kind.name: kind for each in CAPABILITIES if each.job_kinds for kind in load(each.job_kinds)
}
INTERACTIVE_KINDS = {name: kind for name, kind in KINDS.items() if not kind.background}
"""The kinds whose result a shopper or merchant is waiting for."""
BACKGROUND_KINDS = {name: kind for name, kind in KINDS.items() if kind.background}
_LANES = {quotas.Lane(kind.slots.lane) for kind in INTERACTIVE_KINDS.values() if kind.slots}
INTERACTIVE_LOOPS = 1 + sum(quotas.CONCURRENT[lane] for lane in _LANES)
"""One more than a shop's slots in the lanes of these kinds: a shop that uses all its slots leaves a loop for others."""
LOOPS = (BACKGROUND_KINDS, *[INTERACTIVE_KINDS] * INTERACTIVE_LOOPS)
"""The loops of a process, each with the kinds that it runs. Prints and previews do not delay each other."""


async def run_due(app: App) -> int:
    """Run all due jobs, and return how many ran."""
    return await jobs.run_due(app, KINDS)


async def resend_wake_ups(app: App) -> int:
    """Send new wake-ups for jobs of these kinds whose last wake-up is old, and return how many."""
    return await jobs.resend_wake_ups(app, KINDS)


async def run_woken(app: App, job_id: str) -> bool:
    """Run one due job for a wake-up. Returns False if the queue must deliver the message again.

    The fair choice decides which job runs; it may be another than the one that the message names. The message is needed
    again only if the jobs could not be read: a job that failed is retried from the database.
    """
    try:
        await jobs.run_woken(app, KINDS, job_id)
    except Exception as fault:  # noqa: BLE001  # the job boundary: one message must not fail the others
        app.log.error("wake_up_failed", fault, job_id=job_id)
        return False
    return True


async def loop(app: App, kinds: Mapping[str, jobs.JobKind], stop: asyncio.Event) -> None:
    """Run jobs of these kinds until `stop` is set, after which no job is started."""
    while not stop.is_set():
        try:
            await jobs.run_due(app, kinds, stop)
        except Exception as fault:  # noqa: BLE001  # the job boundary: the loop survives every error
            app.log.error("job_loop_fault", fault)
        woken = app.queue.wait(POLL_S) if isinstance(app.queue, WaitsForWakeUps) else asyncio.sleep(POLL_S)
        await _wait(stop, woken)


async def upkeep(app: App, stop: asyncio.Event) -> None:
    """Sweep every minute until `stop` is set. Platforms with cron call `sweep` instead."""
    while not stop.is_set():
        await sweep(app)
        await _wait(stop, asyncio.sleep(UPKEEP_S))


async def sweep(app: App) -> None:
    """Run every sweep once. A failed sweep is logged and runs again the next time; the others still run."""
    for each in SWEEPS:
        try:
            if count := await each(app):
                app.log.info("swept", by=each.__name__, count=count)
        except Exception as fault:  # noqa: BLE001  # the job boundary
            app.log.error("upkeep_fault", fault)


async def _wait(stop: asyncio.Event, pause: Coroutine[Any, Any, None]) -> None:
    """Wait until the pause ends or `stop` is set."""
    waits = [asyncio.ensure_future(pause), asyncio.ensure_future(stop.wait())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()
        await asyncio.wait(waits)
