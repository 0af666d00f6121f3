"""CPU work beside the event loop."""

from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest

from app.adapters.compute import ThreadCompute

_field: contextvars.ContextVar[str] = contextvars.ContextVar("field", default="none")


def test_work_runs_in_another_thread_with_the_callers_context() -> None:
    async def main() -> tuple[int, str]:
        _field.set("job-1")
        return await ThreadCompute().run(lambda: (threading.get_ident(), _field.get()))

    thread, field = asyncio.run(main())
    assert thread != threading.get_ident()
    assert field == "job-1"


def test_at_most_two_pieces_of_work_run_at_once() -> None:
    running, most, lock, two = 0, 0, threading.Lock(), threading.Barrier(2)

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        two.wait(5)  # lets go only when a second one is there
        with lock:
            running -= 1

    async def main() -> None:
        compute = ThreadCompute()
        await asyncio.gather(*(compute.run(work) for _ in range(6)))

    asyncio.run(main())
    assert most == 2


def test_an_error_comes_out_as_it_is() -> None:
    async def main() -> None:
        await ThreadCompute().run(int, "no number")

    with pytest.raises(ValueError, match="no number"):
        asyncio.run(main())


def test_a_glance_does_not_wait_for_pictures_and_stays_off_the_loop() -> None:
    async def main() -> int:
        compute, free = ThreadCompute(), threading.Event()
        pictures = [asyncio.ensure_future(compute.run(free.wait, 5)) for _ in range(3)]
        try:
            return await asyncio.wait_for(compute.glance(threading.get_ident), 2)
        finally:
            free.set()
            assert await asyncio.gather(*pictures) == [True] * 3

    assert asyncio.run(main()) != threading.get_ident()
