"""All SQL on previews."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, select, update

from app.core.ids import first_id
from app.core.ports import Database
from app.core.tables import Id
from app.personalization.model import (
    Generation,
    Style,
)
from app.personalization.tables import (
    ai_styles,
    generations,
)

GENERATION = [generations.c[name] for name in Generation.__dataclass_fields__]


async def generation(db: Database, shop_id: str, generation_id: Id) -> Generation | None:
    row = await db.one(
        select(*GENERATION).where(
            generations.c.shop_id == shop_id,
            generations.c.id == generation_id,
            generations.c.generation_type == "preview",
        )
    )
    return Generation(**row) if row else None


def product_of_design(shop_id: str, generation_id: str) -> ScalarSelect[str]:
    return _of_generation(generations.c.product_id, shop_id, generation_id)


def master_of_design(shop_id: str, generation_id: str) -> ScalarSelect[str]:
    return _of_generation(generations.c.master_asset_id, shop_id, generation_id)


def shopper_of_design(shop_id: str, generation_id: str) -> ScalarSelect[str]:
    return _of_generation(generations.c.shopper_id, shop_id, generation_id)


def _of_generation(column: ColumnElement[str], shop_id: str, generation_id: str) -> ScalarSelect[str]:
    """For reads that do not wait for the generation's own."""
    return select(column).where(generations.c.shop_id == shop_id, generations.c.id == generation_id).scalar_subquery()


async def previews_by_status(db: Database, since: datetime) -> dict[tuple[str, ...], int]:
    """How many previews were asked for since then, by what became of them."""
    recent = and_(generations.c.id >= first_id(since), generations.c.generation_type == "preview")
    counted = select(generations.c.status, func.count().label("count")).where(recent)
    return {(row["status"],): int(row["count"]) for row in await db.all(counted.group_by(generations.c.status))}


async def style(db: Database, shop_id: str, style_id: str) -> Style | None:
    row = await db.one(
        select(ai_styles.c.id, ai_styles.c.name, ai_styles.c.prompt_template).where(
            ai_styles.c.shop_id == shop_id, ai_styles.c.id == style_id
        )
    )
    return Style(**row) if row else None


async def own_style(db: Database, shop_id: str) -> Style | None:
    """The style of pictures that the merchant sends: it has no prompt, and no shopper is offered it."""
    row = await db.one(
        select(ai_styles.c.id, ai_styles.c.name, ai_styles.c.prompt_template)
        .where(ai_styles.c.shop_id == shop_id, ai_styles.c.prompt_template == "", ai_styles.c.is_active == 0)
        .order_by(ai_styles.c.id)
        .limit(1)
    )
    return Style(**row) if row else None


def count_style_use(shop_id: str, style_id: str) -> Any:
    return (
        update(ai_styles)
        .where(ai_styles.c.shop_id == shop_id, ai_styles.c.id == style_id)
        .values(usage_count=ai_styles.c.usage_count + 1)
    )
