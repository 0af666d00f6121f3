"""The API for render workers, which are machines that run `artify jobs run --remote`.

These routes answer 404 if JOBS_KEY is not set. Older print workers send neither job kinds nor file names: they only
make prints, of one file each.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import render_workers
from app.core.app import App
from app.core.times import to_text
from app.render_workers import CompletedRender, CompletedUpload, HeavyKind, UploadRequest
from handlers.http import auth, parse
from handlers.jobs import KINDS

T = TypeVar("T")
LEGACY_KIND, LEGACY_OUTPUT = next(
    (kind.name, kind.legacy_output) for kind in KINDS.values() if isinstance(kind, HeavyKind) and kind.legacy_output
)
"""The kind and the output that older render workers leave unnamed."""


@dataclass(frozen=True)
class LeaseBody:
    """`kinds` are the job kinds that the worker can run."""

    kinds: tuple[str, ...] = (LEGACY_KIND,)


@dataclass(frozen=True)
class LeaseTokenBody:
    token: str


@dataclass(frozen=True)
class TicketBody:
    token: str
    mime: str
    bytes: int
    name: str = LEGACY_OUTPUT


@dataclass(frozen=True)
class FileBody:
    bytes: int
    sha256: str


@dataclass(frozen=True)
class FinishBody:
    """The result of a task. `files` is keyed by output name. Older print workers send the fields after `report`."""

    token: str
    took_ms: int
    files: dict[str, FileBody] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    bytes: int = 0
    sha256: str = ""
    engine: str = ""
    tiles: int | None = None
    tiles_fell_back: int | None = None

    def completed(self) -> CompletedRender:
        """The completed render, in one form for all workers. Raises Unprocessable."""
        files, report = self.files, self.report
        if not files:
            files = {LEGACY_OUTPUT: FileBody(self.bytes, self.sha256)}
            report = {"engine": self.engine, "tiles": self.tiles, "tiles_fell_back": self.tiles_fell_back}
        uploads = {name: CompletedUpload(each.bytes, each.sha256) for name, each in files.items()}
        return CompletedRender(uploads, self.took_ms, report)


@dataclass(frozen=True)
class FailBody:
    token: str
    code: str
    message: str
    retryable: bool


async def lease(request: Request) -> Response:
    body = parse.from_json(await auth.render_worker(request), LeaseBody)
    task = await render_workers.lease(_app(request), KINDS, body.kinds)
    return JSONResponse(asdict(task)) if task else Response(status_code=204)


async def extend(request: Request) -> Response:
    job_id, body = await _signed_body(request, LeaseTokenBody)
    await render_workers.extend(_app(request), KINDS, job_id, body.token)
    return Response(status_code=204)


async def ticket(request: Request) -> Response:
    job_id, body = await _signed_body(request, TicketBody)
    upload = UploadRequest(body.name, body.mime, body.bytes)
    ticket = await render_workers.ticket(_app(request), KINDS, job_id, body.token, upload)
    expires_at = to_text(ticket.expires_at)
    about = {"method": ticket.method, "url": ticket.url, "headers": dict(ticket.headers), "expires_at": expires_at}
    return JSONResponse(about)


async def finish(request: Request) -> Response:
    job_id, body = await _signed_body(request, FinishBody)
    await render_workers.finish(_app(request), KINDS, job_id, body.token, body.completed())
    return Response(status_code=204)


async def fail(request: Request) -> Response:
    job_id, body = await _signed_body(request, FailBody)
    fault = render_workers.fault_of(body.code, body.message, retryable=body.retryable)
    await render_workers.fail(_app(request), KINDS, job_id, body.token, fault)
    return Response(status_code=204)


async def release(request: Request) -> Response:
    job_id, body = await _signed_body(request, LeaseTokenBody)
    await render_workers.release(_app(request), KINDS, job_id, body.token)
    return Response(status_code=204)


async def _signed_body(request: Request, shape: type[T]) -> tuple[str, T]:
    body = await auth.render_worker(request)
    return str(request.path_params["job_id"]), parse.from_json(body, shape)


def _app(request: Request) -> App:
    app: App = request.app.state.app
    return app
