"""A print worker: makes prints for a deployment and uploads the files."""

from __future__ import annotations

import asyncio
import hashlib
import random
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import httpx

from app.core.errors import AppError, Unavailable
from app.core.pictures import PrintFile
from app.core.ports import Imaging, Upscaler
from app.core.times import SystemClock
from app.jobs import Delivery, Parcel, WorkOrder
from app.wiring import print_engine
from handlers.cli.office import MOST_WAIT_S, Office, Refused, Unreachable
from handlers.cli.print_image import Watched, fallen_back

T = TypeVar("T")
IDLE_S = 5.0
"""Seconds between two requests for work while there is none."""
TRIES = 6
"""How often a report is retried while the app is unreachable: for half a minute."""
REFUSED = {
    401: "The app refused this print worker. Set JOBS_KEY to the same value as on the app.",
    404: "This address does not accept print workers. Check that it is the app's, and that the app has a JOBS_KEY.",
}
CLOCK = "The app refused this print worker because their clocks differ by more than five minutes. Set the clocks."


def work(app_url: str, key: bytes, *, storage: str | None, once: bool) -> int:
    """Make prints until stopped, or one if `once`. Return exit status 1 if that one failed. Raises AppError."""
    return asyncio.run(_work(app_url, key, storage, once=once))


async def _work(app_url: str, key: bytes, storage: str | None, *, once: bool) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with httpx.AsyncClient(follow_redirects=False) as http:
        return await PrintWorker(Office(app_url, key, http, SystemClock(), storage), stop).run(once=once)


class PrintWorker:
    """Makes one print after another, and reports on standard output."""

    def __init__(self, office: Office, stop: asyncio.Event, engine: tuple[Imaging, Upscaler] | None = None):
        self._office, self._stop = office, stop
        self._imaging, self._upscaler = engine or print_engine()

    async def run(self, *, once: bool) -> int:
        _say(f"prints are made by {self._upscaler.name}")
        wait_s = 1.0
        while not self._stop.is_set():
            try:
                order = await self._office.lease()
            except Unreachable as fault:
                if once:
                    raise
                pause_s = max(fault.wait_s, wait_s * random.uniform(0.5, 1))  # noqa: S311  # spreads load, no secret
                _say(f"{fault.message} Trying again in {pause_s:.0f} s.")
                await self._pause(pause_s)
                wait_s = min(wait_s * 2, MOST_WAIT_S)
                continue
            except AppError as fault:
                raise _refusal(fault) from fault
            wait_s = 1.0
            done = await self._print(order) if order else None
            if once:
                return self._only(done)
            if order is None:
                await self._pause(IDLE_S)
        return 0

    def _only(self, done: bool | None) -> int:
        if done is None:
            _say("nothing to print")
        return 1 if done is False else 0

    async def _print(self, order: WorkOrder) -> bool:
        """Return whether the print was made. If the worker is stopped meanwhile, the job is released."""
        making = asyncio.ensure_future(self._make(order))
        beating = asyncio.ensure_future(self._heartbeat(order, making))
        stopped = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait([making, stopped], return_when=asyncio.FIRST_COMPLETED)
        given_back = not making.done()
        for each in (making, beating, stopped):
            each.cancel()
        await asyncio.wait([making, beating, stopped])
        if given_back:
            await self._told(order, "returned to the app", self._office.release(order))
        return not making.cancelled() and making.result()

    async def _make(self, order: WorkOrder) -> bool:
        started = time.monotonic()
        try:
            made, delivery = await self._delivered(order, started)
        except asyncio.CancelledError:
            raise
        except AppError as fault:
            return await self._failed(order, fault)
        except Exception as fault:  # noqa: BLE001  # the job boundary: one job must not end the worker
            return await self._failed(
                order, Unavailable(f"The print worker failed with {type(fault).__name__}.", code="crashed")
            )
        about = f"{delivery.bytes / 1e6:.1f} MB, enlarged {made.factor:.2f} times by {made.engine}"
        _say(f"{order.job_id}: done in {time.monotonic() - started:.1f} s, {about}")
        if made.tiles.fell_back:
            _say(f"{order.job_id}: {fallen_back(made.tiles)}")
        return True

    async def _delivered(self, order: WorkOrder, started: float) -> tuple[PrintFile, Delivery]:
        """Make and upload the print, until the app confirms that it is recorded."""
        spec = order.task.spec
        _say(f"{order.job_id}: printing {spec.width} × {spec.height} pixels")
        master = await _persistently(lambda: self._office.fetch(order.task.picture_url))
        profile = await _persistently(lambda: self._office.fetch(url)) if (url := order.task.profile_url) else None
        made = await self._imaging.print_file(master, spec, Watched(self._upscaler), profile=profile)
        data = made.picture.data
        delivery = Delivery(
            len(data),
            hashlib.sha256(data).hexdigest(),
            made.engine,
            _milliseconds_since(started),
            made.tiles.total,
            made.tiles.fell_back,
        )
        parcel = Parcel(made.picture.mime, len(data))
        ticket = await _persistently(lambda: self._office.ticket(order, parcel))
        await _persistently(lambda: self._office.send(ticket, data))
        await _persistently(lambda: self._office.finish(order, delivery))
        return made, delivery

    async def _failed(self, order: WorkOrder, fault: AppError) -> bool:
        if fault.status in (404, 409):
            _say(f"{order.job_id}: lost: {fault.message}")
            return False
        if fault.status == 422 and fault.code in ("wrong_print", "print_missing"):
            fault.retryable = True  # it may have been damaged in transit
        await self._told(order, f"failed: {fault.message}", _persistently(lambda: self._office.fail(order, fault)))
        return False

    async def _told(self, order: WorkOrder, words: str, telling: Awaitable[None]) -> None:
        """Report to the app. If the report is lost, the lease ends anyway."""
        _say(f"{order.job_id}: {words}")
        with suppress(AppError):
            await telling

    async def _heartbeat(self, order: WorkOrder, making: asyncio.Future[bool]) -> None:
        """Extend the lease, and stop the work if it is lost."""
        while True:
            await asyncio.sleep(order.lease_s / 3)
            try:
                await self._office.extend(order)
            except Unreachable as fault:
                _say(f"{order.job_id}: {fault.message}")
            except AppError as fault:
                _say(f"{order.job_id}: lost: {fault.message}")
                making.cancel()
                return

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)


async def _persistently(call: Callable[[], Awaitable[T]]) -> T:
    """Return the result of a call, retried while the app or the storage is unreachable. All calls are idempotent."""
    for attempt in range(1, TRIES):
        try:
            return await call()
        except Refused:
            raise
        except Unreachable as fault:
            await asyncio.sleep(max(fault.wait_s, 2.0 ** (attempt - 1)))
    return await call()


def _refusal(fault: AppError) -> AppError:
    message = CLOCK if fault.code == "clock_skew" else REFUSED.get(fault.status, fault.message)
    return AppError(message, code=fault.code, status=fault.status)


def _milliseconds_since(started: float) -> int:
    return int((time.monotonic() - started) * 1000)


def _say(words: str) -> None:
    print(words, file=sys.stdout, flush=True)
