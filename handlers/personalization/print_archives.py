"""The merchant's ZIPs of print files: ask for one, cancel it, and mark its lines as sent to the printer."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from app import personalization
from app.core.app import App
from app.personalization import LineFilter
from handlers.http import auth, limits, parse
from handlers.http.pages import page
from handlers.personalization.admin import SentBody, archive_card, line_query, query_fields


@dataclass(frozen=True)
class ArchiveBody:
    """The filter of the page: a key of FILTERS, and its first and last day in UTC.

    If `show` is ready, lines that were marked as sent are included.
    """

    show: str = ""
    since: str = ""
    until: str = ""


async def create(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, ArchiveBody)
    await limits.merchant(request, "print_archive", merchant.shop.id)
    app: App = request.app.state.app
    query = line_query({"show": body.show, "from": body.since, "to": body.until})
    archive = await personalization.request_archive(
        app, merchant.shop.id, with_sent=query.show is LineFilter.READY, since=query.since, until=query.until
    )
    card = archive_card(app, archive, query_fields(query))
    return page(request, "personalization/_archive.html", card=card, status=202)


async def cancel(request: Request) -> Response:
    merchant = await auth.merchant(request)
    app, archive_id = request.app.state.app, request.path_params["archive_id"]
    await personalization.cancel_archive(app, merchant.shop.id, archive_id)
    return await _latest(request, merchant.shop.id)


async def mark_sent(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, SentBody)
    app, archive_id = request.app.state.app, request.path_params["archive_id"]
    await personalization.mark_archive(app, merchant.shop.id, archive_id, sent=body.sent)
    return await _latest(request, merchant.shop.id)


async def _latest(request: Request, shop_id: str) -> Response:
    app: App = request.app.state.app
    archive = await personalization.print_archive(app, shop_id)
    card = archive_card(app, archive, {}, is_outdated=True)
    return page(request, "personalization/_archive.html", card=card)
