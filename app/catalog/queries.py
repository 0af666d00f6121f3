"""SQL of products."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, case, func, literal_column, or_, select, tuple_, update

from app.catalog.model import ChosenProduct, Product
from app.catalog.tables import products as table
from app.core.ids import new_id
from app.core.paging import Cursor
from app.core.ports.database import Database, Expect
from app.core.ports.shopify import ListedProduct
from app.core.statements import built_once
from app.core.tables import among, moment, upsert

COLUMNS = [table.c[name] for name in Product.__dataclass_fields__]


async def product(db: Database, shop_id: str, product_id: str) -> Product | None:
    row = await db.one(_product_row(shop_id, product_id))
    return Product(**row) if row else None


@built_once
def _product_row(shop_id: str, product_id: str) -> Any:
    return select(*COLUMNS).where(table.c.shop_id == shop_id, table.c.id == product_id)


async def sellable_product(db: Database, shop_id: str, shopify_product_id: str) -> Product | None:
    """A product that the merchant has enabled and that is on sale, by Shopify's id."""
    row = await db.one(_sellable_row(shop_id, shopify_product_id))
    return Product(**row) if row else None


@built_once
def _sellable_row(shop_id: str, shopify_product_id: str) -> Any:
    return select(*COLUMNS).where(*_sellable(shop_id, shopify_product_id))


@built_once
def id_of_sellable(shop_id: str, shopify_product_id: str) -> ScalarSelect[str]:
    """The id of such a product, as a subquery for other statements."""
    return select(table.c.id).where(*_sellable(shop_id, shopify_product_id)).scalar_subquery()


async def enabled_products(db: Database, shop_id: str, cursor: Cursor, limit: int) -> list[Product]:
    """The products next to the cursor that the merchant has enabled, on sale or not, by title."""
    rows = [Product(**row) for row in await db.all(_enabled_rows(shop_id, cursor.row, cursor.is_backwards, limit))]
    return rows[::-1] if cursor.is_backwards else rows


@built_once
def _enabled_rows(shop_id: str, cursor: str | None, backwards: bool, limit: int) -> Any:
    order = (table.c.title, table.c.id)
    rows = select(*COLUMNS).where(*_enabled(shop_id))
    if cursor is not None:
        named, here = table.alias(), tuple_(*order)
        start = select(named.c.title).where(named.c.shop_id == shop_id, named.c.id == cursor).scalar_subquery()
        place = tuple_(start, cursor)
        rows = rows.where(here < place if backwards else here > place)
    return rows.order_by(*[each.desc() if backwards else each for each in order]).limit(limit)


async def count_enabled_products(db: Database, shop_id: str) -> int:
    row = await db.one(_count_enabled(shop_id))
    return int(row["count"]) if row else 0


@built_once
def _count_enabled(shop_id: str) -> Any:
    return select(func.count().label("count")).where(*_enabled(shop_id))


async def chosen_product(db: Database, shop_id: str, product_id: str) -> ChosenProduct | None:
    row = await db.one(_chosen_row(shop_id, product_id))
    return ChosenProduct(**row) if row else None


@built_once
def _chosen_row(shop_id: str, product_id: str) -> Any:
    names = [name for name in ChosenProduct.__dataclass_fields__ if name != "stored_variants"]
    columns = [*[table.c[name] for name in names], table.c.variants.label("stored_variants")]
    return select(*columns).where(table.c.shop_id == shop_id, table.c.id == product_id)


@built_once
def save_chosen(
    shop_id: str,
    product_id: str,
    listed: ListedProduct,
    variants: list[dict[str, Any]],
    variant_count: int,
    is_enabled: bool,
    at: datetime,
) -> Any:
    """Insert a product that the merchant has chosen, or update it from Shopify."""
    fresh = {
        "title": listed.title,
        "handle": listed.handle,
        "is_active": listed.is_active,
        "is_enabled": is_enabled,
        "variants": variants,
        "variant_count": variant_count,
        "synced_at": listed.changed_at,
    }
    insert = upsert(table).values(
        id=product_id,
        shop_id=shop_id,
        shopify_product_id=listed.shopify_product_id,
        created_at=at,
        updated_at=at,
        **fresh,
    )
    changes = {name: insert.excluded[name] for name in fresh}
    return insert.on_conflict_do_update(
        index_elements=["shop_id", "shopify_product_id"], set_={**changes, "archived_at": None, "updated_at": at}
    )


@built_once
def enable(shop_id: str, product_id: str, is_enabled: bool, at: datetime) -> Expect:
    """Switch personalization on or off. Refused with `unknown_product`, also for a product deleted in Shopify."""
    known = [table.c.shop_id == shop_id, table.c.id == product_id, table.c.archived_at.is_(None)]
    return Expect(update(table).where(*known).values(is_enabled=is_enabled, updated_at=at), "unknown_product")


@built_once
def disable_products(shop_id: str, shopify_product_ids: list[str], at: datetime) -> Any:
    """Stop shoppers from personalizing products, by Shopify's ids."""
    listed = [table.c.shop_id == shop_id, among(table.c.shopify_product_id, shopify_product_ids)]
    return update(table).where(*listed).values(is_enabled=False, updated_at=at)


@built_once
def id_of_product(shop_id: str, shopify_product_id: str) -> ScalarSelect[str]:
    """The id of a product by Shopify's id, as a subquery for other statements."""
    known = [table.c.shop_id == shop_id, table.c.shopify_product_id == shopify_product_id]
    return select(table.c.id).where(*known).scalar_subquery()


def save_listed(shop_id: str, listed: ListedProduct, at: datetime) -> Any:
    """Insert a product, not enabled, or update it from Shopify.

    Data older than the last sync is ignored; an archived product stays archived.
    """
    return _save_listed(new_id(), shop_id, listed, at)


@built_once
def _save_listed(product_id: str, shop_id: str, listed: ListedProduct, at: datetime) -> Any:
    newer = or_(table.c.synced_at.is_(None), table.c.synced_at < moment(listed.changed_at))
    follow = and_(newer, table.c.archived_at.is_(None))
    values = {
        "title": listed.title,
        "handle": listed.handle,
        "is_active": listed.is_active,
        "synced_at": listed.changed_at,
    }
    insert = upsert(table).values(
        id=product_id,
        shop_id=shop_id,
        shopify_product_id=listed.shopify_product_id,
        is_enabled=False,
        created_at=at,
        updated_at=at,
        **values,
    )
    changes = {name: case((follow, insert.excluded[name]), else_=table.c[name]) for name in values}
    return insert.on_conflict_do_update(
        index_elements=["shop_id", "shopify_product_id"], set_={**changes, "updated_at": at}
    )


def archive(shop_id: str, shopify_product_id: str, at: datetime) -> list[Any]:
    """Archive a product permanently. An unknown one is inserted first, because its update may still arrive."""
    return _archive_known(new_id(), shop_id, shopify_product_id, at)


@built_once
def _archive_known(product_id: str, shop_id: str, shopify_product_id: str, at: datetime) -> list[Any]:
    unknown = (
        upsert(table)
        .values(
            id=product_id,
            shop_id=shop_id,
            shopify_product_id=shopify_product_id,
            title="",
            is_enabled=False,
            created_at=at,
            updated_at=at,
        )
        .on_conflict_do_nothing(index_elements=["shop_id", "shopify_product_id"])
    )
    return [unknown, _archive(shop_id, at).where(table.c.shopify_product_id == shopify_product_id)]


@built_once
def archive_unlisted(shop_id: str, before: datetime, at: datetime) -> Any:
    """Archive the Shopify products that no page of the sync has listed since it started."""
    unlisted = [table.c.shopify_product_id.is_not(None), table.c.updated_at < moment(before)]
    return _archive(shop_id, at).where(*unlisted)


def _archive(shop_id: str, at: datetime) -> Any:
    return (
        update(table)
        .where(table.c.shop_id == shop_id, table.c.archived_at.is_(None))
        .values(archived_at=at, is_active=False, updated_at=at)
    )


def _enabled(shop_id: str) -> list[ColumnElement[bool]]:
    """Return the conditions of the partial index ix_products_enabled, with a literal value so that SQLite uses it."""
    return [table.c.shop_id == shop_id, table.c.is_enabled == literal_column("1"), table.c.archived_at.is_(None)]


def _sellable(shop_id: str, shopify_product_id: str) -> list[ColumnElement[bool]]:
    return [
        table.c.shop_id == shop_id,
        table.c.shopify_product_id == shopify_product_id,
        table.c.is_enabled == 1,
        table.c.is_active == 1,
    ]
