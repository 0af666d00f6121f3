"""SQL for print files and the states of their lines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import update

from app.core.ports.database import Expect
from app.core.statements import built_once
from app.core.tables import upsert
from app.personalization.model import Generation, StoredPrint
from app.personalization.order_rules import PRINTABLE
from app.personalization.tables import generations, order_items


@built_once
def set_item_state(shop_id: str, item_id: str, state: str, reason: str | None, at: datetime) -> Expect:
    """Change the state of a queued or printing line. Refused with `not_to_print` if it is ready or was stopped."""
    due = _unprinted(shop_id, item_id).where(order_items.c.state.in_(PRINTABLE))
    return Expect(due.values(state=state, reason=reason, updated_at=at), "not_to_print")


@built_once
def finish_item(shop_id: str, item_id: str, asset_id: str, final_id: str, at: datetime) -> Expect:
    return Expect(
        _unprinted(shop_id, item_id).values(
            state="ready", reason=None, print_asset_id=asset_id, final_generation_id=final_id, updated_at=at
        ),
        "already_printed",
    )


def insert_final(
    preview: Generation, final_id: str, order_id: str, made: StoredPrint, started: datetime, at: datetime
) -> Any:
    """Insert the final generation: a copy of the approved design, with the details of how its print file was made."""
    took_ms = int((at - started).total_seconds() * 1000)
    params, upscaled = {"engine": made.report.engine}, "completed" if made.factor > 1 else "not_needed"
    return _insert_final(preview, final_id, order_id, made, params, upscaled, took_ms, started, at)


@built_once
def _insert_final(
    preview: Generation,
    final_id: str,
    order_id: str,
    made: StoredPrint,
    params: dict[str, Any],
    upscale_status: str,
    took_ms: int,
    started: datetime,
    at: datetime,
) -> Any:
    return upsert(generations).values(
        id=final_id,
        shop_id=preview.shop_id,
        product_id=preview.product_id,
        ai_style_id=preview.ai_style_id,
        order_id=order_id,
        size_id=preview.size_id,
        shopper_id=preview.shopper_id,
        guest_session_id=preview.guest_session_id,
        master_asset_id=preview.master_asset_id,
        final_asset_id=made.asset.id,
        generation_type="final",
        status="completed",
        progress=100,
        ai_prompt_used=preview.ai_prompt_used,
        duration_ms=took_ms,
        generation_params=params,
        upscale_status=upscale_status,
        upscale_factor=made.factor,
        original_width=made.source_width,
        original_height=made.source_height,
        final_width=made.asset.width,
        final_height=made.asset.height,
        upscale_started_at=started,
        upscale_completed_at=at,
        tiles=made.report.tiles,
        tiles_fell_back=made.report.tiles_fell_back,
        started_at=started,
        completed_at=at,
        pinned_at=at,
        created_at=at,
        updated_at=at,
    )


def _unprinted(shop_id: str, item_id: str) -> Any:
    return update(order_items).where(
        order_items.c.shop_id == shop_id, order_items.c.id == item_id, order_items.c.print_asset_id.is_(None)
    )
