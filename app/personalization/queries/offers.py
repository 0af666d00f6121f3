"""SQL for styles, print sizes and watermarks."""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, literal, select, update

from app.core.ids import new_id
from app.core.pictures import WHITE
from app.core.ports.database import Database
from app.core.statements import built_once
from app.core.tables import Id, among, upsert
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


async def sizes_of(db: Database, shop_id: str, product_id: Id) -> list[Size]:
    return [Size(**row) for row in await db.all(_sizes_of(shop_id, product_id))]


@built_once
def _sizes_of(shop_id: str, product_id: Id) -> Any:
    return (
        sizes_as_printed(shop_id)
        .where(sizes.c.product_id == product_id, sizes.c.is_active == 1)
        .order_by(sizes.c.sort_order)
    )


async def sizes_of_shop(db: Database, shop_id: str) -> list[Size]:
    """Return the active sizes of all products, by name. Sizes of one product with equal name and pixels appear once."""
    rows = await db.all(_sizes_of_shop(shop_id))
    found = {(row["product_id"], row["name"], row["width_px"], row["height_px"]): Size(**row) for row in rows}
    return list(found.values())


@built_once
def _sizes_of_shop(shop_id: str) -> Any:
    return sizes_as_printed(shop_id).where(sizes.c.is_active == 1).order_by(sizes.c.name, sizes.c.id)


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


@functools.cache
def _sizes() -> Any:
    mapped = (
        sizes.outerjoin(
            mappings,
            and_(
                mappings.c.shop_id == sizes.c.shop_id,
                mappings.c.product_id == sizes.c.product_id,
                mappings.c.shopify_variant_id == sizes.c.shopify_variant_id,
                mappings.c.is_active == 1,
            ),
        )
        .outerjoin(variants, variants.c.id == mappings.c.product_base_variant_id)
        .outerjoin(bases, bases.c.id == variants.c.product_base_id)
        .outerjoin(assets, assets.c.id == bases.c.profile_asset_id)
    )
    return select(
        sizes.c.id,
        sizes.c.product_id,
        sizes.c.name,
        sizes.c.shopify_variant_id,
        *[_blank_or_default(name) for name in ("width_px", "height_px", *_DEFAULTS)],
        assets.c.key.label("profile_key"),
        bases.c.mockup,
        mappings.c.product_base_variant_id,
        bases.c.name.label("base_name"),
        variants.c.name.label("base_variant_name"),
        bases.c.option_names,
        variants.c.option_values,
    ).select_from(mapped)


def _blank_or_default(name: str) -> Any:
    """Return the value of the mapped blank, else that of the size, else the default of a print without a blank."""
    blank = variants if name in variants.c else bases
    other = sizes.c[name] if name in sizes.c else literal(_DEFAULTS[name])
    return func.coalesce(blank.c[name], other).label(name)
