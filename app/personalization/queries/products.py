"""SQL for the merchant's list of products, and for how far a shop is set up."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, func, or_, select

from app.catalog.tables import products
from app.core.ports.database import Database
from app.core.statements import built_once
from app.personalization.model import ProductCard, SetupFacts
from app.personalization.tables import (
    ai_styles,
    generations,
    order_items,
    product_bases,
    product_product_bases,
    product_styles,
    sizes,
    watermarks,
)


async def product_cards(db: Database, shop_id: str, after: str | None, limit: int) -> list[ProductCard]:
    """Return the products that the merchant has chosen, enabled or not, by title, after the product with this id."""
    return [ProductCard(**row) for row in await db.all(_product_rows(shop_id, after, limit))]


@built_once
def _product_rows(shop_id: str, after: str | None, limit: int) -> Any:
    return _page(_cards(shop_id), shop_id, after, limit)


def _page(rows: Any, shop_id: str, after: str | None, limit: int) -> Any:
    """Limit a select of products to a page of the list."""
    listed = [products.c.shop_id == shop_id, products.c.archived_at.is_(None)]
    listed.append(or_(products.c.is_enabled == 1, products.c.variants.is_not(None)))
    if after is not None:
        last = products.alias("last")
        title = select(last.c.title).where(last.c.shop_id == shop_id, last.c.id == after).scalar_subquery()
        listed.append(or_(products.c.title > title, and_(products.c.title == title, products.c.id > after)))
    return rows.where(*listed).order_by(products.c.title, products.c.id).limit(limit)


async def product_card(db: Database, shop_id: str, product_id: str) -> ProductCard | None:
    row = await db.one(_product_row(shop_id, product_id))
    return ProductCard(**row) if row else None


@built_once
def _product_row(shop_id: str, product_id: str) -> Any:
    return _cards(shop_id).where(products.c.id == product_id)


def _cards(shop_id: str) -> Any:
    names = ("id", "shopify_product_id", "title", "is_enabled", "is_active", "variant_count")
    return select(
        *[products.c[name] for name in names],
        _styles_of_product(shop_id).with_only_columns(func.count()).scalar_subquery().label("styles"),
        _sizes_of_product(shop_id).with_only_columns(func.count()).scalar_subquery().label("mapped"),
    ).where(products.c.shop_id == shop_id, products.c.archived_at.is_(None))


async def blanks_of(db: Database, shop_id: str, product_id: str) -> list[str]:
    """Return the names of the blanks that a product is printed on."""
    return [str(row["name"]) for row in await db.all(_blanks_of(shop_id, product_id))]


@built_once
def _blanks_of(shop_id: str, product_id: str) -> Any:
    return _blank_names(shop_id).where(product_product_bases.c.product_id == product_id)


async def blanks_on_page(db: Database, shop_id: str, after: str | None, limit: int) -> dict[str, list[str]]:
    """Return the names of the blanks of each product on a page of the list, by the product's id."""
    found: dict[str, list[str]] = {}
    for row in await db.all(_blanks_on_page(shop_id, after, limit)):
        found.setdefault(row["product_id"], []).append(row["name"])
    return found


@built_once
def _blanks_on_page(shop_id: str, after: str | None, limit: int) -> Any:
    page = _page(select(products.c.id), shop_id, after, limit)
    return _blank_names(shop_id).where(product_product_bases.c.product_id.in_(page))


def _blank_names(shop_id: str) -> Any:
    links = product_product_bases
    return (
        select(links.c.product_id, product_bases.c.name)
        .join(product_bases, product_bases.c.id == links.c.product_base_id)
        .where(links.c.shop_id == shop_id, links.c.is_enabled == 1)
        .order_by(links.c.sort_order, product_bases.c.name)
    )


async def setup_facts(db: Database, shop_id: str) -> SetupFacts:
    """Count what a merchant sets up. Finished previews and ordered designs are counted up to one."""
    row = await db.one(_setup_facts(shop_id))
    return SetupFacts(**row) if row else SetupFacts()


@built_once
def _setup_facts(shop_id: str) -> Any:
    enabled = [products.c.shop_id == shop_id, products.c.is_enabled == 1, products.c.archived_at.is_(None)]
    sized = _sizes_of_product(shop_id).exists()
    styled = _styles_of_product(shop_id).exists()
    preview = [generations.c.shop_id == shop_id, generations.c.generation_type == "preview"]
    first = select(products.c.id).where(*enabled).order_by(products.c.title, products.c.id).limit(1)
    ready = [*enabled, sized, styled, products.c.is_active == 1, products.c.handle.is_not(None)]
    facts = {
        "products": select(func.count()).select_from(products).where(*enabled),
        "blanks": select(func.count()).select_from(product_bases).where(product_bases.c.shop_id == shop_id),
        "sized": select(func.count()).select_from(products).where(*enabled, sized),
        "styled": select(func.count()).select_from(products).where(*enabled, styled),
        "watermarks": select(func.count()).select_from(watermarks).where(watermarks.c.shop_id == shop_id),
        "previews": _one(select(generations.c.id).where(*preview, generations.c.status == "completed")),
        "orders": _one(select(order_items.c.id).where(order_items.c.shop_id == shop_id)),
        "unsized_id": first.where(~sized),
        "ready_handle": select(products.c.handle).where(*ready).order_by(products.c.title, products.c.id).limit(1),
    }
    return select(*[fact.scalar_subquery().label(name) for name, fact in facts.items()])


def _sizes_of_product(shop_id: str) -> Any:
    """A select of the active sizes of the product that the statement around it looks at."""
    return select(sizes.c.id).where(
        sizes.c.shop_id == shop_id, sizes.c.product_id == products.c.id, sizes.c.is_active == 1
    )


def _styles_of_product(shop_id: str) -> Any:
    """A select of the styles that shoppers can choose for that product."""
    return (
        select(product_styles.c.id)
        .join(ai_styles, ai_styles.c.id == product_styles.c.ai_style_id)
        .where(
            product_styles.c.shop_id == shop_id,
            product_styles.c.product_id == products.c.id,
            product_styles.c.is_enabled == 1,
            ai_styles.c.is_active == 1,
        )
    )


def _one(rows: Any) -> Any:
    """Count up to one row: whether there is any needs no look at the others."""
    return select(func.count()).select_from(rows.limit(1).subquery())
