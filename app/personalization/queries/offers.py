"""SQL for styles, print sizes and watermarks."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Join,
    Label,
    and_,
    func,
    literal,
    literal_column,
    select,
    union_all,
    update,
)

from app.catalog.tables import products
from app.core.ids import new_id
from app.core.pictures import WHITE
from app.core.ports.database import Database
from app.core.rows import part
from app.core.statements import built_once
from app.core.tables import Id, among, each_of, unindexed, upsert
from app.media.tables import assets
from app.personalization.model import SavedWatermark, Style, Watermark, default_watermark
from app.personalization.print_sizes import PRINT_DPI, Size
from app.personalization.tables import (
    ai_styles,
    product_styles,
    sizes,
    watermarks,
)
from app.personalization.tables import (
    product_base_variant_mappings as mappings,
)
from app.personalization.tables import (
    product_base_variants as variants,
)
from app.personalization.tables import (
    product_bases as bases,
)
from app.shops.tables import shops

_DEFAULTS = {
    "bleed_mm": 0,
    "safe_mm": 0,
    "dpi": PRINT_DPI,
    "print_format": "jpg",
    "intent": "relative",
    "background": WHITE,
}
"""The print settings of a size without a blank."""
MOST_SIZES = 100
"""The maximum number of sizes of a whole shop to choose from."""


def _blank_or_default(name: str) -> ColumnElement[Any]:
    """Return the value of the mapped blank, else that of the size, else the default of a print without a blank."""
    blank = variants if name in variants.c else bases
    other = sizes.c[name] if name in sizes.c else literal(_DEFAULTS[name])
    return func.coalesce(blank.c[name], other)


_SIZE: Mapping[str, ColumnElement[Any]] = {
    "id": sizes.c.id,
    "product_id": sizes.c.product_id,
    "name": sizes.c.name,
    "shopify_variant_id": sizes.c.shopify_variant_id,
    **{name: _blank_or_default(name) for name in ("width_px", "height_px", *_DEFAULTS)},
    "profile_key": assets.c.key,
    "mockup": bases.c.mockup,
    "product_base_variant_id": mappings.c.product_base_variant_id,
    "base_name": bases.c.name,
    "base_variant_name": variants.c.name,
    "option_names": bases.c.option_names,
    "option_values": variants.c.option_values,
}
"""The fields of Size, from the tables that `with_size` joins."""
SIZE: Sequence[Label[Any]] = [column.label(f"size_{name}") for name, column in _SIZE.items()]
"""The columns of Size in a select from `with_size`, to be read by `part` under the name "size"."""


async def styles_of(db: Database, shop_id: str, product_id: Id) -> list[Style]:
    return [Style(**row) for row in await db.all(_styles_of(shop_id, product_id))]


@built_once
def _styles_of(shop_id: str, product_id: Id) -> Any:
    return (
        select(
            ai_styles.c.id,
            ai_styles.c.name,
            ai_styles.c.prompt_template,
            ai_styles.c.usage_count,
            assets.c.key.label("example_key"),
        )
        .join(product_styles, product_styles.c.ai_style_id == ai_styles.c.id)
        .outerjoin(assets, assets.c.id == ai_styles.c.example_asset_id)
        .where(
            ai_styles.c.shop_id == shop_id,
            ai_styles.c.is_active == 1,
            product_styles.c.shop_id == shop_id,
            product_styles.c.product_id == product_id,
            product_styles.c.is_enabled == 1,
        )
        .order_by(product_styles.c.sort_order, ai_styles.c.sort_order)
    )


async def styles_by_product(db: Database, shop_id: str, product_ids: Collection[str]) -> dict[str, list[Style]]:
    """Return the styles in which each of these products is offered, without their pictures."""
    found: dict[str, list[Style]] = {}
    for row in await db.all(_styles_by_product(shop_id, product_ids)):
        if row["id"] is not None:
            found.setdefault(row["product_id"], []).append(
                Style(row["id"], row["name"], row["prompt_template"], None, row["usage_count"])
            )
    return found


@built_once
def _styles_by_product(shop_id: str, product_ids: Collection[str]) -> Any:
    named = each_of(product_ids)
    link = and_(
        product_styles.c.shop_id == shop_id,
        product_styles.c.product_id == named.c.key,
        product_styles.c.is_enabled == 1,
    )
    style = and_(ai_styles.c.id == product_styles.c.ai_style_id, ai_styles.c.is_active == 1)
    return (
        select(
            named.c.key.label("product_id"),
            ai_styles.c.id,
            ai_styles.c.name,
            ai_styles.c.prompt_template,
            ai_styles.c.usage_count,
        )
        .select_from(named.outerjoin(product_styles, link).outerjoin(ai_styles, style))
        .order_by(product_styles.c.sort_order, ai_styles.c.sort_order)
    )


async def sizes_by_product(db: Database, shop_id: str, product_ids: Collection[str]) -> dict[str, list[Size]]:
    """Return the active sizes of each of these products."""
    found: dict[str, list[Size]] = {}
    for row in await db.all(_sizes_by_product(shop_id, product_ids)):
        size = part(row, Size, "size")
        if size is not None:
            found.setdefault(size.product_id, []).append(size)
    return found


@built_once
def _sizes_by_product(shop_id: str, product_ids: Collection[str]) -> Any:
    named = each_of(product_ids)
    own = and_(sizes.c.shop_id == shop_id, sizes.c.product_id == named.c.key, sizes.c.is_active == 1)
    return (
        select(*SIZE)
        .select_from(_with_blank(named.outerjoin(sizes, own)))
        .order_by(sizes.c.product_id, sizes.c.sort_order)
    )


async def sizes_of(db: Database, shop_id: str, product_id: Id) -> list[Size]:
    return [Size(**row) for row in await db.all(_sizes_of(shop_id, product_id))]


@built_once
def _sizes_of(shop_id: str, product_id: Id) -> Any:
    return (
        sizes_as_printed(shop_id)
        .where(sizes.c.product_id == product_id, sizes.c.is_active == 1)
        .order_by(sizes.c.sort_order)
    )


async def sizes_to_map(db: Database, shop_id: str, shopify_product_ids: Collection[str]) -> dict[str, list[Size]]:
    """Return the active sizes of these products, by Shopify's id; under "", one size of the shop for each name and size
    in pixels, at most MOST_SIZES of them, by name."""
    rows = await db.all(_sizes_to_map(shop_id, shopify_product_ids, MOST_SIZES))
    found: dict[str, list[Size]] = {}
    for row in rows:
        size = part(row, Size, "size")
        if size is not None:
            found.setdefault(row["shopify_product_id"], []).append(size)
    return found


@built_once
def _sizes_to_map(shop_id: str, shopify_product_ids: Collection[str], limit: int) -> Any:
    of_shop = sizes.alias()
    one_of_each = (
        select(func.min(of_shop.c.id).label("size_id"), literal_column("''").label("shopify_product_id"))
        .where(of_shop.c.shop_id == shop_id, of_shop.c.is_active == literal_column("1"))
        .group_by(of_shop.c.name, of_shop.c.width_px, of_shop.c.height_px)
        .order_by(of_shop.c.name, of_shop.c.width_px, of_shop.c.height_px)
        .limit(limit)
        .subquery()
    )
    own = select(sizes.c.id.label("size_id"), products.c.shopify_product_id).join_from(
        products, sizes, and_(unindexed(sizes.c.shop_id) == shop_id, sizes.c.product_id == products.c.id)
    )
    named = [products.c.shop_id == shop_id, among(products.c.shopify_product_id, shopify_product_ids)]
    chosen = union_all(select(*one_of_each.c), own.where(*named, sizes.c.is_active == 1)).subquery("chosen")
    return (
        select(chosen.c.shopify_product_id, *SIZE)
        .select_from(with_size(shop_id, chosen, chosen.c.size_id))
        .order_by(sizes.c.name, sizes.c.width_px, sizes.c.height_px, sizes.c.id)
    )


async def size_of_variant(db: Database, shop_id: str, shopify_variant_id: str) -> Size | None:
    row = await db.one(_size_of_variant(shop_id, shopify_variant_id))
    return Size(**row) if row else None


@built_once
def _size_of_variant(shop_id: str, shopify_variant_id: str) -> Any:
    return sizes_as_printed(shop_id).where(
        sizes.c.shopify_variant_id == shopify_variant_id,
        sizes.c.is_active == 1,
    )


async def size(db: Database, shop_id: str, size_id: str) -> Size | None:
    row = await db.one(_size_row(shop_id, size_id))
    return Size(**row) if row else None


@built_once
def _size_row(shop_id: str, size_id: str) -> Any:
    return sizes_as_printed(shop_id).where(sizes.c.id == size_id)


def sizes_as_printed(shop_id: str) -> Any:
    """Return a select of the columns of Size, with the values of the blank if the size's variant is mapped to one."""
    return _sizes().where(sizes.c.shop_id == shop_id)


async def watermark(db: Database, shop_id: str) -> Watermark | None:
    """Return the shop's own watermark or its default one, or None if the merchant has switched the watermark off."""
    row = await db.one(_watermark_row(shop_id))
    default = default_watermark(shop_id, row["shop_name"] if row else None)
    if row is None or row["is_active"] is None:
        return default
    if not row["is_active"]:
        return None
    own = Watermark(**{name: row[name] for name in Watermark.__dataclass_fields__})
    is_empty = own.asset_key is None and not (own.text or "").strip()
    return replace(own, text=default.text) if is_empty else own


async def saved_watermark(db: Database, shop_id: str) -> SavedWatermark | None:
    """Return the watermark that the merchant has saved, also if it is switched off; None if there is none."""
    row = await db.one(_watermark_row(shop_id))
    if row is None or row["is_active"] is None:
        return None
    own = Watermark(**{name: row[name] for name in Watermark.__dataclass_fields__})
    return SavedWatermark(own, row["is_active"])


@built_once
def _watermark_row(shop_id: str) -> Any:
    return (
        select(
            shops.c.shop_name,
            watermarks.c.is_active,
            watermarks.c.text,
            watermarks.c.opacity,
            watermarks.c.position,
            watermarks.c.size_percentage,
            assets.c.key.label("asset_key"),
        )
        .outerjoin(watermarks, watermarks.c.shop_id == shops.c.id)
        .outerjoin(assets, and_(assets.c.shop_id == watermarks.c.shop_id, assets.c.id == watermarks.c.asset_id))
        .where(shops.c.id == shop_id)
    )


@built_once
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


@built_once
def update_size(shop_id: str, size: Size, at: datetime) -> Any:
    """Set the name and the dimensions of a size, which belongs to the same variant as before."""
    return (
        update(sizes)
        .where(sizes.c.shop_id == shop_id, sizes.c.id == size.id)
        .values(name=size.name, width_px=size.width_px, height_px=size.height_px, updated_at=at)
    )


@built_once
def retire_sizes(shop_id: str, product_id: str, shopify_variant_ids: list[str], at: datetime) -> Any:
    """Stop offering these variants of a product. Designs that were made for them keep their size."""
    return (
        update(sizes)
        .where(
            sizes.c.shop_id == shop_id,
            sizes.c.product_id == product_id,
            among(sizes.c.shopify_variant_id, shopify_variant_ids),
            sizes.c.is_active == 1,
        )
        .values(is_active=False, updated_at=at)
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


def insert_own_style(shop_id: str, style: Style, at: datetime) -> Any:
    """Insert the style of merchants' pictures. It is inactive, so it is not offered to shoppers."""
    return insert_style(shop_id, style, None, 0, at).values(is_active=False)


def set_watermark(shop_id: str, watermark: Watermark, at: datetime, *, is_active: bool = True) -> Any:
    fresh = {
        "is_active": is_active,
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


def with_size(shop_id: str, rows: FromClause, size_id: ColumnElement[Any]) -> Join:
    """Join each row with the size of this id, and with the blank that the size's variant is mapped to, if any.

    SIZE are the columns to select. SQLite would read all sizes of the shop to join a subquery of sizes.
    """
    return _with_blank(rows.outerjoin(sizes, and_(sizes.c.shop_id == shop_id, sizes.c.id == size_id)))


@functools.cache
def _sizes() -> Any:
    return select(*[column.label(field) for field, column in _SIZE.items()]).select_from(_with_blank(sizes))


def _with_blank(rows: FromClause) -> Join:
    """Join rows that have a size with the blank that its variant is mapped to, and the blank's colour profile."""
    mapped = and_(
        mappings.c.shop_id == sizes.c.shop_id,
        mappings.c.product_id == sizes.c.product_id,
        mappings.c.shopify_variant_id == sizes.c.shopify_variant_id,
        mappings.c.is_active == 1,
    )
    return (
        rows.outerjoin(mappings, mapped)
        .outerjoin(variants, variants.c.id == mappings.c.product_base_variant_id)
        .outerjoin(bases, bases.c.id == variants.c.product_base_id)
        .outerjoin(assets, assets.c.id == bases.c.profile_asset_id)
    )
