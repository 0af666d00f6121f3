"""The merchant's list of order lines: pages of a filter, and searches by order number or customer."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from app.core.app import App
from app.core.errors import NotFound
from app.core.paging import START, Cursor, Page, page_of
from app.core.ports.database import Database
from app.personalization.model import LineFilter, LineQuery, OrderCard, PrintHistory
from app.personalization.print_sizes import Size
from app.personalization.queries import offers
from app.personalization.queries import order_cards as queries

PAGE = 50
"""The number of lines on a page."""


async def order_page(app: App, shop_id: str, query: LineQuery, cursor: Cursor = START) -> Page[OrderCard]:
    """Return a page of order lines, newest first, or by order number if they were searched for.

    If the cursor's line is unknown, the first page is returned.
    """
    cards = await _cards(app.db, shop_id, query, cursor)
    if not cards and cursor != START:
        cursor, cards = START, await _cards(app.db, shop_id, query, START)
    return page_of(cards, cursor, PAGE, attrgetter("item_id"))


async def order_cards(app: App, shop_id: str, show: LineFilter = LineFilter.ALL) -> list[OrderCard]:
    """Return the newest lines of a filter, at most a page of them."""
    return list((await order_page(app, shop_id, LineQuery(show))).rows)


async def order_card(app: App, shop_id: str, item_id: str) -> OrderCard:
    """Return one line. Raises NotFound."""
    card = await queries.order_card(app.db, shop_id, item_id)
    if card is None:
        raise NotFound()
    return card


async def print_history(app: App, shop_id: str, item_id: str) -> PrintHistory:
    """Return how a line's design and print file were made. Raises NotFound."""
    found = await queries.history(app.db, shop_id, item_id)
    if found is None:
        raise NotFound()
    return found


async def sizes_to_map(app: App, cards: Sequence[OrderCard]) -> dict[str, list[Size]]:
    """Return, by line, the sizes from which the merchant can choose for each of these lines of a shop that needs one.

    They are the sizes of the line's product, and one of the shop's other sizes of each name and size in pixels.
    """
    needy = [card for card in cards if card.needs_size]
    if not needy:
        return {}
    named = {card.shopify_product_id for card in needy if card.shopify_product_id}
    found = await offers.sizes_to_map(app.db, needy[0].shop_id, named)
    return {card.item_id: _unlike(found.get(card.shopify_product_id or "", []), found.get("", [])) for card in needy}


async def _cards(db: Database, shop_id: str, query: LineQuery, cursor: Cursor) -> list[OrderCard]:
    """Return a page and one more line, if there is one."""
    if query.search:
        return await queries.found(db, shop_id, query.search, cursor, PAGE + 1)
    return await queries.listed(db, shop_id, query, cursor, PAGE + 1)


def _unlike(own: list[Size], others: list[Size]) -> list[Size]:
    """Return the sizes of the line's product, then those of the others that differ from them in name or pixels."""
    known = {(size.name, size.width_px, size.height_px) for size in own}
    return own + [size for size in others if (size.name, size.width_px, size.height_px) not in known]
