"""A render worker: does the heavy jobs of a deployment that does not run them itself, and uploads the files."""

from __future__ import annotations

import asyncio
import hashlib
import random
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict
from typing import TypeVar

import httpx

from app.core.errors import AppError, Unavailable
from app.core.ports.imaging import Imaging, Upscaler
from app.core.times import SystemClock
from app.render_workers import CompletedRender, CompletedUpload, Tools, UploadRequest
from app.wiring import print_engine
from handlers.cli.print_image import Watched
from handlers.cli.render_client import MOST_WAIT_S, Refused, RenderClient, Unreachable, Work

T = TypeVar("T")
IDLE_S = 5.0
"""Seconds between two requests for work while there is none."""
TRIES = 6
"""How often a report is retried while the app is unreachable: for half a minute."""
REFUSED = {
    401: "The app refused this render worker. Set JOBS_KEY to the same value as on the app.",
    404: "This address does not accept render workers. Check that it is the app's, and that the app has a JOBS_KEY.",
}
CLOCK = "The app refused this render worker because their clocks differ by more than five minutes. Set the clocks."


def work(app_url: str, key: bytes, *, storage: str | None, once: bool) -> int:
    """Render until stopped, or one job if `once`. Return exit status 1 if that one failed. Raises AppError."""
    return asyncio.run(_work(app_url, key, storage, once=once))


async def _work(app_url: str, key: bytes, storage: str | None, *, once: bool) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with httpx.AsyncClient(follow_redirects=False) as http:
        return await RenderWorker(RenderClient(app_url, key, http, SystemClock(), storage), stop).run(once=once)


class RenderWorker:
    """Does one job after another, and reports on standard output."""

    def __init__(self, client: RenderClient, stop: asyncio.Event, engine: tuple[Imaging, Upscaler] | None = None):
        self._client, self._stop = client, stop
        imaging, upscaler = engine or print_engine()
        self._tools = Tools(imaging, Watched(upscaler))

    async def run(self, *, once: bool) -> int:
        _say(f"prints are made by {self._tools.upscaler.name}")
        wait_s = 1.0
        while not self._stop.is_set():
            try:
                work = await self._client.lease()
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
            done = await self._render(work) if work else None
            if once:
                return self._only(done)
            if work is None:
                await self._pause(IDLE_S)
        return 0

    def _only(self, done: bool | None) -> int:
        if done is None:
            _say("nothing to do")
        return 1 if done is False else 0

    async def _render(self, work: Work) -> bool:
        """Return whether the files were made. If the worker is stopped meanwhile, the job is released."""
        making = asyncio.ensure_future(self._make(work))
        beating = asyncio.ensure_future(self._heartbeat(work, making))
        stopped = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait([making, stopped], return_when=asyncio.FIRST_COMPLETED)
        is_released = not making.done()
        for each in (making, beating, stopped):
            each.cancel()
        await asyncio.wait([making, beating, stopped])
        if is_released:
            await self._report(work, "returned to the app", self._client.release(work))
        return not making.cancelled() and making.result()

    async def _make(self, work: Work) -> bool:
        started = time.monotonic()
        try:
            about, *warnings = await self._delivered(work, started)
        except asyncio.CancelledError:
            raise
        except AppError as fault:
            return await self._failed(work, fault)
        except Exception as fault:  # noqa: BLE001  # the job boundary: one job must not end the worker
            return await self._failed(
                work, Unavailable(f"The render worker failed with {type(fault).__name__}.", code="crashed")
            )
        _say(f"{work.job_id}: done in {time.monotonic() - started:.1f} s, {about}")
        for warning in warnings:
            _say(f"{work.job_id}: {warning}")
        return True

    async def _delivered(self, work: Work, started: float) -> list[str]:
        """Make and upload the files, until the app confirms them. Return what there is to say about them."""
        render = work.kind.render
        _say(f"{work.job_id}: {render.describe(work.spec)}")
        inputs = {name: await self._fetched(url) for name, url in work.addresses.items()}
        made = await render.make(self._tools, inputs, work.spec)
        uploads = {}
        for name, file in made.files.items():
            uploads[name] = CompletedUpload(len(file.data), hashlib.sha256(file.data).hexdigest())
            await self._send(work, UploadRequest(name, file.mime, len(file.data)), file.data)
        completed = CompletedRender(uploads, _milliseconds_since(started), asdict(made.report))
        await _persistently(lambda: self._client.finish(work, completed))
        size = sum(each.bytes for each in uploads.values())
        return [f"{size / 1e6:.1f} MB, {made.summary}", *made.warnings]

    async def _fetched(self, url: str) -> bytes:
        return await _persistently(lambda: self._client.fetch(url))

    async def _send(self, work: Work, upload: UploadRequest, data: bytes) -> None:
        ticket = await _persistently(lambda: self._client.ticket(work, upload))
        await _persistently(lambda: self._client.send(ticket, data))

    async def _failed(self, work: Work, fault: AppError) -> bool:
        if fault.status in (404, 409):
            _say(f"{work.job_id}: lost: {fault.message}")
            return False
        if fault.status == 422 and (fault.code.startswith("wrong_") or fault.code.endswith("_missing")):
            fault.retryable = True  # it may have been damaged in transit
        await self._report(work, f"failed: {fault.message}", _persistently(lambda: self._client.fail(work, fault)))
        return False

    async def _report(self, work: Work, words: str, sending: Awaitable[None]) -> None:
        """Print words and send a report to the app. If the report is lost, the lease ends anyway."""
        _say(f"{work.job_id}: {words}")
        with suppress(AppError):
            await sending

    async def _heartbeat(self, work: Work, making: asyncio.Future[bool]) -> None:
        """Extend the lease, and stop the work if it is lost."""
        while True:
            await asyncio.sleep(work.lease_s / 3)
            try:
                await self._client.extend(work)
            except Unreachable as fault:
                _say(f"{work.job_id}: {fault.message}")
            except AppError as fault:
                _say(f"{work.job_id}: lost: {fault.message}")
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
