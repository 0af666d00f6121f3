"""SQL for orders and their lines."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true, update

from app.core.ports.database import Database, Expect, Row
from app.core.rows import columns_of, part
from app.core.statements import built_once
from app.core.tables import among, moment, upsert
from app.jobs.tables import jobs
from app.media.tables import assets
from app.personalization.model import NOTE, NOTE_FAILED, OrderCard
from app.personalization.order_rules import Order, OrderItem
from app.personalization.print_sizes import Size
from app.personalization.queries.offers import sizes_as_printed
from app.personalization.tables import (
    ai_styles,
    generations,
    order_items,
    orders,
)

ITEM = [order_items.c[name] for name in OrderItem.__dataclass_fields__]
ORDER = [orders.c[name] for name in Order.__dataclass_fields__]


async def order(db: Database, shop_id: str, shopify_order_id: str) -> Order | None:
    row = await db.one(_order_row(shop_id, shopify_order_id))
    return Order(**row) if row else None


@built_once
def _order_row(shop_id: str, shopify_order_id: str) -> Any:
    return select(*ORDER).where(orders.c.shop_id == shop_id, orders.c.shopify_order_id == shopify_order_id)


async def order_by_id(db: Database, shop_id: str, order_id: str) -> Order | None:
    row = await db.one(_order_by_id(shop_id, order_id))
    return Order(**row) if row else None


@built_once
def _order_by_id(shop_id: str, order_id: str) -> Any:
    return select(*ORDER).where(orders.c.shop_id == shop_id, orders.c.id == order_id)


async def item(db: Database, shop_id: str, item_id: str) -> OrderItem | None:
    row = await db.one(_item_row(shop_id, item_id))
    return OrderItem(**row) if row else None


@built_once
def _item_row(shop_id: str, item_id: str) -> Any:
    return select(*ITEM).where(order_items.c.shop_id == shop_id, order_items.c.id == item_id)


async def items_of_order(db: Database, shop_id: str, shopify_order_id: str) -> list[OrderItem]:
    """Return the lines of an order, which is given by its Shopify id."""
    return [OrderItem(**row) for row in await db.all(_items_of_order(shop_id, shopify_order_id))]


@built_once
def _items_of_order(shop_id: str, shopify_order_id: str) -> Any:
    return (
        select(*ITEM)
        .join(orders, orders.c.id == order_items.c.order_id)
        .where(
            order_items.c.shop_id == shop_id,
            orders.c.shop_id == shop_id,
            orders.c.shopify_order_id == shopify_order_id,
        )
        .order_by(order_items.c.id)
    )


async def taken_line_ids(db: Database, shop_id: str, shopify_order_id: str, line_ids: Sequence[str]) -> set[str]:
    """Return those of the given line ids that belong to lines of other orders."""
    rows = await db.all(_taken_line_ids(shop_id, shopify_order_id, line_ids))
    return {row["shopify_line_item_id"] for row in rows}


@built_once
def _taken_line_ids(shop_id: str, shopify_order_id: str, line_ids: Sequence[str]) -> Any:
    return (
        select(order_items.c.shopify_line_item_id)
        .join(orders, orders.c.id == order_items.c.order_id)
        .where(
            order_items.c.shop_id == shop_id,
            among(order_items.c.shopify_line_item_id, line_ids),
            orders.c.shopify_order_id != shopify_order_id,
        )
    )


async def order_cards(
    db: Database, shop_id: str, limit: int, *, item_id: str | None = None, states: Sequence[str] = ()
) -> list[OrderCard]:
    """Return the newest lines with a design, for the merchant.

    `states` limits them to these states, where NOTE_FAILED counts as a state; `item_id` limits them to one line.
    """
    chosen = (states or None, NOTE_FAILED in states)
    return [
        OrderCard(**_with_size(row)) for row in await db.all(_order_cards(shop_id, limit, item_id or None, *chosen))
    ]


@built_once
def _order_cards(
    shop_id: str, limit: int, item_id: str | None, states: Sequence[str] | None, or_note_failed: bool
) -> Any:
    preview, mockup, master, printed, proposed, upload = (
        assets.alias(name) for name in ("preview", "mockup", "master", "printed", "proposed", "upload")
    )
    proposal, final = generations.alias("proposal"), generations.alias("final")
    size = sizes_as_printed(shop_id).subquery("size")
    note_failed = _note_failed(shop_id) if or_note_failed else false()
    in_state = true() if states is None else or_(among(order_items.c.state, states), note_failed)
    return (
        select(*_card(preview, mockup, master, printed, proposed, upload, proposal, final, size))
        .join(orders, orders.c.id == order_items.c.order_id)
        .outerjoin(size, size.c.id == order_items.c.size_id)
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
        .where(
            order_items.c.shop_id == shop_id,
            true() if item_id is None else order_items.c.id == item_id,
            in_state,
        )
        .order_by(order_items.c.created_at.desc(), order_items.c.id)
        .limit(limit)
    )


_PRINT_COLUMNS = (
    *("upscale_status", "upscale_factor", "upscale_started_at", "upscale_completed_at"),
    *("generation_params", "original_width", "original_height"),
)
"""Columns of the final generation that describe how the print file was made."""


def _with_size(row: Row) -> dict[str, Any]:
    """Replace the columns of the size by `printed_on`, which is None if the line has no size."""
    rest = {name: value for name, value in row.items() if not name.startswith("size_")}
    return rest | {"printed_on": part(row, Size, "size")}


def _card(
    preview: Any,
    mockup: Any,
    master: Any,
    printed: Any,
    proposed: Any,
    upload: Any,
    proposal: Any,
    final: Any,
    size: Any,
) -> list[Any]:
    return [
        order_items.c.id.label("item_id"),
        order_items.c.shop_id,
        orders.c.shopify_order_id,
        orders.c.order_number,
        order_items.c.title,
        size.c.name.label("size"),
        ai_styles.c.name.label("style"),
        order_items.c.quantity,
        order_items.c.state,
        order_items.c.reason,
        printed.c.width,
        printed.c.height,
        orders.c.is_test,
        orders.c.created_at,
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
        *columns_of(Size, size, "size"),
        generations.c.model_used,
        generations.c.duration_ms,
        *[final.c[name] for name in _PRINT_COLUMNS],
    ]


def _note_failed(shop_id: str) -> ColumnElement[bool]:
    """Return a condition on lines: the print file is ready, but the update of the Shopify order failed for good."""
    given_up = select(jobs.c.subject_id).where(
        jobs.c.shop_id == shop_id, jobs.c.status.in_(("failed", "dead")), jobs.c.kind == NOTE
    )
    return and_(order_items.c.state == "ready", order_items.c.id.in_(given_up))


async def count_failed_notes(db: Database, shop_id: str) -> int:
    """Count the lines whose print file is ready, but whose Shopify order could not be updated."""
    row = await db.one(_count_failed_notes(shop_id))
    return int(row["count"]) if row else 0


@built_once
def _count_failed_notes(shop_id: str) -> Any:
    return select(func.count().label("count")).where(order_items.c.shop_id == shop_id, _note_failed(shop_id))


async def items_by_state(db: Database, shop_id: str) -> dict[str, int]:
    return {row["state"]: row["count"] for row in await db.all(_items_by_state(shop_id))}


@built_once
def _items_by_state(shop_id: str) -> Any:
    return (
        select(order_items.c.state, func.count().label("count"))
        .where(order_items.c.shop_id == shop_id)
        .group_by(order_items.c.state)
    )


async def previews_since(db: Database, shop_id: str, since: datetime) -> int:
    row = await db.one(_previews_since(shop_id, since))
    return int(row["count"]) if row else 0


@built_once
def _previews_since(shop_id: str, since: datetime) -> Any:
    return select(func.count().label("count")).where(
        generations.c.shop_id == shop_id,
        generations.c.generation_type == "preview",
        generations.c.created_at >= since,
    )


def save_order(order: Order, before: Order | None, at: datetime) -> Expect:
    """Insert an order (`before` is None) or update it.

    Refused with `order_changed` if the order has changed since it was read.
    """
    next_one = replace(order, revision=order.revision + 1)
    return _insert_order(next_one, at) if before is None else _update_order(next_one, before.revision, at)


@built_once
def _insert_order(order: Order, at: datetime) -> Expect:
    insert = upsert(orders).values(**vars(order), created_at=at, updated_at=at)
    unknown = insert.on_conflict_do_nothing(index_elements=["shop_id", "shopify_order_id"])
    return Expect(unknown, "order_changed")


@built_once
def _update_order(order: Order, revision: int, at: datetime) -> Expect:
    as_read = [orders.c.shop_id == order.shop_id, orders.c.id == order.id, orders.c.revision == revision]
    return Expect(update(orders).where(*as_read).values(**vars(order), updated_at=at), "order_changed")


@built_once
def insert_item(item: OrderItem, at: datetime) -> Expect:
    """Refused with `order_changed` if another webhook has inserted this line in the meantime."""
    insert = upsert(order_items).values(**vars(item), created_at=at, updated_at=at)
    return Expect(insert.on_conflict_do_nothing(index_elements=["shop_id", "shopify_line_item_id"]), "order_changed")


def update_item(before: OrderItem, after: OrderItem, at: datetime) -> Expect:
    """Refused with `order_changed` if the line has changed since it was read."""
    changed = {
        name: getattr(after, name)
        for name in OrderItem.__dataclass_fields__
        if getattr(after, name) != getattr(before, name)
    }
    return _update_item(before, at, **changed)


@built_once
def _update_item(before: OrderItem, at: datetime, **changed: Any) -> Expect:
    as_read = [
        order_items.c.state == before.state,
        order_items.c.print_asset_id == before.print_asset_id,
        order_items.c.preview_ref == before.preview_ref,
    ]
    return Expect(
        update(order_items)
        .where(order_items.c.shop_id == before.shop_id, order_items.c.id == before.id, *as_read)
        .values(**changed, updated_at=at),
        "order_changed",
    )


async def items_without_size(db: Database, shop_id: str, shopify_variant_id: str, limit: int) -> list[str]:
    """Return the ids of lines of this variant that have no size."""
    rows = await db.all(_items_without_size(shop_id, shopify_variant_id, limit))
    return [str(row["id"]) for row in rows]


async def variants_without_size(db: Database, shop_id: str, shopify_variant_ids: Collection[str]) -> list[str]:
    """Return those of these variants of which a line waits for a print size."""
    rows = await db.all(_variants_without_size(shop_id, shopify_variant_ids))
    return [str(row["shopify_variant_id"]) for row in rows]


@built_once
def _variants_without_size(shop_id: str, shopify_variant_ids: Collection[str]) -> Any:
    return (
        select(order_items.c.shopify_variant_id)
        .where(
            order_items.c.shop_id == shop_id,
            among(order_items.c.shopify_variant_id, shopify_variant_ids),
            order_items.c.size_id.is_(None),
            order_items.c.state.in_(("unmapped", "needs_review")),
        )
        .distinct()
    )


@built_once
def _items_without_size(shop_id: str, shopify_variant_id: str, limit: int) -> Any:
    return (
        select(order_items.c.id)
        .where(
            order_items.c.shop_id == shop_id,
            order_items.c.shopify_variant_id == shopify_variant_id,
            order_items.c.size_id.is_(None),
            order_items.c.state.in_(("unmapped", "needs_review")),
        )
        .limit(limit)
    )


@built_once
def pin_generation(shop_id: str, generation_id: str, at: datetime) -> Any:
    return (
        update(generations)
        .where(generations.c.shop_id == shop_id, generations.c.id == generation_id)
        .values(pinned_at=func.coalesce(generations.c.pinned_at, moment(at)))
    )


@built_once
def keep_photo(shop_id: str, generation_id: str, at: datetime) -> Any:
    """Remove the expiry of an ordered design's photo, because a replacement picture may have to be made from it."""
    photo = select(generations.c.upload_asset_id).where(
        generations.c.shop_id == shop_id, generations.c.id == generation_id
    )
    return (
        update(assets)
        .where(assets.c.shop_id == shop_id, assets.c.id.in_(photo), assets.c.deleted_at.is_(None))
        .values(expires_at=None, updated_at=at)
    )
