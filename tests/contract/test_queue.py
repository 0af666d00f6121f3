"""What every Queue does: hints, which never fail the request that gave them."""

from __future__ import annotations

import asyncio

import pytest

from app.core.ports import Queue, WaitsForHints
from tests.contract.adapters import QUEUES

pytestmark = pytest.mark.anyio
LONG_S = 30.0


@pytest.fixture(params=QUEUES)
async def queue(request: pytest.FixtureRequest, anyio_backend: str) -> Queue:
    return QUEUES[request.param]()


@pytest.fixture
async def waiting(queue: Queue) -> WaitsForHints:
    if not isinstance(queue, WaitsForHints):
        pytest.skip("the platform runs this queue's jobs")
    return queue


@pytest.mark.parametrize(
    "ids", [(), ("a",), ("a", "b", "a"), ("no such job",), ("",), tuple(str(at) for at in range(300))]
)
async def test_wake_never_raises(queue: Queue, ids: tuple[str, ...]) -> None:
    assert await queue.wake(*ids) is None  # type: ignore[func-returns-value]


async def test_a_hint_ends_the_wait(queue: Queue, waiting: WaitsForHints) -> None:
    wait = asyncio.ensure_future(waiting.wait(LONG_S))
    await asyncio.sleep(0)
    assert not wait.done()
    await queue.wake("a")
    await asyncio.wait_for(wait, 5)


async def test_a_hint_that_came_before_the_wait_is_not_lost(queue: Queue, waiting: WaitsForHints) -> None:
    await queue.wake("a")
    assert await asyncio.wait_for(waiting.wait(LONG_S), 5) is None  # type: ignore[func-returns-value]


async def test_a_hint_is_used_up_by_the_wait(queue: Queue, waiting: WaitsForHints) -> None:
    await queue.wake("a")
    await asyncio.wait_for(waiting.wait(LONG_S), 5)
    wait = asyncio.ensure_future(waiting.wait(LONG_S))
    await asyncio.sleep(0)
    assert not wait.done()
    wait.cancel()


async def test_waking_for_nothing_is_no_hint(queue: Queue, waiting: WaitsForHints) -> None:
    await queue.wake()
    wait = asyncio.ensure_future(waiting.wait(LONG_S))
    await asyncio.sleep(0)
    assert not wait.done()
    wait.cancel()


async def test_without_a_hint_the_wait_ends_by_itself(waiting: WaitsForHints) -> None:
    await asyncio.wait_for(waiting.wait(0.01), 5)
    assert await asyncio.wait_for(waiting.wait(0), 5) is None  # type: ignore[func-returns-value]


async def test_one_hint_wakes_all_who_wait(queue: Queue, waiting: WaitsForHints) -> None:
    waits = [asyncio.ensure_future(waiting.wait(LONG_S)) for _ in range(2)]
    await asyncio.sleep(0)
    await queue.wake("a")
    done, _ = await asyncio.wait(waits, timeout=5)
    assert len(done) == 2
