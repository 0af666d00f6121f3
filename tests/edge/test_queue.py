"""Cloudflare Queues as wrangler.toml sets them: what is woken is brought, and what fails does not stop the rest."""

from __future__ import annotations

import asyncio
import time
import tomllib
import uuid

import pytest

from tests.edge.worker_clients import CloudQueue
from tests.sources import ROOT

pytestmark = pytest.mark.anyio
QUEUES = tomllib.loads((ROOT / "wrangler.toml").read_text())["queues"]
[JOBS] = [each["queue"] for each in QUEUES["producers"]]
[CONSUMER] = QUEUES["consumers"]
PATIENCE_S = 30.0


async def heard(queue: CloudQueue, *ids: str, times: int) -> list[tuple[str, str]]:
    """What the queues brought of these ids, once it is so much."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        told = [each for each in await queue.heard() if each[1] in ids]
        if len(told) >= times:
            return told
        await asyncio.sleep(0.1)
    raise AssertionError(f"of {len(ids)} only {told}")


async def test_every_job_that_is_woken_is_brought_more_than_a_call_can_hold() -> None:
    queue, ids = CloudQueue(), [str(uuid.uuid4()) for _ in range(120)]
    await queue.wake(*ids)
    assert sorted(await heard(queue, *ids, times=120)) == sorted((JOBS, each) for each in ids)


async def test_a_hint_for_later_is_not_brought_before() -> None:
    queue, now, later = CloudQueue(), str(uuid.uuid4()), str(uuid.uuid4())
    began = time.monotonic()
    await queue.wake(later, after_s=2)
    await queue.wake(now)
    assert await heard(queue, now, later, times=1) == [(JOBS, now)]
    await heard(queue, later, times=1)
    assert time.monotonic() - began >= 1.5


async def test_what_fails_is_tried_again_and_then_dead_and_the_others_are_brought() -> None:
    queue, failing, well = CloudQueue(), f"failing {uuid.uuid4()}", [str(uuid.uuid4()) for _ in range(5)]
    await queue.wake(failing, *well)
    tries = CONSUMER["max_retries"] + 1
    told = await heard(queue, failing, *well, times=tries + 1 + len(well))
    assert told.count((JOBS, failing)) == tries
    assert told.count((CONSUMER["dead_letter_queue"], failing)) == 1
    assert {(JOBS, each) for each in well} < set(told)
