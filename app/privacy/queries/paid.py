"""All SQL on what was paid for: without that, a picture is shown with its watermark alone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Select, and_, or_, select

from app.media.tables import assets
from app.personalization.tables import generations, order_items, orders

SOLD = ("queued", "printing", "ready", "failed")
"""States of a paid line that is printed, or would be. One in doubt may be a cheap product with a dear one's design."""
MARKED = ("preview", "mockup")
"""What is drawn with the watermark on it."""


def may_be_handed_out(shop_id: str) -> ColumnElement[bool]:
    """Which files may leave the shop: photos that shoppers sent, marked previews, and what was paid for.

    A picture that the merchant sent, to be printed as it is, is no photo of the shopper's: it is a full picture.
    """
    ordered = _bought(shop_id, order_items.c.preview_generation_id)
    designs = select(generations.c.master_asset_id).where(
        generations.c.shop_id == shop_id, generations.c.id.in_(ordered)
    )
    of_the_merchant = select(generations.c.upload_asset_id).where(
        generations.c.shop_id == shop_id,
        generations.c.ai_prompt_used == "",
        generations.c.upload_asset_id.is_not(None),
        generations.c.id.not_in(ordered),
    )
    return or_(
        assets.c.purpose.in_(MARKED),
        and_(assets.c.purpose == "upload", assets.c.id.not_in(of_the_merchant)),
        assets.c.id.in_(designs),
        assets.c.id.in_(_bought(shop_id, order_items.c.print_asset_id)),
    )


def _bought(shop_id: str, column: Column[Any]) -> Select[tuple[str]]:
    """A column of the lines that were paid for, and whose money was not given back."""
    paid = select(orders.c.id).where(
        orders.c.shop_id == shop_id,
        orders.c.paid_at.is_not(None),
        orders.c.cancelled_at.is_(None),
        orders.c.status != "refunded",
    )
    return select(column).where(
        order_items.c.shop_id == shop_id,
        order_items.c.order_id.in_(paid),
        order_items.c.state.in_(SOLD),
        column.is_not(None),
    )
