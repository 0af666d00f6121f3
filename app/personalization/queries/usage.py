"""SQL for the figures about previews, by style and by product."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Table, case, cast, func, select

from app.catalog.tables import products
from app.core.ports.database import Database
from app.core.statements import built_once
from app.generation import Status
from app.personalization.model import DesignUsage
from app.personalization.tables import ai_styles, generations


async def usage_by_style(db: Database, shop_id: str, since: datetime) -> list[DesignUsage]:
    """Return what became of the previews requested since then, by style, most previews first."""
    return [DesignUsage(**row) for row in await db.all(_usage_by_style(shop_id, since))]


async def usage_by_product(db: Database, shop_id: str, since: datetime) -> list[DesignUsage]:
    """As `usage_by_style`, by product."""
    return [DesignUsage(**row) for row in await db.all(_usage_by_product(shop_id, since))]


@built_once
def _usage_by_style(shop_id: str, since: datetime) -> Any:
    return _usage_by(generations.c.ai_style_id, ai_styles, ai_styles.c.name, shop_id, since)


@built_once
def _usage_by_product(shop_id: str, since: datetime) -> Any:
    return _usage_by(generations.c.product_id, products, products.c.title, shop_id, since)


def _usage_by(column: Column[str], named: Table, name: Column[str], shop_id: str, since: datetime) -> Any:
    """Count first and look the names up afterwards: a shop has few styles, but many previews."""
    preview = generations.c
    counted = (
        select(
            column.label("id"),
            func.count().label("previews"),
            _sum(case((preview.status == Status.COMPLETED.value, 1), else_=0), "completed"),
            _sum(case((preview.pinned_at.is_not(None), 1), else_=0), "ordered"),
            _sum(func.coalesce(preview.cost_micros, 0), "cost_micros"),
        )
        .where(preview.shop_id == shop_id, preview.generation_type == "preview", preview.created_at >= since)
        .group_by(column)
        .subquery("counted")
    )
    figures = [counted.c[name] for name in ("previews", "completed", "ordered", "cost_micros")]
    return (
        select(counted.c.id, name.label("name"), *figures)
        .join(named, named.c.id == counted.c.id)
        .where(named.c.shop_id == shop_id)
        .order_by(counted.c.previews.desc(), name, counted.c.id)
    )


def _sum(of: Any, name: str) -> Any:
    return cast(func.sum(of), BigInteger).label(name)
