"""The merchant's orders page: line items with a design, and actions for those that need attention."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from app import personalization
from app.core.app import App
from app.personalization import LineFilter, LineQuery, OrderCard, PrintArchive, Size, UnreadOrder
from app.shops import NO_ACCESS
from handlers.http import auth, limits, parse
from handlers.http.pages import page
from handlers.http.uploads import UploadBody, ticket

PICTURE_LIFE = timedelta(hours=1)
FILTERS = {
    LineFilter.ALL: "All",
    LineFilter.ATTENTION: "Needs attention",
    LineFilter.RUNNING: "In progress",
    LineFilter.READY: "Ready",
    LineFilter.UNSENT: "Ready, not sent",
    LineFilter.CANCELLED: "Cancelled",
}
LONGEST_SEARCH = 60
DAY = "%Y-%m-%d"
LAST_DAY = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True)
class RetryBody:
    approved: bool = False


@dataclass(frozen=True)
class SentBody:
    sent: bool


@dataclass(frozen=True)
class SizeBody:
    size_id: str


@dataclass(frozen=True)
class PictureBody:
    """Without `upload_id`, the shopper's photo is used again."""

    upload_id: str | None = None


@dataclass(frozen=True)
class ApprovalBody:
    picture_id: str


async def orders(request: Request) -> Response:
    """GET /orders?show=&from=&to=&search=&after=&before=

    `show` is a key of FILTERS; `from` and `to` are days in UTC, both included; `search` is an order number, or its
    beginning, or a customer's id, and is searched for in all lines. What cannot be understood is ignored.
    """
    merchant = await auth.merchant(request)
    app: App = request.app.state.app
    asked = request.query_params
    query = line_query(asked)
    found, unread, archive = await asyncio.gather(
        personalization.order_page(app, merchant.shop.id, query, parse.cursor(asked)),
        personalization.unread_orders(app, merchant.shop.id),
        personalization.print_archive(app, merchant.shop.id),
    )
    sizes = await personalization.sizes_to_map(app, found.rows)
    fields = query_fields(query)
    return page(
        request,
        "personalization/orders.html",
        unread=[_unread(app, each) for each in unread],
        found=found,
        cards=[_card(app, card, sizes) for card in found.rows],
        filters={
            _address(fields | {"show": show.value, "search": ""}): (label, show) for show, label in FILTERS.items()
        },
        query=query,
        fields=fields,
        address=_address(fields),
        archive=archive_card(app, archive, fields, is_offered=bool(found.rows)),
    )


async def history(request: Request) -> Response:
    """GET /orders/items/{item_id}/history: how the line's design and print file were made, with their pictures."""
    merchant = await auth.merchant(request)
    app: App = request.app.state.app
    found = await personalization.print_history(app, merchant.shop.id, request.path_params["item_id"])
    ends = app.clock.now() + PICTURE_LIFE
    return page(
        request,
        "personalization/_history.html",
        history=found,
        photo_url=app.files.link(found.photo_key, expires_at=ends) if found.photo_key else None,
        preview_url=app.files.link(found.preview_key, expires_at=ends) if found.preview_key else None,
    )


async def mark_sent(request: Request) -> Response:
    """POST /orders/items/{item_id}/sent: mark the line as sent to the printer, or undo that."""
    merchant = await auth.merchant(request)
    body = await parse.body(request, SentBody)
    app, item_id = request.app.state.app, request.path_params["item_id"]
    return await _row(request, await personalization.mark_line(app, merchant.shop.id, item_id, sent=body.sent))


async def retry(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, RetryBody)
    app, item_id = request.app.state.app, request.path_params["item_id"]
    card = await personalization.retry_print(app, merchant.shop.id, item_id, approved=body.approved)
    return await _row(request, card)


async def map_size(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, SizeBody)
    app, item_id = request.app.state.app, request.path_params["item_id"]
    return await _row(request, await personalization.map_size(app, merchant.shop.id, item_id, body.size_id))


async def retry_note(request: Request) -> Response:
    merchant = await auth.merchant(request)
    app, item_id = request.app.state.app, request.path_params["item_id"]
    return await _row(request, await personalization.retry_note(app, merchant.shop.id, item_id))


async def open_picture(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, UploadBody)
    await limits.merchant(request, "picture_upload", merchant.shop.id)
    app, item_id = request.app.state.app, request.path_params["item_id"]
    return ticket(await personalization.open_picture(app, merchant.shop, item_id, body.to_request()))


async def propose_picture(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, PictureBody)
    await limits.merchant(request, "picture", merchant.shop.id)
    app, item_id = request.app.state.app, request.path_params["item_id"]
    take = partial(limits.merchant, request, "picture_pixels", merchant.shop.id)
    card = await personalization.propose_picture(app, merchant.shop, item_id, body.upload_id, take)
    return await _row(request, card)


async def approve_picture(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, ApprovalBody)
    app, item_id = request.app.state.app, request.path_params["item_id"]
    return await _row(request, await personalization.approve_picture(app, merchant.shop.id, item_id, body.picture_id))


async def read_again(request: Request) -> Response:
    """POST /orders/deliveries/{delivery_id}/read: ask Shopify for an order that could not be processed."""
    merchant = await auth.merchant(request)
    app, delivery_id = request.app.state.app, request.path_params["delivery_id"]
    unread = await personalization.read_again(app, merchant.shop.id, delivery_id)
    return page(request, "personalization/_unread_order.html", card=_unread(app, unread))


def archive_card(
    app: App,
    archive: PrintArchive | None,
    fields: Mapping[str, str],
    *,
    is_offered: bool = True,
    is_outdated: bool = False,
) -> dict[str, Any]:
    """The shop's latest ZIP, and the form that asks for another of the lines that the page shows.

    The form is shown only if `is_offered`. `is_outdated` means that the rest of the page no longer agrees with it, so
    that the page must refresh.
    """
    return {
        "archive": archive,
        "url": personalization.archive_link(app, archive),
        "fields": {"show": fields.get("show", ""), "since": fields.get("from", ""), "until": fields.get("to", "")},
        "is_offered": is_offered,
        "is_outdated": is_outdated,
    }


async def _row(request: Request, card: OrderCard) -> Response:
    app: App = request.app.state.app
    sizes = await personalization.sizes_to_map(app, [card])
    return page(request, "personalization/_order_row.html", card=_card(app, card, sizes))


def line_query(asked: Mapping[str, str]) -> LineQuery:
    """The lines that a page's parameters ask for. What cannot be understood is ignored."""
    search = asked.get("search", "").strip()[:LONGEST_SEARCH]
    if search:
        return LineQuery(search=search)
    show = asked.get("show", "")
    until = _day(asked.get("to", ""))
    return LineQuery(
        show=LineFilter(show) if show in set(LineFilter) else LineFilter.ALL,
        since=_day(asked.get("from", "")),
        until=until + timedelta(days=1) if until and until < LAST_DAY else None,
    )


def _day(text: str) -> datetime | None:
    """The beginning of a day (YYYY-MM-DD) in UTC; None if the text is no day."""
    try:
        return datetime.strptime(text, DAY).replace(tzinfo=UTC)
    except ValueError:
        return None


def query_fields(query: LineQuery) -> dict[str, str]:
    """The parameters of the page's address, without a cursor."""
    return {
        "show": query.show.value,
        "from": query.since.strftime(DAY) if query.since else "",
        "to": (query.until - timedelta(days=1)).strftime(DAY) if query.until else "",
        "search": query.search,
    }


def _address(fields: dict[str, str]) -> str:
    """The address of the first page of the list."""
    query = urlencode({name: value for name, value in fields.items() if value})
    return f"/orders?{query}" if query else "/orders"


def _unread(app: App, order: UnreadOrder) -> dict[str, Any]:
    """An order that could not be processed, with a link to it in the Shopify admin if its id is known."""
    link = app.shopify_auth.admin_url(order.shop_id, f"orders/{order.order_id}") if order.order_id else None
    return {"order": order, "admin_url": link, "reason": _reason(order.error or "")}


def _reason(error: str) -> str:
    if error.startswith("malformed"):
        return "Artify could not read Shopify's message about this order."
    if error in NO_ACCESS:
        return "Artify did not have access to this shop when the order arrived."
    return "Artify could not process this order after several attempts."


def _card(app: App, card: OrderCard, sizes: Mapping[str, Sequence[Size]]) -> dict[str, Any]:
    """A line item with the links, preflight results and sizes that its row shows."""
    ends = app.clock.now() + PICTURE_LIFE
    preflight, proposed = personalization.rate_card(card, app.upscaler)
    return {
        "line": card,
        "sizes": sizes.get(card.item_id, []),
        "admin_url": app.shopify_auth.admin_url(card.shop_id, f"orders/{card.shopify_order_id}"),
        "preflight": preflight,
        "proposal_preflight": proposed,
        "preview_url": app.files.link(card.preview_key, expires_at=ends) if card.preview_key else None,
        "mockup_url": app.files.link(card.mockup_key, expires_at=ends) if card.mockup_key else None,
        "proposal_url": app.files.link(card.proposal_key, expires_at=ends) if card.proposal_key else None,
        "print_url": personalization.print_link(app, card),
    }
