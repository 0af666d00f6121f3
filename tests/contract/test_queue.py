"""What every Queue does: hints, which never fail the request that gave them."""

from __future__ import annotations

import asyncio

import pytest

from app.core.ports.queue import LONGEST_WAKE_UP_DELAY_S, Queue
from tests.contract.adapters import OWN_QUEUES, QUEUES, OwnQueue

pytestmark = pytest.mark.anyio
LONG_S = 30.0


@pytest.fixture(params=QUEUES)
async def queue(request: pytest.FixtureRequest, anyio_backend: str) -> Queue:
    return QUEUES[request.param]()


@pytest.fixture(params=OWN_QUEUES)
async def waiting(request: pytest.FixtureRequest, anyio_backend: str) -> OwnQueue:
    return OWN_QUEUES[request.param]()


@pytest.mark.parametrize(
    "ids", [(), ("a",), ("a", "b", "a"), ("no such job",), ("",), tuple(str(at) for at in range(300))]
)
async def test_wake_never_raises(queue: Queue, ids: tuple[str, ...]) -> None:
    assert await queue.wake(*ids) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("seconds", [0.001, 1, 899.9, LONGEST_WAKE_UP_DELAY_S])
async def test_a_hint_for_later_never_raises(queue: Queue, seconds: float) -> None:
    assert await queue.wake("a", "b", after_s=seconds) is None  # type: ignore[func-returns-value]


async def test_a_hint_for_later_does_not_end_the_wait(waiting: OwnQueue) -> None:
    wait = asyncio.ensure_future(waiting.wait(LONG_S))
    await waiting.wake("a", after_s=5)
    await asyncio.sleep(0)
    assert not wait.done()
    wait.cancel()


async def test_a_hint_ends_the_wait(waiting: OwnQueue) -> None:
    wait = asyncio.ensure_future(waiting.wait(LONG_S))
    await asyncio.sleep(0)
    assert not wait.done()
    await waiting.wake("a")
    await asyncio.wait_for(wait, 5)


async def test_a_hint_that_came_before_the_wait_is_not_lost(waiting: OwnQueue) -> None:
    await waiting.wake("a")
    assert await asyncio.wait_for(waiting.wait(LONG_S), 5) is None  # type: ignore[func-returns-value]


async def test_a_hint_is_used_up_by_the_wait(waiting: OwnQueue) -> None:
    await waiting.wake("a")
    await asyncio.wait_for(waiting.wait(LONG_S), 5)
    wait = asyncio.ensure_future(waiting.wait(LONG_S))
    await asyncio.sleep(0)
    assert not wait.done()
    wait.cancel()


async def test_waking_for_nothing_is_no_hint(waiting: OwnQueue) -> None:
    await waiting.wake()
    wait = asyncio.ensure_future(waiting.wait(LONG_S))
    await asyncio.sleep(0)
    assert not wait.done()
    wait.cancel()


async def test_without_a_hint_the_wait_ends_by_itself(waiting: OwnQueue) -> None:
    await asyncio.wait_for(waiting.wait(0.01), 5)
    assert await asyncio.wait_for(waiting.wait(0), 5) is None  # type: ignore[func-returns-value]


async def test_one_hint_wakes_all_who_wait(waiting: OwnQueue) -> None:
    waits = [asyncio.ensure_future(waiting.wait(LONG_S)) for _ in range(2)]
    await asyncio.sleep(0)
    await waiting.wake("a")
    done, _ = await asyncio.wait(waits, timeout=5)
    assert len(done) == 2
