"""A print worker's side of /internal/jobs: signed requests, and files by signed links. No answer is trusted."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from app.core.calls import HEADER, Call
from app.core.errors import AppError, Unavailable
from app.core.ids import new_token
from app.core.ports import Clock, UploadTicket
from app.jobs import Delivery, Parcel, WorkOrder
from handlers import parse

T = TypeVar("T")
CALL_S, DOWNLOAD_S, UPLOAD_S = 30.0, 300.0, 900.0
"""The longest that one call, one download and one upload may take in all, in seconds."""
SILENCE = httpx.Timeout(30, connect=10)
MOST_ANSWER_BYTES = 64 * 1024
MOST_MASTER_BYTES = 64 * 1024 * 1024
MOST_SIDE = 30_000  # pixels: 100 inches at 300 dpi
MOST_PIXELS = 400_000_000  # 60 × 72 inches at 300 dpi
MOST_WAIT_S = 60.0


class Unreachable(Unavailable):
    """The app or its storage gave no usable answer; `wait_s` is how long it asked for patience, in seconds."""

    code, message = "app_unreachable", "The app cannot be reached."

    def __init__(self, message: str | None = None, *, wait_s: float = 0.0):
        super().__init__(message)
        self.wait_s = min(wait_s, MOST_WAIT_S)


class Office:
    """Where work comes from. All calls raise Unreachable, or AppError as the app answered."""

    def __init__(self, app_url: str, key: bytes, http: httpx.AsyncClient, clock: Clock):
        self._app_url, self._key, self._http, self._clock = app_url, key, http, clock

    async def lease(self) -> WorkOrder | None:
        """The next job, or None when none waits."""
        answer = await self._call("/internal/jobs", {})
        return _checked(_shaped(answer, WorkOrder)) if answer else None

    async def extend(self, order: WorkOrder) -> None:
        await self._ask(order, "extend")

    async def ticket(self, order: WorkOrder, parcel: Parcel) -> UploadTicket:
        return _shaped(await self._ask(order, "ticket", **asdict(parcel)), UploadTicket)

    async def finish(self, order: WorkOrder, delivery: Delivery) -> None:
        await self._ask(order, "finish", **asdict(delivery))

    async def fail(self, order: WorkOrder, fault: AppError) -> None:
        about = {"code": fault.code, "message": fault.message, "retryable": fault.retryable}
        await self._ask(order, "fail", **about)

    async def release(self, order: WorkOrder) -> None:
        await self._ask(order, "release")

    async def fetch(self, url: str) -> bytes:
        """A file of at most 64 MB."""
        async with self._sent("GET", url, DOWNLOAD_S, {}, b"", _storage_fault) as answer:
            return await _read(answer, MOST_MASTER_BYTES)

    async def send(self, ticket: UploadTicket, data: bytes) -> None:
        headers = dict(ticket.headers)
        async with self._sent(ticket.method, ticket.url, UPLOAD_S, headers, data, _storage_fault) as answer:
            await _read(answer, MOST_ANSWER_BYTES)

    async def _ask(self, order: WorkOrder, verb: str, **about: Any) -> bytes:
        return await self._call(f"/internal/jobs/{order.job_id}/{verb}", {"token": order.token} | about)

    async def _call(self, path: str, about: dict[str, Any]) -> bytes:
        body = json.dumps(about).encode()
        signature = Call("POST", path, body).signed(self._key, new_token(), self._clock.now())
        headers = {HEADER: signature, "Content-Type": "application/json"}
        async with self._sent("POST", self._app_url + path, CALL_S, headers, body, _fault) as answer:
            return await _read(answer, MOST_ANSWER_BYTES)

    @asynccontextmanager
    async def _sent(
        self,
        method: str,
        url: str,
        seconds: float,
        headers: dict[str, str],
        data: bytes,
        fault_of: Callable[[httpx.Response, bytes], AppError],
    ) -> AsyncIterator[httpx.Response]:
        """An answer that is a success, while it comes in. Its fault is read and raised."""
        headers = headers | {"Accept-Encoding": "identity"}  # nothing that grows when it is unpacked
        try:
            async with (
                asyncio.timeout(seconds),
                self._http.stream(method, _web(url), headers=headers, content=data, timeout=SILENCE) as answer,
            ):
                if not answer.is_success:
                    raise fault_of(answer, await _read(answer, MOST_ANSWER_BYTES))
                yield answer
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as fault:
            raise Unreachable() from fault


async def _read(answer: httpx.Response, limit: int) -> bytes:
    received = bytearray()
    async for chunk in answer.aiter_raw():
        received += chunk
        if len(received) > limit:
            raise Unreachable("The answer is bigger than it may be.")
    return bytes(received)


def _fault(answer: httpx.Response, body: bytes) -> AppError:
    if answer.status_code >= 500 or answer.status_code == 429:
        asked = answer.headers.get("retry-after", "")
        wait_s = float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0.0
        return Unreachable(f"The app answered {answer.status_code}.", wait_s=wait_s)
    try:
        error = json.loads(body)["error"]
        return AppError(str(error["message"]), code=str(error["code"]), status=answer.status_code)
    except (
        ValueError,
        TypeError,
        LookupError,
        RecursionError,
    ):  # a storage speaks no JSON, and nobody need speak sense
        return AppError(f"The answer was {answer.status_code}.", code="refused", status=answer.status_code)


def _storage_fault(answer: httpx.Response, body: bytes) -> AppError:
    """A link can expire, and another attempt gets a new one: never the last word on a job."""
    return Unreachable(f"The file storage answered {answer.status_code}.")


def _shaped(answer: bytes, shape: type[T]) -> T:
    try:
        return parse.shaped(answer, shape)
    except AppError as fault:
        raise Unreachable("The answer cannot be read: is this the address of the app?") from fault


def _checked(order: WorkOrder) -> WorkOrder:
    spec = order.task.spec
    sound = (
        0 < spec.width <= MOST_SIDE
        and 0 < spec.height <= MOST_SIDE
        and math.prod(spec.full_size) <= MOST_PIXELS
        and 0 <= spec.bleed <= MOST_SIDE
        and 0 < spec.dpi <= MOST_SIDE
        and 1 <= spec.quality <= 100
        and order.lease_s >= 1
        and order.job_id.replace("-", "").isalnum()
    )
    if not sound:
        raise Unreachable("The work order makes no sense.")
    return order


def _web(url: str) -> httpx.URL:
    if urlsplit(url).scheme not in ("http", "https"):
        raise httpx.InvalidURL("neither http nor https")
    return httpx.URL(url)
