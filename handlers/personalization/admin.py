"""The merchant's orders page: line items with a design, and actions for those that need attention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app import personalization
from app.core.app import App
from app.personalization import OrderCard, UnreadOrder
from app.shops import NO_ACCESS
from handlers.http import auth, limits, parse
from handlers.http.pages import page
from handlers.http.uploads import UploadBody, ticket

PICTURE_LIFE = timedelta(hours=1)
FILTERS = {
    "": ("All", ()),
    "attention": ("Needs attention", ("needs_review", "unmapped", "failed", personalization.NOTE_FAILED)),
    "running": ("In progress", ("waiting", "queued", "printing")),
    "ready": ("Ready", ("ready",)),
    "cancelled": ("Cancelled", ("cancelled",)),
}


@dataclass(frozen=True)
class RetryBody:
    approved: bool = False


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
    """GET /orders?show=, where `show` is a key of FILTERS. An unknown value shows all orders."""
    merchant = await auth.merchant(request)
    app: App = request.app.state.app
    asked = request.query_params.get("show", "")
    show = asked if asked in FILTERS else ""
    cards = await personalization.order_cards(app, merchant.shop.id, FILTERS[show][1])
    unread = await personalization.unread_orders(app, merchant.shop.id)
    return page(
        request,
        "personalization/orders.html",
        unread=[_unread(app, each) for each in unread],
        cards=[_card(app, card) for card in cards],
        filters={name: label for name, (label, _) in FILTERS.items()},
        show=show,
        sizes=await _sizes(app, cards),
    )


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


async def _row(request: Request, card: OrderCard) -> Response:
    app: App = request.app.state.app
    sizes = await _sizes(app, [card])
    return page(request, "personalization/_order_row.html", card=_card(app, card), sizes=sizes)


async def _sizes(app: App, cards: list[OrderCard]) -> list[personalization.Size]:
    """The print sizes that the merchant can choose from. The list is empty if no line item needs a size."""
    sizeless = next((card for card in cards if card.needs_size), None)
    return await personalization.sizes_to_map(app, sizeless.shop_id) if sizeless else []


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


def _card(app: App, card: OrderCard) -> dict[str, Any]:
    """A line item with the links and preflight results that its row shows."""
    ends = app.clock.now() + PICTURE_LIFE
    preflight, proposed = personalization.rate_card(card, app.upscaler)
    return {
        "line": card,
        "preflight": preflight,
        "proposal_preflight": proposed,
        "preview_url": app.files.link(card.preview_key, expires_at=ends) if card.preview_key else None,
        "mockup_url": app.files.link(card.mockup_key, expires_at=ends) if card.mockup_key else None,
        "proposal_url": app.files.link(card.proposal_key, expires_at=ends) if card.proposal_key else None,
        "print_url": personalization.print_link(app, card),
    }
