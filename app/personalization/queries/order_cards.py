"""SQL for the merchant's list of order lines: a page of lines is selected first, then joined with what it shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    ScalarSelect,
    Select,
    and_,
    func,
    or_,
    select,
    tuple_,
    union,
    union_all,
)

from app.core.paging import Cursor
from app.core.ports.database import Database, Row
from app.core.rows import part
from app.core.statements import built_once
from app.core.tables import bytewise, unindexed
from app.jobs.tables import is_given_up, jobs
from app.media.tables import assets
from app.personalization.model import NOTE, LineFilter, LineQuery, OrderCard, PrintHistory
from app.personalization.print_sizes import Size
from app.personalization.queries.offers import SIZE, with_size
from app.personalization.tables import ai_styles, generations, is_unsent, order_items, orders

LAST = "\U0010ffff"
"""The character that sorts last, byte by byte, in UTF-8."""
PRINT_COLUMNS = (
    *("upscale_status", "upscale_factor", "upscale_started_at", "upscale_completed_at"),
    *("generation_params", "original_width", "original_height"),
)
"""Columns of the final generation that describe how the print file was made."""


async def order_card(db: Database, shop_id: str, item_id: str) -> OrderCard | None:
    row = await db.one(_one_card(shop_id, item_id))
    return _order_card(row) if row else None


@built_once
def _one_card(shop_id: str, item_id: str) -> Any:
    one = select(order_items.c.id).where(order_items.c.shop_id == shop_id, order_items.c.id == item_id)
    return _cards(shop_id, one.subquery("page"))


async def history(db: Database, shop_id: str, item_id: str) -> PrintHistory | None:
    row = await db.one(_history(shop_id, item_id))
    return PrintHistory(**row) if row else None


@built_once
def _history(shop_id: str, item_id: str) -> Any:
    design, final = generations.alias("design"), generations.alias("final")
    photo, preview, master = (assets.alias(name) for name in ("photo", "preview", "master"))
    return (
        select(
            order_items.c.id.label("item_id"),
            photo.c.key.label("photo_key"),
            preview.c.key.label("preview_key"),
            design.c.completed_at.label("preview_made_at"),
            *(design.c[name] for name in ("model_used", "duration_ms", "cost_micros")),
            design.c.ai_prompt_used.label("prompt"),
            master.c.width.label("master_width"),
            master.c.height.label("master_height"),
            final.c.completed_at.label("print_made_at"),
            *(final.c[name] for name in ("final_width", "final_height")),
        )
        .select_from(order_items)
        .outerjoin(design, design.c.id == order_items.c.preview_generation_id)
        .outerjoin(final, final.c.id == order_items.c.final_generation_id)
        .outerjoin(photo, and_(photo.c.id == design.c.upload_asset_id, photo.c.deleted_at.is_(None)))
        .outerjoin(preview, and_(preview.c.id == design.c.preview_asset_id, preview.c.deleted_at.is_(None)))
        .outerjoin(master, master.c.id == design.c.master_asset_id)
        .where(order_items.c.shop_id == shop_id, order_items.c.id == item_id)
    )


async def listed(db: Database, shop_id: str, query: LineQuery, cursor: Cursor, limit: int) -> list[OrderCard]:
    """Return the lines of a filter next to the cursor, newest first."""
    statement = _listed(shop_id, query.show, query.since, query.until, cursor.row, cursor.is_backwards, limit)
    return [_order_card(row) for row in await db.all(statement)]


@built_once
def _listed(
    shop_id: str,
    show: LineFilter,
    since: datetime | None,
    until: datetime | None,
    cursor: str | None,
    backwards: bool,
    limit: int,
) -> Any:
    at = order_items.c.created_at
    within = [] if since is None else [at >= since]
    within += [] if until is None else [at < until]
    within += [] if cursor is None else _beside(shop_id, cursor, backwards)
    lines = select(order_items.c.id, at).where(order_items.c.shop_id == shop_id, *within)
    parts = [lines] if show is LineFilter.ALL else [lines.where(order_items.c.state == each) for each in show.states]
    if show is LineFilter.UNSENT:
        parts = [lines.where(is_unsent())]
    if show is LineFilter.ATTENTION:
        parts.append(_with_failed_notes(shop_id, order_items.c.id, at).where(*within))
    firsts = [_first(each, order_items, backwards, limit) for each in parts]
    every = union_all(*[select(*each.subquery().c) for each in firsts]).subquery()
    page = (_first(select(*every.c), every, backwards, limit) if len(firsts) > 1 else firsts[0]).subquery("page")
    return _cards(shop_id, page).order_by(page.c.created_at.desc(), page.c.id)


def _first(lines: Select[Any], source: FromClause, backwards: bool, limit: int) -> Select[Any]:
    """Return the first lines in the order of the list, or the last ones, backwards."""
    at, item_id = source.c.created_at, source.c.id
    return lines.order_by(*((at, item_id.desc()) if backwards else (at.desc(), item_id))).limit(limit)


def _beside(shop_id: str, cursor: str, backwards: bool) -> list[ColumnElement[bool]]:
    """Return the conditions that a line follows the line `cursor` in the list, or that it precedes it.

    The first condition is implied by the second one, but only the first can be looked up in an index.
    """
    mine = and_(order_items.c.shop_id == shop_id, order_items.c.id == cursor)
    at, item_id, start = (
        order_items.c.created_at,
        order_items.c.id,
        select(order_items.c.created_at).where(mine).correlate(None).scalar_subquery(),
    )
    if backwards:
        return [at >= start, or_(at > start, item_id < cursor)]
    return [at <= start, or_(at < start, item_id > cursor)]


async def found(db: Database, shop_id: str, text: str, cursor: Cursor, limit: int) -> list[OrderCard]:
    """Return the lines next to the cursor whose order number begins with `text`, or whose customer has it as their id.

    The number may be given with or without its #. Lines are in the order of their order numbers, so that an order whose
    whole number is the text comes first.
    """
    other = text.removeprefix("#") if text.startswith("#") else f"#{text}"
    ranges = [(prefix, prefix + LAST) for prefix in (text, other or text)]
    statement = _found(shop_id, *ranges[0], *ranges[1], text, cursor.row, cursor.is_backwards, limit)
    return [_order_card(row) for row in await db.all(statement)]


@built_once
def _found(
    shop_id: str,
    text: str,
    text_end: str,
    other: str,
    other_end: str,
    customer_id: str,
    cursor: str | None,
    backwards: bool,
    limit: int,
) -> Any:
    number, no_number = bytewise(orders.c.order_number), bytewise(func.coalesce(orders.c.order_number, ""))
    parts = [
        _numbered(shop_id, number, and_(number >= text, number < text_end), cursor, backwards, limit),
        _numbered(shop_id, number, and_(number >= other, number < other_end), cursor, backwards, limit),
        _numbered(shop_id, no_number, orders.c.customer_id == customer_id, cursor, backwards, limit),
    ]
    every = union(*[select(*each.subquery().c) for each in parts]).subquery()
    order = [bytewise(every.c.number), every.c.order_id, every.c.id]
    first = select(*every.c).order_by(*[each.desc() if backwards else each for each in order]).limit(limit)
    page = first.subquery("page")
    return _cards(shop_id, page).order_by(bytewise(page.c.number), page.c.order_id, page.c.id)


def _numbered(
    shop_id: str,
    number: ColumnElement[str],
    condition: ColumnElement[bool],
    cursor: str | None,
    backwards: bool,
    limit: int,
) -> Select[Any]:
    """Return the first lines of the orders that meet a condition, by `number`, or the last ones, backwards."""
    order = [number, orders.c.id, order_items.c.id]
    lines = (
        select(order_items.c.id, number.label("number"), orders.c.id.label("order_id"))
        .join_from(orders, order_items, order_items.c.order_id == orders.c.id)
        .where(orders.c.shop_id == shop_id, condition, unindexed(order_items.c.shop_id) == shop_id)
    )
    if cursor is not None:
        start, start_order = _place(shop_id, cursor)
        place, here = tuple_(start, start_order, cursor), tuple_(*order)
        lines = lines.where(number <= start, here < place) if backwards else lines.where(number >= start, here > place)
    return lines.order_by(*[each.desc() if backwards else each for each in order]).limit(limit)


def _place(shop_id: str, cursor: str) -> list[ScalarSelect[Any]]:
    """Return the number and the id of a line's order as subqueries."""
    order, item = orders.alias(), order_items.alias()
    number = bytewise(func.coalesce(order.c.order_number, ""))
    mine = [item.c.shop_id == shop_id, item.c.id == cursor, order.c.id == item.c.order_id]
    return [select(each).where(*mine).scalar_subquery() for each in (number, order.c.id)]


async def count_failed_notes(db: Database, shop_id: str) -> int:
    """Count the lines whose print file is ready, but whose Shopify order could not be updated."""
    row = await db.one(_count_failed_notes(shop_id))
    return int(row["count"]) if row else 0


@built_once
def _count_failed_notes(shop_id: str) -> Any:
    return _with_failed_notes(shop_id, func.count().label("count"))


def _with_failed_notes(shop_id: str, *columns: Any) -> Select[Any]:
    """Select from the lines whose print file is ready, but the update of whose Shopify order failed for good."""
    given_up = [jobs.c.shop_id == shop_id, jobs.c.kind == NOTE, is_given_up(jobs)]
    ready = [unindexed(order_items.c.shop_id) == shop_id, unindexed(order_items.c.state) == "ready"]
    return select(*columns).join_from(jobs, order_items, order_items.c.id == jobs.c.subject_id).where(*given_up, *ready)


def _cards(shop_id: str, page: FromClause) -> Select[Any]:
    """Select what the list shows of the lines of a page.

    Every join is an outer one, because SQLite keeps their order: it looks up the rows of each line, and does not read
    whole tables to find the lines that match them.
    """
    preview, mockup, master, printed, proposed, upload = (
        assets.alias(name) for name in ("preview", "mockup", "master", "printed", "proposed", "upload")
    )
    proposal, final = generations.alias("proposal"), generations.alias("final")
    line = and_(order_items.c.shop_id == shop_id, order_items.c.id == page.c.id)
    rows = (
        page.outerjoin(order_items, line)
        .outerjoin(orders, orders.c.id == order_items.c.order_id)
        .outerjoin(generations, generations.c.id == order_items.c.preview_generation_id)
        .outerjoin(ai_styles, ai_styles.c.id == generations.c.ai_style_id)
        .outerjoin(proposal, proposal.c.id == order_items.c.proposed_generation_id)
        .outerjoin(final, final.c.id == order_items.c.final_generation_id)
        .outerjoin(preview, preview.c.id == generations.c.preview_asset_id)
        .outerjoin(mockup, mockup.c.id == generations.c.mockup_asset_id)
        .outerjoin(proposed, proposed.c.id == proposal.c.preview_asset_id)
        .outerjoin(master, and_(master.c.id == generations.c.master_asset_id, master.c.deleted_at.is_(None)))
        .outerjoin(upload, and_(upload.c.id == generations.c.upload_asset_id, upload.c.deleted_at.is_(None)))
        .outerjoin(printed, printed.c.id == order_items.c.print_asset_id)
        .outerjoin(jobs, and_(jobs.c.shop_id == shop_id, jobs.c.dedupe_key == f"{NOTE}:" + order_items.c.id))
    )
    return select(
        order_items.c.id.label("item_id"),
        order_items.c.shop_id,
        orders.c.shopify_order_id,
        order_items.c.shopify_product_id,
        orders.c.order_number,
        order_items.c.title,
        ai_styles.c.name.label("style"),
        order_items.c.quantity,
        order_items.c.state,
        order_items.c.reason,
        printed.c.width,
        printed.c.height,
        orders.c.is_test,
        order_items.c.created_at,
        order_items.c.sent_to_printer_at,
        preview.c.key.label("preview_key"),
        mockup.c.key.label("mockup_key"),
        master.c.id.is_not(None).label("has_master"),
        upload.c.id.label("upload_id"),
        proposal.c.id.label("proposal_id"),
        proposal.c.status.label("proposal_status"),
        proposed.c.key.label("proposal_key"),
        printed.c.key.label("print_key"),
        printed.c.filename.label("print_filename"),
        jobs.c.status.label("note_status"),
        (generations.c.ai_prompt_used != "").label("is_drawn"),
        generations.c.preflight,
        (proposal.c.ai_prompt_used != "").label("proposal_is_drawn"),
        proposal.c.preflight.label("proposal_preflight"),
        final.c.tiles,
        final.c.tiles_fell_back,
        *SIZE,
        generations.c.model_used,
        generations.c.duration_ms,
        *[final.c[name] for name in PRINT_COLUMNS],
    ).select_from(with_size(shop_id, rows, order_items.c.size_id))


def _order_card(row: Row) -> OrderCard:
    size = part(row, Size, "size")
    rest = {name: value for name, value in row.items() if not name.startswith("size_")}
    return OrderCard(**rest, size=size.name if size else None, printed_on=size)
