"""Generations over the storefront's HTTP: what is the same for every kind that shoppers ask for.

The answer to a request has a view token. Whoever has it may see how far the generation is; only the visitor who asked
may cancel it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse

from app import shops
from app.core.app import App
from app.core.errors import NotFound
from app.core.read_batch import ReadBatch
from app.core.signed_links import may_view, view_token
from app.generation import Generated
from app.shops import Visitor
from handlers.http import auth, limits, parse

VIEW_LIFE = timedelta(hours=24)


class Progress(Protocol):
    """How far a generation is: `generation.State`, or a capability's own with what it shows besides."""

    @property
    def id(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def progress(self) -> int: ...
    @property
    def queue_position(self) -> int | None: ...
    @property
    def error_code(self) -> str | None: ...
    @property
    def error_message(self) -> str | None: ...


S = TypeVar("S", bound=Progress)


@dataclass(frozen=True)
class CancelBody:
    guest_token: str | None = None


def accepted(app: App, made: Generated, visitor: Visitor) -> JSONResponse:
    """Answer a request for a generation: its id, the token to see it with, and the guest's token."""
    token = view_token(app.settings.link_key, made.id, app.clock.now() + VIEW_LIFE)
    return JSONResponse({"id": made.id, "status": made.status, "view_token": token, "guest_token": visitor.token}, 202)


async def state(
    request: Request,
    generation_id: str,
    read: Callable[[App, str, str], Awaitable[S]],
    more: Callable[[S], Mapping[str, Any]] = lambda state: {},
) -> JSONResponse:
    """Answer how far a generation is, to whoever has its view token.

    `read` is called with the app, the shop's id and the generation's id, and `more` returns what the kind shows beside
    the common fields. Raises NotFound.
    """
    visit = auth.storefront(request)
    app: App = request.app.state.app
    token = request.query_params.get("view_token", "")
    if not may_view(app.settings.link_key, generation_id, token, app.clock.now()):
        raise NotFound()
    at_once = replace(app, db=ReadBatch(app.db))
    _, found = await asyncio.gather(shops.open_shop(at_once, visit), read(at_once, visit.shop, generation_id))
    return JSONResponse(_shown(found, more))


async def cancel(
    request: Request,
    generation_id: str,
    stop: Callable[[App, Visitor, str], Awaitable[S]],
    more: Callable[[S], Mapping[str, Any]] = lambda state: {},
) -> JSONResponse:
    """Cancel a visitor's generation by `stop`, and answer how far it is then. Raises NotFound, TooMany."""
    visit = auth.storefront(request)
    body = await parse.body(request, CancelBody)
    visitor = await auth.known_visitor(request, visit, body.guest_token)
    await limits.shopper(request, "cancel", visit, body.guest_token)
    return JSONResponse(_shown(await stop(request.app.state.app, visitor, generation_id), more))


def _shown(state: S, more: Callable[[S], Mapping[str, Any]]) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": state.id, "status": state.status, "progress": state.progress}
    if state.queue_position is not None:
        shown["queue_position"] = state.queue_position
    shown |= more(state)
    if state.error_code:
        shown["error"] = {"code": state.error_code, "message": state.error_message}
    return shown
