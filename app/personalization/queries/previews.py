"""SQL for previews and their styles."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select, update

from app.core.ids import first_id
from app.core.ports.database import Database
from app.core.statements import built_once
from app.personalization.model import (
    Generation,
    Style,
)
from app.personalization.tables import (
    ai_styles,
    generations,
)

GENERATION = [generations.c[name] for name in Generation.__dataclass_fields__]


async def generation(db: Database, shop_id: str, generation_id: str) -> Generation | None:
    row = await db.one(_preview_row(shop_id, generation_id))
    return Generation(**row) if row else None


@built_once
def _preview_row(shop_id: str, generation_id: str) -> Any:
    return select(*GENERATION).where(
        generations.c.shop_id == shop_id,
        generations.c.id == generation_id,
        generations.c.generation_type == "preview",
    )


async def previews_by_status(db: Database, since: datetime) -> dict[tuple[str, ...], int]:
    """Count the previews of all shops that were requested since then, by status."""
    recent = and_(generations.c.id >= first_id(since), generations.c.generation_type == "preview")
    counted = select(generations.c.status, func.count().label("count")).where(recent)
    return {(row["status"],): int(row["count"]) for row in await db.all(counted.group_by(generations.c.status))}


async def style(db: Database, shop_id: str, style_id: str) -> Style | None:
    row = await db.one(_style_row(shop_id, style_id))
    return Style(**row) if row else None


@built_once
def _style_row(shop_id: str, style_id: str) -> Any:
    return select(ai_styles.c.id, ai_styles.c.name, ai_styles.c.prompt_template).where(
        ai_styles.c.shop_id == shop_id, ai_styles.c.id == style_id
    )


async def own_style(db: Database, shop_id: str) -> Style | None:
    """Return the style of merchants' pictures, which has no prompt and is not offered to shoppers."""
    row = await db.one(_own_style(shop_id))
    return Style(**row) if row else None


@built_once
def _own_style(shop_id: str) -> Any:
    return (
        select(ai_styles.c.id, ai_styles.c.name, ai_styles.c.prompt_template)
        .where(ai_styles.c.shop_id == shop_id, ai_styles.c.prompt_template == "", ai_styles.c.is_active == 0)
        .order_by(ai_styles.c.id)
        .limit(1)
    )


@built_once
def count_style_use(shop_id: str, style_id: str) -> Any:
    return (
        update(ai_styles)
        .where(ai_styles.c.shop_id == shop_id, ai_styles.c.id == style_id)
        .values(usage_count=ai_styles.c.usage_count + 1)
    )
