"""SQL for blanks, their variants, and the mappings of Shopify variants to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import update

from app.core.ids import new_id
from app.core.statements import built_once
from app.core.tables import upsert
from app.personalization.print_sizes import BaseVariant, Mapping, ProductBase
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


def link_base(shop_id: str, product_id: str, base_id: str, sort_order: int, at: datetime) -> Any:
    return (
        upsert(product_product_bases)
        .values(
            id=new_id(),
            shop_id=shop_id,
            product_id=product_id,
            product_base_id=base_id,
            sort_order=sort_order,
            created_at=at,
            updated_at=at,
        )
        .on_conflict_do_nothing(index_elements=["product_id", "product_base_id"])
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
