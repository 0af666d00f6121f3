"""SQL for the export, redaction and retention of designs, orders and order lines."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, CompoundSelect, Select, and_, case, or_, select, update

from app.core.ports.database import Database
from app.core.tables import among
from app.media.tables import assets
from app.personalization.tables import generations, order_items, orders
from app.privacy import Browsers, Customer, OwnedTable

SOLD_STATES = ("queued", "printing", "ready", "failed")
"""States of a line that is printed or will be. A line in review is not among them: it may pair a cheap product with the
design of an expensive one."""
WATERMARKED = ("preview", "mockup")
"""Purposes of pictures that carry the watermark."""
DESIGN_COLUMNS = (order_items.c.preview_generation_id, order_items.c.proposed_generation_id)
DATA_DELETED = "The customer's data were deleted."


@dataclass(frozen=True)
class DesignsAndOrders(OwnedTable):
    """Designs and orders. An order shows which customer a guest's design belongs to.

    After a redaction, an order keeps its id, amounts and status without the customer, and a line keeps its state
    without the design, because the merchant's accounts need them.
    """

    def belongs(self, customer: Customer, table: str) -> Any:
        if table == orders.name:
            return orders.c.customer_id == customer.id
        if table == order_items.name:
            return order_items.c.order_id.in_(_orders(customer))
        return super().belongs(customer, table)

    def may_leave(self, shop_id: str) -> Any:
        ordered = _in_paid_lines(shop_id, order_items.c.preview_generation_id)
        designs = select(generations.c.master_asset_id).where(
            generations.c.shop_id == shop_id, generations.c.id.in_(ordered)
        )
        return or_(
            assets.c.purpose.in_(WATERMARKED),
            assets.c.id.in_(designs),
            assets.c.id.in_(_in_paid_lines(shop_id, order_items.c.print_asset_id)),
        )

    def withheld_uploads(self, shop_id: str) -> Any | None:
        """Select unsold pictures that the merchant uploaded: they are full pictures, not photos of the shopper."""
        ordered = _in_paid_lines(shop_id, order_items.c.preview_generation_id)
        return select(generations.c.upload_asset_id).where(
            generations.c.shop_id == shop_id,
            generations.c.ai_prompt_used == "",
            generations.c.upload_asset_id.is_not(None),
            generations.c.id.not_in(ordered),
        )

    def claim_orders(self, customer: Customer, order_ids: Collection[str], at: datetime) -> list[Any]:
        named = and_(orders.c.shop_id == customer.shop_id, among(orders.c.shopify_order_id, order_ids))
        return [update(orders).where(named).values(customer_id=customer.id, updated_at=at)]

    def browsers_ordered_from(self, customer: Customer) -> Any | None:
        return _sessions(customer.shop_id, _designs_of_customer(customer))

    def browsers_others_ordered_from(self, customer: Customer) -> Any | None:
        return _sessions(customer.shop_id, _designs_of_others(customer))

    def made_as_guest(self, customer: Customer, browsers: Browsers) -> ColumnElement[bool]:
        """Return the condition that the customer ordered a design, or made it in a browser that only they used.

        Designs in the orders of other customers are excluded. A design that several customers ordered from one browser
        remains attached to the browser, as evidence that the browser is shared.
        """
        mine = _orders(customer)
        return and_(
            or_(
                super().made_as_guest(customer, browsers),
                generations.c.id.in_(_designs_of_customer(customer)),
                generations.c.order_id.in_(mine),
            ),
            generations.c.id.not_in(_designs_of_others(customer)),
            or_(generations.c.order_id.is_(None), generations.c.order_id.in_(mine)),
        )

    def is_unordered_by_others(self, customer: Customer) -> ColumnElement[bool]:
        return and_(generations.c.id.not_in(_designs_of_others(customer)), generations.c.order_id.is_(None))

    def delete(self, shop_id: str, item_ids: Collection[str], at: datetime) -> list[Any]:
        preview, final, proposal = (
            among(order_items.c[f"{name}_generation_id"], item_ids) for name in ("preview", "final", "proposed")
        )
        proposed = and_(order_items.c.shop_id == shop_id, proposal)
        return [
            _clear_lines(shop_id, at).where(or_(preview, final)),
            update(order_items).where(proposed).values(proposed_generation_id=None, updated_at=at),
            *super().delete(shop_id, item_ids, at),
        ]

    def release_files(self, shop_id: str, asset_ids: Collection[str], at: datetime) -> list[Any]:
        return [_clear_lines(shop_id, at).where(among(order_items.c.print_asset_id, asset_ids))]

    async def kept_subjects(self, db: Database, customer: Customer, after: str, limit: int) -> list[str]:
        """Return ids of the customer's order lines: print jobs are stopped and unrecorded print files are deleted."""
        rows = await db.all(
            select(order_items.c.id)
            .where(
                order_items.c.shop_id == customer.shop_id,
                order_items.c.order_id.in_(_orders(customer)),
                order_items.c.id > after,
            )
            .order_by(order_items.c.id)
            .limit(limit)
        )
        return [row["id"] for row in rows]

    def forget(self, customer: Customer, at: datetime) -> list[Any]:
        """Clear the customer's lines and orders. They keep ids, amounts and states for the merchant's accounts."""
        return [
            _clear_lines(customer.shop_id, at).where(order_items.c.order_id.in_(_orders(customer))),
            update(orders)
            .where(orders.c.shop_id == customer.shop_id, orders.c.customer_id == customer.id)
            .values(customer_id=None, updated_at=at),
        ]

    def is_unordered(self) -> ColumnElement[bool]:
        return generations.c.pinned_at.is_(None)

    def is_unproposed(self, shop_id: str, item_ids: Collection[str]) -> ColumnElement[bool]:
        proposed = order_items.c.proposed_generation_id
        proposals = select(proposed).where(order_items.c.shop_id == shop_id, among(proposed, item_ids))
        return generations.c.id.not_in(proposals)


def _orders(customer: Customer) -> Select[tuple[str]]:
    return select(orders.c.id).where(orders.c.shop_id == customer.shop_id, orders.c.customer_id == customer.id)


def _designs_in_orders(shop_id: str, by: ColumnElement[bool]) -> CompoundSelect[tuple[str]]:
    """Select the designs in the orders that meet the condition `by`, including proposed replacement pictures."""
    of_somebody = select(orders.c.id).where(orders.c.shop_id == shop_id, by)
    lines = and_(order_items.c.shop_id == shop_id, order_items.c.order_id.in_(of_somebody))
    chosen, proposed = (select(design).where(lines, design.is_not(None)) for design in DESIGN_COLUMNS)
    return chosen.union(proposed)


def _designs_of_customer(customer: Customer) -> CompoundSelect[tuple[str]]:
    return _designs_in_orders(customer.shop_id, orders.c.customer_id == customer.id)


def _designs_of_others(customer: Customer) -> CompoundSelect[tuple[str]]:
    return _designs_in_orders(
        customer.shop_id, or_(orders.c.customer_id.is_(None), orders.c.customer_id != customer.id)
    )


def _sessions(shop_id: str, ordered: CompoundSelect[tuple[str]]) -> Select[tuple[str]]:
    session = generations.c.guest_session_id
    return select(session).where(generations.c.shop_id == shop_id, session.is_not(None), generations.c.id.in_(ordered))


def _in_paid_lines(shop_id: str, column: Column[Any]) -> Select[tuple[str]]:
    """Select a column of the lines that were paid for and not refunded."""
    paid = select(orders.c.id).where(
        orders.c.shop_id == shop_id,
        orders.c.paid_at.is_not(None),
        orders.c.cancelled_at.is_(None),
        orders.c.status != "refunded",
    )
    return select(column).where(
        order_items.c.shop_id == shop_id,
        order_items.c.order_id.in_(paid),
        order_items.c.state.in_(SOLD_STATES),
        column.is_not(None),
    )


def _clear_lines(shop_id: str, at: datetime) -> Any:
    """Return an update that clears the design of a line, and cancels the line if it was not printed yet."""
    state = case((order_items.c.state.in_(("ready", "cancelled")), order_items.c.state), else_="cancelled")
    return (
        update(order_items)
        .where(order_items.c.shop_id == shop_id)
        .values(
            preview_generation_id=None,
            final_generation_id=None,
            proposed_generation_id=None,
            print_asset_id=None,
            preview_ref="",
            title=None,
            state=state,
            reason=DATA_DELETED,
            updated_at=at,
        )
    )
