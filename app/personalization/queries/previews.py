"""All SQL on previews."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select, update

from app.core.ids import first_id
from app.core.ports import Database, Expect
from app.core.statements import built_once
from app.core.tables import upsert
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
    """How many previews were asked for since then, by what became of them."""
    recent = and_(generations.c.id >= first_id(since), generations.c.generation_type == "preview")
    counted = select(generations.c.status, func.count().label("count")).where(recent)
    return {(row["status"],): int(row["count"]) for row in await db.all(counted.group_by(generations.c.status))}


async def generation_by_key(
    db: Database, shop_id: str, shopper_id: str | None, guest_session_id: str | None, key: str
) -> Generation | None:
    row = await db.one(_generation_by_key(shop_id, shopper_id or None, guest_session_id, key))
    return Generation(**row) if row else None


@built_once
def _generation_by_key(shop_id: str, shopper_id: str | None, guest_session_id: str | None, key: str) -> Any:
    is_guest = shopper_id is None
    owner = generations.c.guest_session_id == guest_session_id if is_guest else generations.c.shopper_id == shopper_id
    return select(*GENERATION).where(generations.c.shop_id == shop_id, owner, generations.c.idempotency_key == key)


async def style(db: Database, shop_id: str, style_id: str) -> Style | None:
    row = await db.one(_style_row(shop_id, style_id))
    return Style(**row) if row else None


@built_once
def _style_row(shop_id: str, style_id: str) -> Any:
    return select(ai_styles.c.id, ai_styles.c.name, ai_styles.c.prompt_template).where(
        ai_styles.c.shop_id == shop_id, ai_styles.c.id == style_id
    )


async def own_style(db: Database, shop_id: str) -> Style | None:
    """The style of pictures that the merchant sends: it has no prompt, and no shopper is offered it."""
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
def insert_generation(generation: Generation) -> Any:
    values = {name: getattr(generation, name) for name in Generation.__dataclass_fields__}
    return upsert(generations).values(**values, generation_type="preview", updated_at=generation.created_at)


@built_once
def set_processing(shop_id: str, generation_id: str, progress: int, at: datetime) -> Expect:
    """Refused with `not_open` when the preview was cancelled meanwhile."""
    return Expect(
        _open_generation(shop_id, generation_id).values(status="processing", progress=progress, updated_at=at),
        "not_open",
    )


def complete_generation(
    shop_id: str,
    generation_id: str,
    pictures: Mapping[str, str],
    model: str,
    took_ms: int,
    preflight: dict[str, Any] | None,
    at: datetime,
) -> Expect:
    """`pictures`: the assets' ids by purpose (master, preview, mockup)."""
    columns = {f"{purpose}_asset_id": asset_id for purpose, asset_id in pictures.items()}
    return _complete_generation(shop_id, generation_id, model, took_ms, preflight, at, **columns)


@built_once
def _complete_generation(
    shop_id: str,
    generation_id: str,
    model: str,
    took_ms: int,
    preflight: dict[str, Any] | None,
    at: datetime,
    **pictures: str,
) -> Expect:
    return Expect(
        _open_generation(shop_id, generation_id).values(
            status="completed",
            progress=100,
            **pictures,
            ai_model_used=model,
            processing_time_ms=took_ms,
            preflight=preflight,
            updated_at=at,
        ),
        "not_open",
    )


@built_once
def fail_generation(shop_id: str, generation_id: str, code: str, message: str, at: datetime) -> Expect:
    return Expect(
        _open_generation(shop_id, generation_id).values(
            status="failed", error_code=code, error_message=message, updated_at=at
        ),
        "not_open",
    )


@built_once
def cancel_generation(shop_id: str, generation_id: str, at: datetime) -> Expect:
    return Expect(_open_generation(shop_id, generation_id).values(status="cancelled", updated_at=at), "not_open")


@built_once
def count_style_use(shop_id: str, style_id: str) -> Any:
    return (
        update(ai_styles)
        .where(ai_styles.c.shop_id == shop_id, ai_styles.c.id == style_id)
        .values(usage_count=ai_styles.c.usage_count + 1)
    )


def _open_generation(shop_id: str, generation_id: str) -> Any:
    return update(generations).where(
        generations.c.shop_id == shop_id,
        generations.c.id == generation_id,
        generations.c.status.in_(["pending", "processing"]),
    )
