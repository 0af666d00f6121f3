"""What print workers ask: `artify jobs run --remote` on any machine. There is none of it without JOBS_KEY."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import jobs
from app.core.app import App
from app.core.times import to_text
from handlers import auth, parse
from handlers.jobs import KINDS

T = TypeVar("T")


@dataclass(frozen=True)
class HeldBody:
    token: str


@dataclass(frozen=True)
class TicketBody:
    token: str
    mime: str
    bytes: int


@dataclass(frozen=True)
class FinishBody:
    token: str
    bytes: int
    sha256: str
    engine: str
    took_ms: int
    tiles: int | None = None
    tiles_fell_back: int | None = None


@dataclass(frozen=True)
class FailBody:
    token: str
    code: str
    message: str
    retryable: bool


async def lease(request: Request) -> Response:
    await auth.print_worker(request)
    order = await jobs.work_order(_app(request), KINDS)
    return JSONResponse(asdict(order)) if order else Response(status_code=204)


async def extend(request: Request) -> Response:
    job_id, body = await _asked(request, HeldBody)
    await jobs.extend(_app(request), KINDS, job_id, body.token)
    return Response(status_code=204)


async def ticket(request: Request) -> Response:
    job_id, body = await _asked(request, TicketBody)
    parcel = jobs.Parcel(body.mime, body.bytes)
    ticket = await jobs.ticket(_app(request), KINDS, job_id, body.token, parcel)
    expires_at = to_text(ticket.expires_at)
    about = {"method": ticket.method, "url": ticket.url, "headers": dict(ticket.headers), "expires_at": expires_at}
    return JSONResponse(about)


async def finish(request: Request) -> Response:
    job_id, body = await _asked(request, FinishBody)
    delivery = jobs.Delivery(body.bytes, body.sha256, body.engine, body.took_ms, body.tiles, body.tiles_fell_back)
    await jobs.finish(_app(request), KINDS, job_id, body.token, delivery)
    return Response(status_code=204)


async def fail(request: Request) -> Response:
    job_id, body = await _asked(request, FailBody)
    fault = jobs.fault_of(body.code, body.message, retryable=body.retryable)
    await jobs.fail(_app(request), KINDS, job_id, body.token, fault)
    return Response(status_code=204)


async def release(request: Request) -> Response:
    job_id, body = await _asked(request, HeldBody)
    await jobs.release(_app(request), KINDS, job_id, body.token)
    return Response(status_code=204)


async def _asked(request: Request, shape: type[T]) -> tuple[str, T]:
    body = await auth.print_worker(request)
    return str(request.path_params["job_id"]), parse.shaped(body, shape)


def _app(request: Request) -> App:
    app: App = request.app.state.app
    return app
