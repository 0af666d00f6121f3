"""SQL for the merchant's lists of styles: those of the shop, and those of one product."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Text, and_, cast, func, literal, or_, select, update

from app.catalog.tables import products
from app.core.ids import new_id
from app.core.ports.database import Database, Expect
from app.core.statements import built_once
from app.core.tables import Id, moment, typed, upsert
from app.media.tables import assets
from app.personalization.model import EditedStyle, ProductStyle, StyleCard
from app.personalization.tables import ai_styles, product_styles


async def style_cards(db: Database, shop_id: str) -> list[StyleCard]:
    """Return the styles of a shop in their order, without archived ones and without that of merchants' pictures."""
    return [StyleCard(**row) for row in await db.all(_style_rows(shop_id))]


@built_once
def _style_rows(shop_id: str) -> Any:
    links = product_styles
    used = (
        select(func.count())
        .select_from(links)
        .where(links.c.shop_id == shop_id, links.c.ai_style_id == ai_styles.c.id, links.c.is_enabled == 1)
        .scalar_subquery()
    )
    names = ("id", "name", "starter", "is_active", "usage_count")
    columns = [*[ai_styles.c[name] for name in names], assets.c.key.label("example_key"), used.label("products")]
    return (
        select(*columns)
        .outerjoin(assets, and_(assets.c.shop_id == shop_id, assets.c.id == ai_styles.c.example_asset_id))
        .where(*_shown(shop_id))
        .order_by(ai_styles.c.sort_order, ai_styles.c.id)
    )


async def styles_beside(db: Database, shop_id: str, product_id: str) -> list[ProductStyle]:
    """Return the active styles of a shop: first those that the product offers, in its order, then the others."""
    found = [ProductStyle(**row) for row in await db.all(_styles_beside(shop_id, product_id))]
    return sorted(found, key=lambda style: not style.is_offered)


@built_once
def _styles_beside(shop_id: str, product_id: str) -> Any:
    of_product = and_(
        product_styles.c.shop_id == shop_id,
        product_styles.c.product_id == product_id,
        product_styles.c.ai_style_id == ai_styles.c.id,
    )
    offered = func.coalesce(product_styles.c.is_enabled, literal(0)) == 1
    return (
        select(
            ai_styles.c.id,
            ai_styles.c.name,
            assets.c.key.label("example_key"),
            offered.label("is_offered"),
            product_styles.c.sort_order,
        )
        .outerjoin(product_styles, of_product)
        .outerjoin(assets, and_(assets.c.shop_id == shop_id, assets.c.id == ai_styles.c.example_asset_id))
        .where(*_shown(shop_id), ai_styles.c.is_active == 1)
        .order_by(product_styles.c.sort_order, ai_styles.c.sort_order, ai_styles.c.id)
    )


def _shown(shop_id: str) -> list[Any]:
    return [ai_styles.c.shop_id == shop_id, ai_styles.c.archived_at.is_(None), ai_styles.c.prompt_template != ""]


async def starter_style(db: Database, shop_id: str, starter: str) -> str | None:
    """Return the id of the shop's style from the starter set, archived or not."""
    row = await db.one(_starter_style(shop_id, starter))
    return str(row["id"]) if row else None


@built_once
def _starter_style(shop_id: str, starter: str) -> Any:
    return select(ai_styles.c.id).where(ai_styles.c.shop_id == shop_id, ai_styles.c.starter == starter)


async def edited_style(db: Database, shop_id: str, style_id: str) -> EditedStyle | None:
    """Return a style with what its editor shows; None for one that is archived or is that of merchants' pictures."""
    row = await db.one(_edited_style(shop_id, style_id))
    return EditedStyle(**row) if row else None


@built_once
def _edited_style(shop_id: str, style_id: str) -> Any:
    names = ("id", "name", "prompt_template", "usage_count", "updated_at")
    return (
        select(*[ai_styles.c[name] for name in names], assets.c.key.label("example_key"))
        .outerjoin(assets, and_(assets.c.shop_id == shop_id, assets.c.id == ai_styles.c.example_asset_id))
        .where(*_shown(shop_id), ai_styles.c.id == style_id)
    )


async def count_styles(db: Database, shop_id: str) -> int:
    """Count the styles of a shop, archived ones included."""
    row = await db.one(_count_styles(shop_id))
    return int(row["count"]) if row else 0


@built_once
def _count_styles(shop_id: str) -> Any:
    return select(func.count().label("count")).where(ai_styles.c.shop_id == shop_id)


_changed_at = cast(ai_styles.c.updated_at, Text)


@built_once
def save_style(shop_id: str, style_id: str, name: str, prompt: str, seen: str, at: datetime) -> Expect:
    """Save a style's name and prompt. Refused with `changed` if it was changed after `seen`, or is archived.

    Without `seen`, whatever was saved before is replaced.
    """
    as_seen = [*_shown(shop_id), ai_styles.c.id == style_id, or_(typed(seen, Text()) == "", _changed_at == seen)]
    change = update(ai_styles).where(*as_seen).values(name=name, prompt_template=prompt, updated_at=at)
    return Expect(change, "changed")


@built_once
def replace_example(shop_id: str, style_id: str, asset_id: str, at: datetime) -> list[Any]:
    """Show another example picture, and let the sweep delete the previous one. Refused with `unknown_style`."""
    known = [*_shown(shop_id), ai_styles.c.id == style_id]
    previous = select(ai_styles.c.example_asset_id).where(*known)
    return [
        update(assets)
        .where(assets.c.shop_id == shop_id, assets.c.id == previous.scalar_subquery())
        .values(expires_at=at, updated_at=at),
        Expect(update(ai_styles).where(*known).values(example_asset_id=asset_id), "unknown_style"),
    ]


def insert_starter(
    shop_id: str, style_id: str, starter: str, name: str, prompt: str, example_asset_id: str | None, at: datetime
) -> Any:
    """Insert a style of the starter set as the last one. The database refuses a second one, by
    `uq_ai_styles_starter`."""
    return insert_last(shop_id, style_id, name, prompt, example_asset_id, at, starter)


@built_once
def insert_last(
    shop_id: str,
    style_id: str,
    name: str,
    prompt: str,
    example_asset_id: str | None,
    at: datetime,
    starter: str | None = None,
) -> Any:
    """Insert a style as the last one of its shop."""
    last = select(func.coalesce(func.max(ai_styles.c.sort_order), -1) + 1).where(ai_styles.c.shop_id == shop_id)
    return upsert(ai_styles).values(
        id=style_id,
        shop_id=shop_id,
        starter=starter,
        name=name,
        prompt_template=prompt,
        example_asset_id=example_asset_id,
        sort_order=last.scalar_subquery(),
        created_at=at,
        updated_at=at,
    )


@built_once
def restore_style(shop_id: str, style_id: str, at: datetime) -> Any:
    """Offer a style again that was archived or switched off."""
    return (
        update(ai_styles)
        .where(ai_styles.c.shop_id == shop_id, ai_styles.c.id == style_id)
        .values(is_active=True, archived_at=None, updated_at=at)
    )


@built_once
def activate_style(shop_id: str, style_id: str, is_active: bool, at: datetime) -> Expect:
    """Let shoppers choose a style, or no longer. Refused with `unknown_style`, also for an archived one."""
    return Expect(
        update(ai_styles)
        .where(*_shown(shop_id), ai_styles.c.id == style_id)
        .values(is_active=is_active, updated_at=at),
        "unknown_style",
    )


@built_once
def archive_style(shop_id: str, style_id: str, at: datetime) -> Expect:
    """Take a style off every page. Its designs stay. Refused with `unknown_style`, also for an archived one."""
    return Expect(
        update(ai_styles)
        .where(*_shown(shop_id), ai_styles.c.id == style_id)
        .values(is_active=False, archived_at=at, updated_at=at),
        "unknown_style",
    )


@built_once
def place_style(shop_id: str, style_id: str, sort_order: int, at: datetime) -> Any:
    return (
        update(ai_styles)
        .where(ai_styles.c.shop_id == shop_id, ai_styles.c.id == style_id)
        .values(sort_order=sort_order, updated_at=at)
    )


@built_once
def offer_on_products(shop_id: str, style_id: str, at: datetime) -> Any:
    """Offer a style on every product that is enabled and does not have it yet. What was switched off stays off."""
    return _offer(shop_id, at, ai_styles.c.id == style_id, products.c.is_enabled == 1)


@built_once
def offer_styles_on(shop_id: str, product_id: Id, at: datetime) -> Any:
    """Offer all active styles of the shop on a product that does not have them yet."""
    return _offer(shop_id, at, *_shown(shop_id), ai_styles.c.is_active == 1, products.c.id == product_id)


def _offer(shop_id: str, at: datetime, *pairs: Any) -> Any:
    """Link the styles and products that meet the conditions. An id is made of both, because the database makes the
    rows."""
    link = {
        "id": products.c.id + literal("-") + ai_styles.c.id,
        "shop_id": typed(shop_id, Text()),
        "product_id": products.c.id,
        "ai_style_id": ai_styles.c.id,
        "sort_order": ai_styles.c.sort_order,
        "created_at": moment(at),
        "updated_at": moment(at),
    }
    of_shop = [products.c.shop_id == shop_id, ai_styles.c.shop_id == shop_id]
    chosen = (
        select(*link.values())
        .select_from(ai_styles)
        .join(products, products.c.shop_id == ai_styles.c.shop_id)
        .where(*of_shop, *pairs)
    )
    insert = upsert(product_styles).from_select(list(link), chosen)
    return insert.on_conflict_do_nothing(index_elements=["product_id", "ai_style_id"])


def link_style(shop_id: str, product_id: str, style_id: str, sort_order: int, is_enabled: bool, at: datetime) -> Any:
    """Offer a style on a product, or no longer."""
    return _link_style(new_id(), shop_id, product_id, style_id, sort_order, is_enabled, at)


@built_once
def _link_style(
    link_id: str, shop_id: str, product_id: str, style_id: str, sort_order: int, is_enabled: bool, at: datetime
) -> Any:
    insert = upsert(product_styles).values(
        id=link_id,
        shop_id=shop_id,
        product_id=product_id,
        ai_style_id=style_id,
        sort_order=sort_order,
        is_enabled=is_enabled,
        created_at=at,
        updated_at=at,
    )
    return insert.on_conflict_do_update(
        index_elements=["product_id", "ai_style_id"],
        set_={"sort_order": sort_order, "is_enabled": is_enabled, "updated_at": at},
    )
