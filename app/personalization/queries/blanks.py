"""SQL for blanks, their variants, and the mappings of Shopify variants to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update

from app.core.ids import new_id
from app.core.ports.database import Database, Expect
from app.core.statements import built_once
from app.core.tables import Id, among, upsert
from app.personalization.model import BlankCard
from app.personalization.print_sizes import BaseVariant, Mapping, ProductBase
from app.personalization.size_names import PrintArea
from app.personalization.tables import (
    product_base_variant_mappings,
    product_base_variants,
    product_bases,
    product_product_bases,
)


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
