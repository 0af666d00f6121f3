"""All SQL of personalization."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select, true, update

from app.catalog.tables import products
from app.core.ids import new_id
from app.core.pictures import PrintFile
from app.core.ports import Database, Expect, Row
from app.core.tables import moment, upsert
from app.media.tables import assets
from app.personalization.model import (
    Generation,
    OrderCard,
    OrderFacts,
    OrderItem,
    OrderLine,
    Size,
    Style,
    Verdict,
    Watermark,
)
from app.personalization.tables import (
    ai_styles,
    generations,
    order_items,
    orders,
    product_styles,
    sizes,
    watermarks,
)

GENERATION = [generations.c[name] for name in Generation.__dataclass_fields__]
SIZE = [sizes.c[name] for name in Size.__dataclass_fields__]
ITEM = [order_items.c[name] for name in OrderItem.__dataclass_fields__]


# What a product offers


async def styles_of(db: Database, shop_id: str, product_id: str) -> list[Style]:
    rows = await db.all(
        select(ai_styles.c.id, ai_styles.c.name, ai_styles.c.prompt_template, assets.c.key.label("example_key"))
        .join(product_styles, product_styles.c.ai_style_id == ai_styles.c.id)
        .outerjoin(assets, assets.c.id == ai_styles.c.example_asset_id)
        .where(
            ai_styles.c.shop_id == shop_id,
            ai_styles.c.is_active == 1,
            product_styles.c.product_id == product_id,
            product_styles.c.is_enabled == 1,
        )
        .order_by(product_styles.c.sort_order, ai_styles.c.sort_order)
    )
    return [Style(**row) for row in rows]


async def sizes_of(db: Database, shop_id: str, product_id: str) -> list[Size]:
    rows = await db.all(
        select(*SIZE)
        .where(sizes.c.shop_id == shop_id, sizes.c.product_id == product_id, sizes.c.is_active == 1)
        .order_by(sizes.c.sort_order)
    )
    return [Size(**row) for row in rows]


async def size_of_variant(db: Database, shop_id: str, shopify_variant_id: str) -> Size | None:
    row = await db.one(
        select(*SIZE).where(
            sizes.c.shop_id == shop_id,
            sizes.c.shopify_variant_id == shopify_variant_id,
            sizes.c.is_active == 1,
        )
    )
    return Size(**row) if row else None


async def size(db: Database, shop_id: str, size_id: str) -> Size | None:
    row = await db.one(select(*SIZE).where(sizes.c.shop_id == shop_id, sizes.c.id == size_id))
    return Size(**row) if row else None


async def watermark(db: Database, shop_id: str) -> Watermark | None:
    row = await db.one(
        select(
            watermarks.c.text,
            watermarks.c.opacity,
            watermarks.c.position,
            watermarks.c.size_percentage,
            assets.c.key.label("asset_key"),
        )
        .outerjoin(assets, assets.c.id == watermarks.c.asset_id)
        .where(watermarks.c.shop_id == shop_id, watermarks.c.is_active == 1)
    )
    return Watermark(**row) if row else None


def insert_size(shop_id: str, size: Size, sort_order: int, at: datetime) -> Any:
    return upsert(sizes).values(
        id=size.id,
        shop_id=shop_id,
        product_id=size.product_id,
        shopify_variant_id=size.shopify_variant_id,
        name=size.name,
        width_px=size.width_px,
        height_px=size.height_px,
        sort_order=sort_order,
        created_at=at,
        updated_at=at,
    )


def insert_style(shop_id: str, style: Style, example_asset_id: str | None, sort_order: int, at: datetime) -> Any:
    return upsert(ai_styles).values(
        id=style.id,
        shop_id=shop_id,
        name=style.name,
        prompt_template=style.prompt_template,
        example_asset_id=example_asset_id,
        sort_order=sort_order,
        created_at=at,
        updated_at=at,
    )


def link_style(shop_id: str, product_id: str, style_id: str, sort_order: int, at: datetime) -> Any:
    return (
        upsert(product_styles)
        .values(
            id=new_id(),
            shop_id=shop_id,
            product_id=product_id,
            ai_style_id=style_id,
            sort_order=sort_order,
            created_at=at,
            updated_at=at,
        )
        .on_conflict_do_nothing(index_elements=["product_id", "ai_style_id"])
    )


def set_watermark(shop_id: str, watermark: Watermark, at: datetime) -> Any:
    fresh = {
        "text": watermark.text,
        "opacity": watermark.opacity,
        "position": watermark.position,
        "size_percentage": watermark.size_percentage,
        "updated_at": at,
    }
    return (
        upsert(watermarks)
        .values(id=new_id(), shop_id=shop_id, created_at=at, **fresh)
        .on_conflict_do_update(index_elements=["shop_id"], set_=fresh)
    )


# Previews


async def generation(db: Database, shop_id: str, generation_id: str) -> Generation | None:
    row = await db.one(
        select(*GENERATION).where(
            generations.c.shop_id == shop_id,
            generations.c.id == generation_id,
            generations.c.generation_type == "preview",
        )
    )
    return Generation(**row) if row else None


async def generation_by_key(
    db: Database, shop_id: str, shopper_id: str | None, guest_session_id: str | None, key: str
) -> Generation | None:
    owner = generations.c.shopper_id == shopper_id if shopper_id else generations.c.guest_session_id == guest_session_id
    row = await db.one(
        select(*GENERATION).where(generations.c.shop_id == shop_id, owner, generations.c.idempotency_key == key)
    )
    return Generation(**row) if row else None


async def style(db: Database, shop_id: str, style_id: str) -> Style | None:
    row = await db.one(
        select(ai_styles.c.id, ai_styles.c.name, ai_styles.c.prompt_template).where(
            ai_styles.c.shop_id == shop_id, ai_styles.c.id == style_id
        )
    )
    return Style(**row) if row else None


def insert_generation(generation: Generation) -> Any:
    values = {name: getattr(generation, name) for name in Generation.__dataclass_fields__}
    return upsert(generations).values(**values, generation_type="preview", updated_at=generation.created_at)


def claim_upload(shop_id: str, asset_id: str, shopper_id: str | None, guest_session_id: str | None) -> Any:
    """The upload belongs to who used it first, so that their redaction finds it."""
    return (
        update(assets)
        .where(
            assets.c.shop_id == shop_id,
            assets.c.id == asset_id,
            assets.c.shopper_id.is_(None),
            assets.c.guest_session_id.is_(None),
        )
        .values(shopper_id=shopper_id, guest_session_id=guest_session_id)
    )


def set_processing(shop_id: str, generation_id: str, progress: int, at: datetime) -> Expect:
    """Refused with `not_open` when the preview was cancelled meanwhile."""
    return Expect(
        _open_generation(shop_id, generation_id).values(status="processing", progress=progress, updated_at=at),
        "not_open",
    )


def complete_generation(
    shop_id: str, generation_id: str, master_id: str, preview_id: str, model: str, took_ms: int, at: datetime
) -> Expect:
    return Expect(
        _open_generation(shop_id, generation_id).values(
            status="completed",
            progress=100,
            master_asset_id=master_id,
            preview_asset_id=preview_id,
            ai_model_used=model,
            processing_time_ms=took_ms,
            updated_at=at,
        ),
        "not_open",
    )


def fail_generation(shop_id: str, generation_id: str, code: str, message: str, at: datetime) -> Expect:
    return Expect(
        _open_generation(shop_id, generation_id).values(
            status="failed", error_code=code, error_message=message, updated_at=at
        ),
        "not_open",
    )


def cancel_generation(shop_id: str, generation_id: str, at: datetime) -> Expect:
    return Expect(_open_generation(shop_id, generation_id).values(status="cancelled", updated_at=at), "not_open")


def count_style_use(shop_id: str, style_id: str) -> Any:
    return (
        update(ai_styles)
        .where(ai_styles.c.shop_id == shop_id, ai_styles.c.id == style_id)
        .values(usage_count=ai_styles.c.usage_count + 1)
    )


def _open_generation(shop_id: str, generation_id: str) -> Any:
    return update(generations).where(
        generations.c.shop_id == shop_id,
        generations.c.id == generation_id,
        generations.c.status.in_(["pending", "processing"]),
    )


# Orders


async def order_row(db: Database, shop_id: str, shopify_order_id: str) -> Row | None:
    return await db.one(
        select(orders).where(orders.c.shop_id == shop_id, orders.c.shopify_order_id == shopify_order_id)
    )


async def order_by_id(db: Database, shop_id: str, order_id: str) -> Row | None:
    return await db.one(select(orders).where(orders.c.shop_id == shop_id, orders.c.id == order_id))


async def item(db: Database, shop_id: str, item_id: str) -> OrderItem | None:
    row = await db.one(select(*ITEM).where(order_items.c.shop_id == shop_id, order_items.c.id == item_id))
    return OrderItem(**row) if row else None


async def items_of_order(db: Database, shop_id: str, order_id: str) -> list[OrderItem]:
    rows = await db.all(select(*ITEM).where(order_items.c.shop_id == shop_id, order_items.c.order_id == order_id))
    return [OrderItem(**row) for row in rows]


async def product_of(db: Database, shop_id: str, product_id: str) -> str | None:
    """Shopify's id of a product of ours."""
    row = await db.one(
        select(products.c.shopify_product_id).where(products.c.shop_id == shop_id, products.c.id == product_id)
    )
    return row["shopify_product_id"] if row else None


async def order_cards(db: Database, shop_id: str, limit: int, item_id: str | None = None) -> list[OrderCard]:
    """The newest lines with a design, or one of them."""
    preview, printed = assets.alias("preview"), assets.alias("printed")
    rows = await db.all(
        select(
            order_items.c.id.label("item_id"),
            orders.c.shopify_order_id,
            orders.c.order_number,
            order_items.c.title,
            sizes.c.name.label("size"),
            ai_styles.c.name.label("style"),
            order_items.c.quantity,
            order_items.c.state,
            order_items.c.reason,
            printed.c.width,
            printed.c.height,
            orders.c.is_test,
            orders.c.created_at,
            preview.c.key.label("preview_key"),
            printed.c.key.label("print_key"),
        )
        .join(orders, orders.c.id == order_items.c.order_id)
        .outerjoin(sizes, sizes.c.id == order_items.c.size_id)
        .outerjoin(generations, generations.c.id == order_items.c.preview_generation_id)
        .outerjoin(ai_styles, ai_styles.c.id == generations.c.ai_style_id)
        .outerjoin(preview, preview.c.id == generations.c.preview_asset_id)
        .outerjoin(printed, printed.c.id == order_items.c.print_asset_id)
        .where(order_items.c.shop_id == shop_id, order_items.c.id == item_id if item_id else true())
        .order_by(order_items.c.created_at.desc(), order_items.c.id)
        .limit(limit)
    )
    return [OrderCard(**row) for row in rows]


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


def save_order(shop_id: str, order_id: str, facts: OrderFacts, at: datetime) -> Any:
    """Sticky facts: what once was true of an order stays, in whatever order the webhooks come."""
    paid = func.coalesce(orders.c.paid_at, moment(facts.paid_at))
    cancelled = func.coalesce(orders.c.cancelled_at, moment(facts.cancelled_at))
    return (
        upsert(orders)
        .values(
            id=order_id,
            shop_id=shop_id,
            shopify_order_id=facts.order_id,
            customer_id=facts.customer_id,
            order_number=facts.order_number,
            total_price=facts.total_price,
            currency=facts.currency,
            status="cancelled" if facts.cancelled_at else "paid" if facts.paid_at else "open",
            paid_at=facts.paid_at,
            cancelled_at=facts.cancelled_at,
            is_test=facts.is_test,
            created_at=at,
            updated_at=at,
        )
        .on_conflict_do_update(
            index_elements=["shop_id", "shopify_order_id"],
            set_={
                "paid_at": paid,
                "cancelled_at": cancelled,
                "status": case(
                    (cancelled.is_not(None), "cancelled"), (paid.is_not(None), "paid"), else_=orders.c.status
                ),
                "updated_at": at,
            },
        )
    )


def insert_item(shop_id: str, item_id: str, order_id: str, line: OrderLine, verdict: Verdict, at: datetime) -> Expect:
    """Refused with `order_changed` when another webhook of the order has brought this line meanwhile."""
    insert = (
        upsert(order_items)
        .values(
            id=item_id,
            shop_id=shop_id,
            order_id=order_id,
            shopify_line_item_id=line.line_item_id,
            title=line.title,
            quantity=line.quantity,
            shopify_product_id=line.product_id,
            shopify_variant_id=line.variant_id,
            preview_ref=line.preview_ref,
            preview_generation_id=verdict.generation_id,
            size_id=verdict.size_id,
            state=verdict.state,
            reason=verdict.reason,
            created_at=at,
            updated_at=at,
        )
        .on_conflict_do_nothing(index_elements=["shop_id", "shopify_line_item_id"])
    )
    return Expect(insert, "order_changed")


def pin_generation(shop_id: str, generation_id: str, at: datetime) -> Any:
    return (
        update(generations)
        .where(generations.c.shop_id == shop_id, generations.c.id == generation_id)
        .values(pinned_at=func.coalesce(generations.c.pinned_at, moment(at)))
    )


# Prints


def set_item_state(shop_id: str, item_id: str, state: str, reason: str | None, at: datetime) -> Expect:
    """Only while there is no print: a ready line stays ready."""
    return Expect(_unprinted(shop_id, item_id).values(state=state, reason=reason, updated_at=at), "already_printed")


def rematch_item(shop_id: str, item_id: str, verdict: Verdict, at: datetime) -> Expect:
    return Expect(
        _unprinted(shop_id, item_id).values(
            state=verdict.state,
            reason=verdict.reason,
            preview_generation_id=verdict.generation_id,
            size_id=verdict.size_id,
            updated_at=at,
        ),
        "already_printed",
    )


def finish_item(shop_id: str, item_id: str, asset_id: str, final_id: str, at: datetime) -> Expect:
    return Expect(
        _unprinted(shop_id, item_id).values(
            state="ready", reason=None, print_asset_id=asset_id, final_generation_id=final_id, updated_at=at
        ),
        "already_printed",
    )


def insert_final(
    preview: Generation, final_id: str, order_id: str, asset_id: str, made: PrintFile, started: datetime, at: datetime
) -> Any:
    """The final generation: the approved design again, with how its print file was made."""
    upscaled = made.factor > 1
    return upsert(generations).values(
        id=final_id,
        shop_id=preview.shop_id,
        product_id=preview.product_id,
        ai_style_id=preview.ai_style_id,
        order_id=order_id,
        size_id=preview.size_id,
        shopper_id=preview.shopper_id,
        guest_session_id=preview.guest_session_id,
        master_asset_id=preview.master_asset_id,
        final_asset_id=asset_id,
        generation_type="final",
        status="completed",
        progress=100,
        ai_prompt_used=preview.ai_prompt_used,
        processing_time_ms=int((at - started).total_seconds() * 1000),
        generation_params={"engine": made.engine},
        upscale_status="completed" if upscaled else "not_needed",
        upscale_factor=made.factor,
        original_width=made.source_width,
        original_height=made.source_height,
        final_width=made.picture.width,
        final_height=made.picture.height,
        upscale_started_at=started,
        upscale_completed_at=at,
        pinned_at=at,
        created_at=at,
        updated_at=at,
    )


def _unprinted(shop_id: str, item_id: str) -> Any:
    return update(order_items).where(
        order_items.c.shop_id == shop_id, order_items.c.id == item_id, order_items.c.print_asset_id.is_(None)
    )
