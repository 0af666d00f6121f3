"""Generations over HTTP: the steps that are the same for every kind that shoppers or merchants request.

A kind that needs only these steps has all its handlers from `ShopperHandlers` or `MerchantHandlers`. A kind with steps
of its own calls `create`, `state` and `cancel`.

The answer to a shopper's request has a view token. Whoever has it may see how far the generation is; only the visitor
who requested it may cancel it. A merchant's generation is seen and cancelled by the staff of the shop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Generic, Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app import generation, shops
from app.core.app import App
from app.core.errors import NotFound
from app.core.ports.shopify import ProxyVisit
from app.core.read_batch import ReadBatch
from app.core.signed_links import may_view, view_token
from app.generation import GenerationRow, Kind, Requester, State
from app.shops import Visitor
from handlers.http import auth, limits, parse

VIEW_LIFE = timedelta(hours=24)
LONGEST_KEY = 100
"""The maximum length of an idempotency key in characters. The rest of a longer key is ignored."""


class Requested(Protocol):
    """A generation that has been requested, as its row or its state."""

    @property
    def id(self) -> str: ...
    @property
    def status(self) -> str: ...


class Progress(Requested, Protocol):
    """How far a generation is: `generation.State`, or a capability's own with what it shows besides."""

    @property
    def progress(self) -> int: ...
    @property
    def queue_position(self) -> int | None: ...
    @property
    def error_code(self) -> str | None: ...
    @property
    def error_message(self) -> str | None: ...


@dataclass(frozen=True, kw_only=True)
class MerchantBody:
    """The fields of every merchant's request for a generation. A kind adds those of its `Kind.request_fields`."""

    upload_id: str | None = None
    idempotency_key: str | None = None

    @property
    def key(self) -> str | None:
        """The idempotency key as it is stored."""
        return self.idempotency_key and self.idempotency_key[:LONGEST_KEY]


@dataclass(frozen=True, kw_only=True)
class GuestBody:
    guest_token: str | None = None


@dataclass(frozen=True, kw_only=True)
class ShopperBody(MerchantBody, GuestBody):
    """The fields of every shopper's request for a generation. A kind adds those of its `Kind.request_fields`."""


@dataclass(frozen=True, kw_only=True)
class ListBody(GuestBody):
    """`before` is the id of the last generation of the page before."""

    before: str | None = None


B = TypeVar("B", bound=ShopperBody)
G = TypeVar("G", bound=GenerationRow)
L = TypeVar("L")
S = TypeVar("S", bound=Progress)


async def create(
    request: Request,
    shape: type[B],
    count: Callable[[Request, ProxyVisit, str | None], Awaitable[L]],
    make: Callable[[App, Visitor, B, L], Awaitable[Requested]],
) -> JSONResponse:
    """Answer a shopper's request for a generation with 202, its id, its view token, and the guest's token.

    `shape` is the type of the body. `count` counts the request against its limits, and `make` requests the generation;
    it gets what `count` returned. Raises what these raise.
    """
    visit = auth.storefront(request)
    body = await parse.body(request, shape)
    counted = await count(request, visit, body.guest_token)
    visitor = await auth.visitor(request, visit, body.guest_token)
    app: App = request.app.state.app
    made = await make(app, visitor, body, counted)
    token = view_token(app.settings.link_key, made.id, app.clock.now() + VIEW_LIFE)
    return JSONResponse({"id": made.id, "status": made.status, "view_token": token, "guest_token": visitor.token}, 202)


async def state(
    request: Request,
    generation_id: str,
    read: Callable[[App, str, str], Awaitable[S]],
    more: Callable[[S], Mapping[str, Any]] = lambda state: {},
) -> JSONResponse:
    """Answer how far a shopper's generation is, to whoever has its view token.

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
    return JSONResponse({**shown(found), **more(found)})


async def cancel(
    request: Request,
    generation_id: str,
    stop: Callable[[App, Visitor, str], Awaitable[S]],
    more: Callable[[S], Mapping[str, Any]] = lambda state: {},
) -> JSONResponse:
    """Cancel a visitor's generation by `stop`, and answer how far it is then. Raises NotFound, TooMany."""
    visit = auth.storefront(request)
    body = await parse.body(request, GuestBody)
    visitor = await auth.known_visitor(request, visit, body.guest_token)
    await limits.shopper(request, "cancel", visit, body.guest_token)
    found = await stop(request.app.state.app, visitor, generation_id)
    return JSONResponse({**shown(found), **more(found)})


def shown(state: Progress) -> dict[str, Any]:
    """The fields that every answer about a generation has."""
    fields: dict[str, Any] = {"id": state.id, "status": state.status, "progress": state.progress}
    if state.queue_position is not None:
        fields["queue_position"] = state.queue_position
    if state.error_code:
        fields["error"] = {"code": state.error_code, "message": state.error_message}
    return fields


@dataclass(frozen=True)
class ShopperHandlers(Generic[G]):
    """The handlers of a kind that shoppers request, if it needs only the steps that all kinds need.

    `body` is the type of the request's body: its fields named in `Kind.request_fields` become columns of the row, and
    `upload_id` the photo. `limit` is the name of the limit in LIMITS that counts the requests.
    """

    kind: Kind[G]
    body: type[ShopperBody]
    limit: str

    def routes(self, path: str) -> list[Route]:
        return [
            Route(path, self.create, methods=["POST"]),
            Route(f"{path}/list", self.newest, methods=["POST"]),
            Route(f"{path}/{{generation_id}}", self.state),
            Route(f"{path}/{{generation_id}}/cancel", self.cancel, methods=["POST"]),
        ]

    async def create(self, request: Request) -> Response:
        async def make(app: App, visitor: Visitor, body: ShopperBody, counted: None) -> State:
            return await _request(app, self.kind, visitor, body)

        return await create(request, self.body, self._count, make)

    async def newest(self, request: Request) -> Response:
        """Answer a page of the visitor's own generations, the newest first."""
        visit = auth.storefront(request)
        body = await parse.body(request, ListBody)
        visitor = await auth.known_visitor(request, visit, body.guest_token)
        return await _list(request.app.state.app, self.kind, visitor, body.before)

    async def state(self, request: Request) -> Response:
        async def read(app: App, shop_id: str, generation_id: str) -> State:
            return await generation.find_state(app, self.kind, shop_id, generation_id)

        return await state(request, request.path_params["generation_id"], read)

    async def cancel(self, request: Request) -> Response:
        async def stop(app: App, visitor: Visitor, generation_id: str) -> State:
            return await generation.cancel_own(app, self.kind, visitor, generation_id)

        return await cancel(request, request.path_params["generation_id"], stop)

    async def _count(self, request: Request, visit: ProxyVisit, guest_token: str | None) -> None:
        await limits.shopper(request, self.limit, visit, guest_token)


@dataclass(frozen=True)
class MerchantHandlers(Generic[G]):
    """The handlers of a kind that merchants request in the admin, if it needs only the steps that all kinds need.

    `body` and `limit` are those of ShopperHandlers.
    """

    kind: Kind[G]
    body: type[MerchantBody]
    limit: str

    def routes(self, path: str) -> list[Route]:
        return [
            Route(path, self.create, methods=["POST"]),
            Route(path, self.newest),
            Route(f"{path}/{{generation_id}}", self.state),
            Route(f"{path}/{{generation_id}}/cancel", self.cancel, methods=["POST"]),
        ]

    async def create(self, request: Request) -> Response:
        merchant = await auth.merchant(request)
        body = await parse.body(request, self.body)
        await limits.merchant(request, self.limit, merchant.shop.id)
        return JSONResponse(shown(await _request(request.app.state.app, self.kind, merchant, body)), 202)

    async def newest(self, request: Request) -> Response:
        """Answer a page of the shop's generations, the newest first. The query's `before` is that of ListBody."""
        merchant = await auth.merchant(request)
        return await _list(request.app.state.app, self.kind, merchant, request.query_params.get("before"))

    async def state(self, request: Request) -> Response:
        merchant = await auth.merchant(request)
        app, generation_id = request.app.state.app, request.path_params["generation_id"]
        return JSONResponse(shown(await generation.find_state(app, self.kind, merchant.shop.id, generation_id)))

    async def cancel(self, request: Request) -> Response:
        merchant = await auth.merchant(request)
        app, generation_id = request.app.state.app, request.path_params["generation_id"]
        return JSONResponse(shown(await generation.cancel_own(app, self.kind, merchant, generation_id)))


async def _request(app: App, kind: Kind[G], requester: Requester, body: MerchantBody) -> State:
    asked = {name: getattr(body, name) for name in kind.request_fields if name != kind.photo}
    if kind.photo:
        asked[kind.photo] = body.upload_id
    wanted = kind.shape(**generation.request_columns(requester, body.key, app.clock.now()), **asked)
    return generation.stored_state(kind, await generation.request_once(app, kind, wanted))


async def _list(app: App, kind: Kind[G], requester: Requester, before: str | None) -> JSONResponse:
    found = await generation.list_own(app, kind, requester, before)
    return JSONResponse({"generations": [shown(generation.stored_state(kind, each)) for each in found]})
