"""The job loops of a process: what runs when they end is finished, or given back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.core.app import App
from app.jobs import Lease
from app.quotas import SLOTS, Lane
from handlers.jobs import KINDS, LOOPS
from handlers.runtimes.loops import Loops
from tests.unit.jobs.kinds import Work, finish, found, queued

pytestmark = pytest.mark.anyio


def gated(started: asyncio.Event, gate: asyncio.Event) -> Callable[[App, Lease], Awaitable[None]]:
    """Work that says that it has begun, and goes on when the gate is open."""

    async def work(app: App, lease: Lease) -> None:
        started.set()
        await gate.wait()
        await finish(app, lease)

    return work


async def test_a_job_that_ends_within_the_grace_is_done(app: App) -> None:
    started, gate = asyncio.Event(), asyncio.Event()
    work, job = Work(gated(started, gate)), await queued(app)
    loops = Loops(app, work.kinds)
    loops.start()
    await started.wait()
    stopping = asyncio.ensure_future(loops.stop(grace_s=30))
    await asyncio.sleep(0)
    gate.set()
    await stopping
    assert (await found(app, job)).status == "done"


async def test_a_job_that_is_longer_than_the_grace_is_given_back(app: App) -> None:
    started, never = asyncio.Event(), asyncio.Event()
    work, job = Work(gated(started, never)), await queued(app)
    loops = Loops(app, work.kinds)
    loops.start()
    await started.wait()
    await loops.stop(grace_s=0.01)
    back = await found(app, job)
    assert (back.status, back.attempts, back.lease_token) == ("pending", 0, None)


async def test_no_job_begins_after_the_end_was_asked_for(app: App) -> None:
    started, gate = asyncio.Event(), asyncio.Event()
    work, first = Work(gated(started, gate)), await queued(app, "first", priority=1)
    second = await queued(app, "second")
    loops = Loops(app, work.kinds)
    loops.start()
    await started.wait()
    stopping = asyncio.ensure_future(loops.stop(grace_s=30))
    await asyncio.sleep(0)
    gate.set()
    await stopping
    assert [(await found(app, job)).status for job in (first, second)] == ["done", "pending"]


def test_a_shop_that_uses_all_its_slots_leaves_a_loop_and_no_preview_runs_in_that_of_the_prints() -> None:
    waited_for = {name: kind for name, kind in KINDS.items() if kind.slots and not kind.background}
    defaults: list[Any] = [
        SLOTS[Lane(kind.slots.lane)].limit.server_default for kind in waited_for.values() if kind.slots
    ]
    with_these = [kinds for kinds in LOOPS if waited_for.keys() & kinds.keys()]
    assert len(with_these) > sum(int(default.arg) for default in set(defaults)) > 0
    assert not any(kind.background for kinds in with_these for kind in kinds.values())
    assert {name for kinds in LOOPS for name in kinds} == set(KINDS)


async def test_loops_that_have_nothing_to_do_end_at_once(app: App) -> None:
    loops = Loops(app, Work().kinds)
    loops.start()
    ended = asyncio.ensure_future(loops.stop(grace_s=30))
    assert await asyncio.wait([ended], timeout=10) == ({ended}, set())
