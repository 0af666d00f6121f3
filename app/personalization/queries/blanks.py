"""SQL for blanks, their variants, and the mappings of Shopify variants to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, func, or_, select, update

from app.core.ids import new_id
from app.core.ports.database import Database, Expect
from app.core.statements import built_once
from app.core.tables import Id, among, typed, upsert
from app.personalization.model import BlankCard, EditedBlank, EditedSize
from app.personalization.print_sizes import BaseVariant, Mapping, ProductBase
from app.personalization.size_names import PrintArea
from app.personalization.tables import (
    order_items,
    orders,
    product_base_variant_mappings,
    product_base_variants,
    product_bases,
    product_product_bases,
)

NOT_PRINTED = ("waiting", "queued", "printing", "needs_review", "unmapped", "failed")
"""States of lines whose print file is still to be made."""
MOST_NAMED = 100


@built_once
def insert_base(shop_id: str, base: ProductBase, sort_order: int, at: datetime) -> Any:
    return upsert(product_bases).values(
        **vars(base), shop_id=shop_id, sort_order=sort_order, created_at=at, updated_at=at
    )


@built_once
def insert_base_variant(shop_id: str, variant: BaseVariant, sort_order: int, at: datetime) -> Any:
    return upsert(product_base_variants).values(
        **vars(variant), shop_id=shop_id, sort_order=sort_order, created_at=at, updated_at=at
    )


@built_once
def insert_starter(shop_id: str, base: ProductBase, starter: str, description: str, at: datetime) -> Any:
    """Insert a blank of the starter set. The database refuses a second one, by `uq_product_bases_starter`."""
    return upsert(product_bases).values(
        **vars(base), shop_id=shop_id, starter=starter, description=description, created_at=at, updated_at=at
    )


@built_once
def activate_base(shop_id: str, base_id: str, is_active: bool, at: datetime) -> Expect:
    """Offer a blank for products, or no longer. Refused with `unknown_base`."""
    known = [product_bases.c.shop_id == shop_id, product_bases.c.id == base_id]
    return Expect(update(product_bases).where(*known).values(is_active=is_active, updated_at=at), "unknown_base")


async def edited_blank(db: Database, shop_id: str, base_id: str) -> EditedBlank | None:
    """Return a blank as its editor shows it."""
    row = await db.one(_edited_blank(shop_id, base_id))
    return EditedBlank(**row) if row else None


@built_once
def _edited_blank(shop_id: str, base_id: str) -> Any:
    columns = [product_bases.c[name] for name in EditedBlank.__dataclass_fields__]
    return select(*columns).where(product_bases.c.shop_id == shop_id, product_bases.c.id == base_id)


async def edited_sizes(db: Database, shop_id: str, base_id: str) -> list[EditedSize]:
    """Return the print sizes of a blank in their order, those that are switched off too."""
    return [EditedSize(**row) for row in await db.all(_edited_sizes(shop_id, base_id))]


@built_once
def _edited_sizes(shop_id: str, base_id: str) -> Any:
    variants = product_base_variants
    return (
        select(*[variants.c[name] for name in EditedSize.__dataclass_fields__])
        .where(variants.c.shop_id == shop_id, variants.c.product_base_id == base_id)
        .order_by(variants.c.sort_order, variants.c.id)
    )


@built_once
def insert_edited(shop_id: str, base_id: str, blank: EditedBlank, at: datetime) -> Any:
    values = {name: getattr(blank, name) for name in EditedBlank.__dataclass_fields__}
    return upsert(product_bases).values(**values | {"id": base_id, "shop_id": shop_id, "created_at": at})


@built_once
def save_blank(shop_id: str, base_id: str, blank: EditedBlank, seen: str, at: datetime) -> Expect:
    """Save a blank. Refused with `changed` if it was changed after `seen`, if that is given."""
    values = {name: getattr(blank, name) for name in EditedBlank.__dataclass_fields__ if name != "id"}
    as_seen = [
        product_bases.c.shop_id == shop_id,
        product_bases.c.id == base_id,
        or_(typed(seen, Text()) == "", cast(product_bases.c.updated_at, Text) == seen),
    ]
    return Expect(update(product_bases).where(*as_seen).values(**values | {"updated_at": at}), "changed")


@built_once
def insert_size(shop_id: str, base_id: str, size: EditedSize, sort_order: int, at: datetime) -> Any:
    values = {name: getattr(size, name) for name in EditedSize.__dataclass_fields__}
    more = {"shop_id": shop_id, "product_base_id": base_id, "sort_order": sort_order, "created_at": at}
    return upsert(product_base_variants).values(**values | more)


@built_once
def save_size(shop_id: str, base_id: str, size: EditedSize, seen: str, at: datetime) -> Expect:
    """Save a print size. Refused with `changed` if it was changed after `seen`, if that is given."""
    variants = product_base_variants
    values = {name: getattr(size, name) for name in EditedSize.__dataclass_fields__ if name != "id"}
    as_seen = [
        variants.c.shop_id == shop_id,
        variants.c.product_base_id == base_id,
        variants.c.id == size.id,
        or_(typed(seen, Text()) == "", cast(variants.c.updated_at, Text) == seen),
    ]
    return Expect(update(variants).where(*as_seen).values(**values | {"updated_at": at}), "changed")


async def open_orders(db: Database, shop_id: str, base_variant_ids: Sequence[str]) -> list[str | None]:
    """Return the numbers of orders with a line that is not printed yet and would be printed in one of these sizes."""
    rows = await db.all(_open_orders(shop_id, list(base_variant_ids)))
    return [row["order_number"] for row in rows]


@built_once
def _open_orders(shop_id: str, base_variant_ids: list[str]) -> Any:
    mappings = product_base_variant_mappings
    mapped = select(mappings.c.shopify_variant_id).where(
        mappings.c.shop_id == shop_id,
        among(mappings.c.product_base_variant_id, base_variant_ids),
        mappings.c.is_active == 1,
    )
    return (
        select(orders.c.order_number)
        .join(order_items, order_items.c.order_id == orders.c.id)
        .where(
            orders.c.shop_id == shop_id,
            order_items.c.shop_id == shop_id,
            order_items.c.state.in_(NOT_PRINTED),
            order_items.c.shopify_variant_id.in_(mapped),
        )
        .distinct()
        .order_by(orders.c.order_number)
        .limit(MOST_NAMED)
    )


async def blank_cards(db: Database, shop_id: str) -> list[BlankCard]:
    """Return the blanks of a shop, those that are offered first, each with the number of its products."""
    return [BlankCard(**row) for row in await db.all(_blank_rows(shop_id))]


@built_once
def _blank_rows(shop_id: str) -> Any:
    links = product_product_bases
    used = (
        select(func.count())
        .select_from(links)
        .where(links.c.shop_id == shop_id, links.c.product_base_id == product_bases.c.id, links.c.is_enabled == 1)
        .scalar_subquery()
    )
    names = ("id", "name", "description", "starter", "print_format", "is_active")
    return (
        select(*[product_bases.c[name] for name in names], used.label("products"))
        .where(product_bases.c.shop_id == shop_id)
        .order_by(product_bases.c.is_active.desc(), product_bases.c.sort_order, product_bases.c.id)
    )


async def base_variants(db: Database, shop_id: str) -> list[BaseVariant]:
    """Return the variants of all blanks of a shop, in the order of their sizes."""
    return [BaseVariant(**row) for row in await db.all(_base_variant_rows(shop_id))]


@built_once
def _base_variant_rows(shop_id: str) -> Any:
    columns = [product_base_variants.c[name] for name in BaseVariant.__dataclass_fields__]
    return (
        select(*columns)
        .where(product_base_variants.c.shop_id == shop_id, product_base_variants.c.is_active == 1)
        .order_by(product_base_variants.c.sort_order, product_base_variants.c.id)
    )


async def print_areas(db: Database, shop_id: str, product_id: str) -> list[PrintArea]:
    """Return the print areas of the shop's blanks. Those of a blank that is linked to the product say so."""
    return [PrintArea(**row) for row in await db.all(_print_areas(shop_id, product_id))]


@built_once
def _print_areas(shop_id: str, product_id: str) -> Any:
    links, variants, bases = product_product_bases, product_base_variants, product_bases
    linked = (
        select(links.c.id)
        .where(
            links.c.shop_id == shop_id,
            links.c.product_id == product_id,
            links.c.product_base_id == bases.c.id,
            links.c.is_enabled == 1,
        )
        .exists()
    )
    names = ("id", "product_base_id", "name", "width_px", "height_px", "dpi")
    return (
        select(*[variants.c[name] for name in names], bases.c.name.label("base_name"), linked.label("is_linked"))
        .join(bases, bases.c.id == variants.c.product_base_id)
        .where(variants.c.shop_id == shop_id, variants.c.is_active == 1, or_(bases.c.is_active == 1, linked))
        .order_by(bases.c.sort_order, bases.c.id, variants.c.sort_order, variants.c.id)
    )


async def mapped_areas(db: Database, shop_id: str, product_id: str) -> dict[str, str]:
    """Return the print area of each variant of a product that is mapped to one, by Shopify's id of the variant."""
    rows = await db.all(_mapped_areas(shop_id, product_id))
    return {row["shopify_variant_id"]: row["product_base_variant_id"] for row in rows}


@built_once
def _mapped_areas(shop_id: str, product_id: str) -> Any:
    table = product_base_variant_mappings
    return select(table.c.shopify_variant_id, table.c.product_base_variant_id).where(
        table.c.shop_id == shop_id, table.c.product_id == product_id, table.c.is_active == 1
    )


def link_base(shop_id: str, product_id: Id, base_id: str, sort_order: int, at: datetime) -> Any:
    insert = upsert(product_product_bases).values(
        id=new_id(),
        shop_id=shop_id,
        product_id=product_id,
        product_base_id=base_id,
        sort_order=sort_order,
        created_at=at,
        updated_at=at,
    )
    return insert.on_conflict_do_update(
        index_elements=["product_id", "product_base_id"], set_={"is_enabled": True, "updated_at": at}
    )


@built_once
def unlink_base(shop_id: str, product_id: str, base_id: str, at: datetime) -> Any:
    links = product_product_bases
    return (
        update(links)
        .where(links.c.shop_id == shop_id, links.c.product_id == product_id, links.c.product_base_id == base_id)
        .values(is_enabled=False, updated_at=at)
    )


@built_once
def retire_mappings(shop_id: str, product_id: str, shopify_variant_ids: list[str], at: datetime) -> Any:
    """Deactivate the mappings of these variants of a product."""
    table = product_base_variant_mappings
    return (
        update(table)
        .where(
            table.c.shop_id == shop_id,
            table.c.product_id == product_id,
            among(table.c.shopify_variant_id, shopify_variant_ids),
            table.c.is_active == 1,
        )
        .values(is_active=False, updated_at=at)
    )


@built_once
def retire_mapping(shop_id: str, mapping: Mapping, at: datetime) -> Any:
    """Deactivate the previous mapping of the variant."""
    table = product_base_variant_mappings
    return (
        update(table)
        .where(
            table.c.shop_id == shop_id,
            table.c.product_id == mapping.product_id,
            table.c.shopify_variant_id == mapping.shopify_variant_id,
            table.c.is_active == 1,
        )
        .values(is_active=False, updated_at=at)
    )


def insert_mapping(shop_id: str, mapping: Mapping, at: datetime) -> Any:
    return upsert(product_base_variant_mappings).values(
        **vars(mapping), id=new_id(), shop_id=shop_id, created_at=at, updated_at=at
    )
