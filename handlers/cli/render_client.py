"""A render worker's side of /internal/jobs: signed requests to the app, and files by signed links.

No answer is trusted. Signed requests go only to the app, files only to addresses that `FileAddresses` allows, and
redirects are not followed.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

import httpx

from app.core.errors import AppError, Unavailable
from app.core.ids import new_token
from app.core.ports.clock import Clock
from app.core.ports.files import UploadTicket
from app.core.signed_calls import HEADER, SignedCall
from app.render_workers import CompletedRender, HeavyKind, LeasedTask, UploadRequest
from handlers.cli.file_addresses import FileAddresses, NotCalled, Place
from handlers.http import parse
from handlers.jobs import KINDS

T = TypeVar("T")
CALL_S, DOWNLOAD_S, UPLOAD_S = 30.0, 300.0, 900.0
"""The total time limits of a call, a download and an upload, in seconds."""
SILENCE = httpx.Timeout(30, connect=10)
MOST_ANSWER_BYTES = 64 * 1024
MOST_MASTER_BYTES = 64 * 1024 * 1024
MOST_WAIT_S = 60.0
TICKET_HEADERS = re.compile(r"content-type|content-length|x-amz-[a-z0-9-]+")
"""The headers that an upload ticket may contain, in lower case."""


class Unreachable(Unavailable):
    """The app or its storage gave no usable answer. `wait_s` is its Retry-After, in seconds."""

    code, message = "app_unreachable", "The app cannot be reached."

    def __init__(self, message: str | None = None, *, wait_s: float = 0.0):
        super().__init__(message)
        self.wait_s = min(wait_s, MOST_WAIT_S)


class Refused(Unreachable):
    """The app asked for something that a render worker does not do. A retry would not help."""

    code = "bad_address"
    message = (
        "The app named a file address that this render worker does not call. It must be https and public, or the app's "
        "own, or the one that --storage names."
    )


@dataclass(frozen=True)
class Work:
    """A leased task, understood: what kind of render it is, and what is to be made. `addresses` are of the inputs."""

    job_id: str
    token: str = field(repr=False)
    lease_s: int
    kind: HeavyKind = field(repr=False)
    spec: Any
    addresses: Mapping[str, str] = field(repr=False)


HEAVY_KINDS = {name: kind for name, kind in KINDS.items() if isinstance(kind, HeavyKind)}


class RenderClient:
    """Where work comes from. All calls raise Unreachable, or AppError as the app answered.

    `storage` is the address of a storage on a private network, which files may be at as well as at the app's. Jobs of
    these `kinds` are asked for.
    """

    def __init__(
        self,
        app_url: str,
        key: bytes,
        http: httpx.AsyncClient,
        clock: Clock,
        storage: str | None = None,
        kinds: Mapping[str, HeavyKind] = HEAVY_KINDS,
    ):
        self._app_url, self._key, self._http, self._clock, self._kinds = app_url, key, http, clock, kinds
        self._addresses = FileAddresses(app_url, *([storage] if storage else []))

    async def lease(self) -> Work | None:
        """Return the next job, or None if there is none."""
        answer = await self._call("/internal/jobs", {"kinds": sorted(self._kinds)})
        return self._understood(_shaped(answer, LeasedTask)) if answer else None

    async def extend(self, work: Work) -> None:
        await self._ask(work, "extend")

    async def ticket(self, work: Work, upload: UploadRequest) -> UploadTicket:
        return _shaped(await self._ask(work, "ticket", **asdict(upload)), UploadTicket)

    async def finish(self, work: Work, completed: CompletedRender) -> None:
        await self._ask(work, "finish", **asdict(completed))

    async def fail(self, work: Work, fault: AppError) -> None:
        about = {"code": fault.code, "message": fault.message, "retryable": fault.retryable}
        await self._ask(work, "fail", **about)

    async def release(self, work: Work) -> None:
        await self._ask(work, "release")

    async def fetch(self, url: str) -> bytes:
        """Fetch a file of at most 64 MB. Raises Refused for an address that is not allowed."""
        async with self._exchanged("GET", url, {}, b"", DOWNLOAD_S) as answer:
            return await _read(answer, MOST_MASTER_BYTES)

    async def send(self, ticket: UploadTicket, data: bytes) -> None:
        """Upload a file. Raises Refused for a ticket that is not a PUT to an allowed address."""
        headers = dict(ticket.headers)
        if ticket.method != "PUT" or not all(TICKET_HEADERS.fullmatch(name.lower()) for name in headers):
            raise Refused(
                "The app asks for an upload method that this render worker does not support. Update the render worker."
            )
        async with self._exchanged("PUT", ticket.url, headers, data, UPLOAD_S) as answer:
            await _read(answer, MOST_ANSWER_BYTES)

    def _understood(self, task: LeasedTask) -> Work:
        """Raises Unreachable for what no app of ours would ask."""
        kind = self._kinds.get(task.kind)
        spec = _shaped(json.dumps(task.task.get("spec")).encode(), kind.render.spec) if kind else None
        sensible = (
            kind is not None
            and kind.render.is_sensible(spec)
            and all(isinstance(url, str) for url in task.addresses.values())
            and task.lease_s >= 1
            and task.job_id.replace("-", "").isalnum()
        )
        if kind is None or not sensible:
            raise Unreachable("The leased task makes no sense.")
        return Work(task.job_id, task.token, task.lease_s, kind, spec, task.addresses)

    async def _ask(self, work: Work, verb: str, **about: Any) -> bytes:
        return await self._call(f"/internal/jobs/{work.job_id}/{verb}", {"token": work.token} | about)

    async def _call(self, path: str, about: dict[str, Any]) -> bytes:
        body = json.dumps(about).encode()
        signature = SignedCall("POST", path, body).signed(self._key, new_token(), self._clock.now())
        headers = {HEADER: signature, "Content-Type": "application/json"}
        place = Place(httpx.URL(self._app_url + path))
        async with _translated(CALL_S), self._sent("POST", [place], headers, body) as answer:
            if not answer.is_success:
                raise _fault(answer, await _read(answer, MOST_ANSWER_BYTES))
            return await _read(answer, MOST_ANSWER_BYTES)

    @asynccontextmanager
    async def _exchanged(
        self, method: str, url: str, headers: dict[str, str], data: bytes, seconds: float
    ) -> AsyncIterator[httpx.Response]:
        """Stream a successful answer of a storage."""
        async with (
            _translated(seconds),
            self._sent(method, await self._addresses.places(url), headers, data) as answer,
        ):
            if not answer.is_success:  # a link can expire, and another attempt gets a new one, so this is never final
                raise Unreachable(f"The file storage answered with status {answer.status_code}.")
            yield answer

    @asynccontextmanager
    async def _sent(
        self, method: str, places: list[Place], headers: dict[str, str], data: bytes
    ) -> AsyncIterator[httpx.Response]:
        """Stream the answer of the first address that accepts a connection."""
        answer = await self._connected(method, places, headers, data)
        try:
            yield answer
        finally:
            await answer.aclose()

    async def _connected(
        self, method: str, places: list[Place], headers: dict[str, str], data: bytes
    ) -> httpx.Response:
        for number, place in enumerate(places, 1):
            request = self._http.build_request(
                method,
                place.url,
                headers=headers | place.headers | {"Accept-Encoding": "identity"},  # no decompression bombs
                content=data,
                timeout=SILENCE,
                extensions=place.extensions,
            )
            try:
                return await self._http.send(request, stream=True, follow_redirects=False)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if number == len(places):
                    raise
        raise Unreachable()


@asynccontextmanager
async def _translated(seconds: float) -> AsyncIterator[None]:
    """Turn network errors and time-outs into Unreachable."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except NotCalled as fault:
        raise Refused() from fault
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as fault:  # TimeoutError is an OSError
        raise Unreachable() from fault


async def _read(answer: httpx.Response, limit: int) -> bytes:
    received = bytearray()
    async for chunk in answer.aiter_raw():
        received += chunk
        if len(received) > limit:
            raise Unreachable("The answer is too large.")
    return bytes(received)


def _fault(answer: httpx.Response, body: bytes) -> AppError:
    if answer.status_code >= 500 or answer.status_code == 429:
        asked = answer.headers.get("retry-after", "")
        wait_s = float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0.0
        return Unreachable(f"The app answered with status {answer.status_code}.", wait_s=wait_s)
    try:
        error = json.loads(body)["error"]
        return AppError(str(error["message"]), code=str(error["code"]), status=answer.status_code)
    except (
        ValueError,
        TypeError,
        LookupError,
        RecursionError,
    ):  # a storage does not answer in JSON, and an answer may be anything
        return AppError(f"The answer had status {answer.status_code}.", code="refused", status=answer.status_code)


def _shaped(answer: bytes, shape: type[T]) -> T:
    try:
        return parse.from_json(answer, shape)
    except AppError as fault:
        raise Unreachable("The answer is not valid. Check that this is the app's address.") from fault
