"""All SQL on orders and their lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, false, func, or_, select, true, update

from app.catalog.tables import products
from app.core.ports import Database, Expect, Row
from app.core.tables import Id, among, moment, upsert
from app.jobs.tables import jobs
from app.media.tables import assets
from app.personalization.goods import Size
from app.personalization.model import NOTE, UNTOLD, OrderCard
from app.personalization.queries.offers import sizes_as_printed
from app.personalization.states import Order, OrderItem
from app.personalization.tables import (
    ai_styles,
    generations,
    order_items,
    orders,
)

ITEM = [order_items.c[name] for name in OrderItem.__dataclass_fields__]
ORDER = [orders.c[name] for name in Order.__dataclass_fields__]


async def order(db: Database, shop_id: str, shopify_order_id: str) -> Order | None:
    row = await db.one(select(*ORDER).where(orders.c.shop_id == shop_id, orders.c.shopify_order_id == shopify_order_id))
    return Order(**row) if row else None


async def order_by_id(db: Database, shop_id: str, order_id: Id) -> Order | None:
    row = await db.one(select(*ORDER).where(orders.c.shop_id == shop_id, orders.c.id == order_id))
    return Order(**row) if row else None


async def item(db: Database, shop_id: str, item_id: str) -> OrderItem | None:
    row = await db.one(select(*ITEM).where(order_items.c.shop_id == shop_id, order_items.c.id == item_id))
    return OrderItem(**row) if row else None


def order_of(shop_id: str, item_id: str) -> ScalarSelect[str]:
    return _of_item(order_items.c.order_id, shop_id, item_id)


def design_of(shop_id: str, item_id: str) -> ScalarSelect[str]:
    return _of_item(order_items.c.preview_generation_id, shop_id, item_id)


def upload_of(shop_id: str, item_id: str) -> ScalarSelect[str]:
    """The photo that the line's design was made from."""
    design = design_of(shop_id, item_id)
    return (
        select(generations.c.upload_asset_id)
        .where(generations.c.shop_id == shop_id, generations.c.id == design)
        .scalar_subquery()
    )


def size_of(shop_id: str, item_id: str) -> ScalarSelect[str]:
    return _of_item(order_items.c.size_id, shop_id, item_id)


def master_of(shop_id: str, item_id: str) -> ScalarSelect[str]:
    design = design_of(shop_id, item_id)
    return (
        select(generations.c.master_asset_id)
        .where(generations.c.shop_id == shop_id, generations.c.id == design)
        .scalar_subquery()
    )


def _of_item(column: ColumnElement[str], shop_id: str, item_id: str) -> ScalarSelect[str]:
    return select(column).where(order_items.c.shop_id == shop_id, order_items.c.id == item_id).scalar_subquery()


async def items_of_order(db: Database, shop_id: str, shopify_order_id: str) -> list[OrderItem]:
    """The lines of an order by Shopify's id."""
    mine = select(orders.c.id).where(orders.c.shop_id == shop_id, orders.c.shopify_order_id == shopify_order_id)
    rows = await db.all(
        select(*ITEM)
        .where(order_items.c.shop_id == shop_id, order_items.c.order_id == mine.scalar_subquery())
        .order_by(order_items.c.id)
    )
    return [OrderItem(**row) for row in rows]


async def taken_line_ids(db: Database, shop_id: str, shopify_order_id: str, line_ids: Sequence[str]) -> set[str]:
    """Which of these line ids belong to lines of other orders."""
    rows = await db.all(
        select(order_items.c.shopify_line_item_id)
        .join(orders, orders.c.id == order_items.c.order_id)
        .where(
            order_items.c.shop_id == shop_id,
            among(order_items.c.shopify_line_item_id, line_ids),
            orders.c.shopify_order_id != shopify_order_id,
        )
    )
    return {row["shopify_line_item_id"] for row in rows}


async def product_of(db: Database, shop_id: str, product_id: Id) -> str | None:
    """Shopify's id of a product of ours."""
    row = await db.one(
        select(products.c.shopify_product_id).where(products.c.shop_id == shop_id, products.c.id == product_id)
    )
    return row["shopify_product_id"] if row else None


async def order_cards(
    db: Database, shop_id: str, limit: int, *, item_id: str | None = None, states: Sequence[str] = ()
) -> list[OrderCard]:
    """The newest lines with a design, those in these states (UNTOLD is one, too), or one of them."""
    preview, mockup, master, printed, proposed, upload = (
        assets.alias(name) for name in ("preview", "mockup", "master", "printed", "proposed", "upload")
    )
    proposal, final = generations.alias("proposal"), generations.alias("final")
    size = sizes_as_printed(shop_id).subquery("size")
    in_state = or_(among(order_items.c.state, states), _untold(shop_id) if UNTOLD in states else false())
    rows = await db.all(
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
            order_items.c.id == item_id if item_id else true(),
            in_state if states else true(),
        )
        .order_by(order_items.c.created_at.desc(), order_items.c.id)
        .limit(limit)
    )
    return [OrderCard(**_with_size(row)) for row in rows]


_MAKING = (
    *("upscale_status", "upscale_factor", "upscale_started_at", "upscale_completed_at"),
    *("generation_params", "original_width", "original_height"),
)
"""How a print file was made, as its generation says."""


def _with_size(row: Row) -> dict[str, Any]:
    """The row's columns of a size as one; None where the line has none."""
    size = {name: row[f"size_{name}"] for name in Size.__dataclass_fields__}
    rest = {name: value for name, value in row.items() if not name.startswith("size_")}
    return rest | {"printed_on": Size(**size) if size["id"] else None}


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
        generations.c.ai_model_used,
        generations.c.processing_time_ms,
        *[final.c[name] for name in _MAKING],
        *[size.c[name].label(f"size_{name}") for name in Size.__dataclass_fields__],
    ]


def _untold(shop_id: str) -> ColumnElement[bool]:
    """A condition on lines: telling Shopify's order of the print was given up."""
    given_up = select(jobs.c.subject_id).where(
        jobs.c.shop_id == shop_id, jobs.c.status.in_(("failed", "dead")), jobs.c.kind == NOTE
    )
    return and_(order_items.c.state == "ready", order_items.c.id.in_(given_up))


async def untold_items(db: Database, shop_id: str) -> int:
    """How many prints are ready that Shopify's orders will not hear of by themselves."""
    row = await db.one(select(func.count().label("count")).where(order_items.c.shop_id == shop_id, _untold(shop_id)))
    return int(row["count"]) if row else 0


async def items_by_state(db: Database, shop_id: str) -> dict[str, int]:
    rows = await db.all(
        select(order_items.c.state, func.count().label("count"))
        .where(order_items.c.shop_id == shop_id)
        .group_by(order_items.c.state)
    )
    return {row["state"]: row["count"] for row in rows}


async def previews_since(db: Database, shop_id: str, since: datetime) -> int:
    row = await db.one(
        select(func.count().label("count")).where(
            generations.c.shop_id == shop_id,
            generations.c.generation_type == "preview",
            generations.c.created_at >= since,
        )
    )
    return int(row["count"]) if row else 0


def save_order(order: Order, before: Order | None, at: datetime) -> Expect:
    """Refused with `order_changed` when the order is not as it was read; None: there was none."""
    values = {name: getattr(order, name) for name in Order.__dataclass_fields__}
    values |= {"revision": order.revision + 1, "updated_at": at}
    if before is None:
        insert = upsert(orders).values(**values, created_at=at)
        unknown = insert.on_conflict_do_nothing(index_elements=["shop_id", "shopify_order_id"])
        return Expect(unknown, "order_changed")
    return Expect(
        update(orders)
        .where(orders.c.shop_id == order.shop_id, orders.c.id == order.id, orders.c.revision == before.revision)
        .values(**values),
        "order_changed",
    )


def insert_item(item: OrderItem, at: datetime) -> Expect:
    """Refused with `order_changed` when another webhook of the order has brought this line meanwhile."""
    values = {name: getattr(item, name) for name in OrderItem.__dataclass_fields__}
    insert = upsert(order_items).values(**values, created_at=at, updated_at=at)
    return Expect(insert.on_conflict_do_nothing(index_elements=["shop_id", "shopify_line_item_id"]), "order_changed")


def update_item(before: OrderItem, after: OrderItem, at: datetime) -> Expect:
    """Refused with `order_changed` when the line has moved on since it was read."""
    changed = {
        name: getattr(after, name)
        for name in OrderItem.__dataclass_fields__
        if getattr(after, name) != getattr(before, name)
    }
    as_read = [
        order_items.c.state == before.state,
        order_items.c.print_asset_id == before.print_asset_id,
        order_items.c.preview_ref == before.preview_ref,
    ]
    return Expect(
        update(order_items)
        .where(order_items.c.shop_id == after.shop_id, order_items.c.id == after.id, *as_read)
        .values(**changed, updated_at=at),
        "order_changed",
    )


async def sizeless_items(db: Database, shop_id: str, shopify_variant_id: str, limit: int) -> list[str]:
    """Ids of lines that lack this variant's size."""
    rows = await db.all(
        select(order_items.c.id)
        .where(
            order_items.c.shop_id == shop_id,
            order_items.c.shopify_variant_id == shopify_variant_id,
            order_items.c.size_id.is_(None),
            order_items.c.state.in_(("unmapped", "needs_review")),
        )
        .limit(limit)
    )
    return [str(row["id"]) for row in rows]


def pin_generation(shop_id: str, generation_id: str, at: datetime) -> Any:
    return (
        update(generations)
        .where(generations.c.shop_id == shop_id, generations.c.id == generation_id)
        .values(pinned_at=func.coalesce(generations.c.pinned_at, moment(at)))
    )


def keep_photo(shop_id: str, generation_id: str, at: datetime) -> Any:
    """The photo of an ordered design does not end with its day: another picture may have to be made of it."""
    photo = select(generations.c.upload_asset_id).where(
        generations.c.shop_id == shop_id, generations.c.id == generation_id
    )
    return (
        update(assets)
        .where(assets.c.shop_id == shop_id, assets.c.id.in_(photo), assets.c.deleted_at.is_(None))
        .values(expires_at=None, updated_at=at)
    )
