"""SQL for the export, redaction and retention of designs, orders and order lines."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, case, or_, select, update

from app.core.ports.database import Database
from app.core.tables import among, unindexed
from app.media.tables import assets
from app.personalization.queries import print_archives
from app.personalization.tables import ai_styles, generations, order_items, orders, product_bases, watermarks
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
        designs = _of_shop(shop_id, generations.c.master_asset_id == assets.c.id)
        return or_(
            assets.c.purpose.in_(WATERMARKED),
            select(generations.c.id)
            .where(designs, _is_paid_for(shop_id, order_items.c.preview_generation_id == generations.c.id))
            .exists(),
            _is_paid_for(shop_id, order_items.c.print_asset_id == assets.c.id),
        )

    def withholds_upload(self, shop_id: str) -> Any:
        """Return the condition of unsold pictures that the merchant uploaded, which are no photos of the shopper."""
        designs = _of_shop(shop_id, generations.c.upload_asset_id == assets.c.id)
        unsold = ~_is_paid_for(shop_id, order_items.c.preview_generation_id == generations.c.id)
        return select(generations.c.id).where(designs, generations.c.ai_prompt_used == "", unsold).exists()

    def claim_orders(self, customer: Customer, order_ids: Collection[str], at: datetime) -> list[Any]:
        named = and_(orders.c.shop_id == customer.shop_id, among(orders.c.shopify_order_id, order_ids))
        return [update(orders).where(named).values(customer_id=customer.id, updated_at=at)]

    def browsers_ordered_from(self, customer: Customer) -> Any | None:
        made = generations.alias()
        return _sessions(made, customer).where(made.c.id.in_(_designs_of_customer(customer)))

    def browsers_others_ordered_from(self, customer: Customer) -> Any | None:
        made = generations.alias()
        return _sessions(made, customer).where(_is_ordered_by_others(customer, made.c.id))

    def made_as_guest(self, customer: Customer, browsers: Browsers) -> list[ColumnElement[bool]]:
        """Return the conditions that the customer made a design in a browser that only they used, or ordered it.

        Designs in the orders of other customers are excluded. A design that several customers ordered from one browser
        remains attached to the browser, as evidence that the browser is shared.
        """
        mine, made = _orders(customer), generations.alias()
        printed = select(made.c.id).where(
            unindexed(made.c.shop_id) == customer.shop_id, made.c.order_id.in_(_orders(customer))
        )
        not_of_others = and_(
            ~_is_ordered_by_others(customer, generations.c.id),
            or_(unindexed(generations.c.order_id).is_(None), unindexed(generations.c.order_id).in_(mine)),
        )
        ordered = [generations.c.id.in_(each) for each in (_designs_of_customer(customer), printed)]
        return [and_(each, not_of_others) for each in (*super().made_as_guest(customer, browsers), *ordered)]

    def is_unordered_by_others(self, customer: Customer) -> ColumnElement[bool]:
        return and_(~_is_ordered_by_others(customer, generations.c.id), unindexed(generations.c.order_id).is_(None))

    def delete(self, shop_id: str, item_ids: Collection[str], at: datetime) -> list[Any]:
        preview, final, proposal = (
            among(order_items.c[f"{name}_generation_id"], item_ids) for name in ("preview", "final", "proposed")
        )
        proposed = and_(unindexed(order_items.c.shop_id) == shop_id, proposal)
        return [
            *[each for either in (preview, final) for each in print_archives.withdraw(shop_id, either, at)],
            *[_clear_lines(shop_id, at).where(either) for either in (preview, final)],
            update(order_items).where(proposed).values(proposed_generation_id=None, updated_at=at),
            *super().delete(shop_id, item_ids, at),
        ]

    def release_files(self, shop_id: str, asset_ids: Collection[str], at: datetime) -> list[Any]:
        printed = among(order_items.c.print_asset_id, asset_ids)
        return [*print_archives.withdraw(shop_id, printed, at), _clear_lines(shop_id, at).where(printed)]

    async def kept_subjects(self, db: Database, customer: Customer, after: str, limit: int) -> list[str]:
        """Return ids of the customer's order lines: print jobs are stopped and unrecorded print files are deleted."""
        rows = await db.all(
            select(order_items.c.id)
            .where(
                unindexed(order_items.c.shop_id) == customer.shop_id,
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

    def needs_file(self) -> Any:
        """Return the condition that a file's row is needed: also as a line's print file, and in the shop's settings.

        A line without a print file would be printed again. A blank without its colour profile, a style without its
        reference and a shop without its watermark would silently give other pictures.
        """
        referring = (
            *(order_items.c.print_asset_id, product_bases.c.profile_asset_id, watermarks.c.asset_id),
            *(ai_styles.c.example_asset_id, ai_styles.c.reference_asset_id),
        )
        # A range rather than an equality: where most shops have no such file, statistics make SQLite think that every
        # value is as frequent as NULL, and it would read the whole table for each file.
        needed = [
            select(column.table.c.id).where(column.between(assets.c.id, assets.c.id)).exists() for column in referring
        ]
        return or_(super().needs_file(), *needed)

    def is_unordered(self) -> ColumnElement[bool]:
        return generations.c.pinned_at.is_(None)

    def is_unproposed(self, shop_id: str, item_ids: Collection[str]) -> ColumnElement[bool]:
        proposed = order_items.c.proposed_generation_id
        proposals = select(proposed).where(unindexed(order_items.c.shop_id) == shop_id, among(proposed, item_ids))
        return generations.c.id.not_in(proposals)


def _orders(customer: Customer) -> Select[tuple[str]]:
    return select(orders.c.id).where(orders.c.shop_id == customer.shop_id, orders.c.customer_id == customer.id)


def _designs_of_customer(customer: Customer) -> CompoundSelect[tuple[str]]:
    """Select the designs in the customer's orders, including proposed replacement pictures."""
    mine = unindexed(order_items.c.shop_id) == customer.shop_id
    lines = and_(mine, order_items.c.order_id.in_(_orders(customer)))
    chosen, proposed = (select(design).where(lines, design.is_not(None)) for design in DESIGN_COLUMNS)
    return chosen.union(proposed)


def _is_ordered_by_others(customer: Customer, design_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a design is in another customer's order, as the design or as a replacement picture.

    It is asked for each design, because others' designs are most of the shop's.
    """
    others = or_(orders.c.customer_id.is_(None), orders.c.customer_id != customer.id)
    lines = (
        select(order_items.c.id)
        .join(orders, orders.c.id == order_items.c.order_id)
        .where(unindexed(order_items.c.shop_id) == customer.shop_id, others)
    )
    return or_(*[lines.where(column == design_id).exists() for column in DESIGN_COLUMNS])


def _sessions(made: Any, customer: Customer) -> Select[tuple[str]]:
    """Select the guest sessions of designs from `made`, an alias of generations."""
    session = made.c.guest_session_id
    return select(session).where(made.c.shop_id == customer.shop_id, unindexed(session).is_not(None))


def _of_shop(shop_id: str, which: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(unindexed(generations.c.shop_id) == shop_id, which)


def _is_paid_for(shop_id: str, which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that there is such a line, that it was paid for, and that it was not refunded."""
    sold = and_(unindexed(order_items.c.shop_id) == shop_id, which, order_items.c.state.in_(SOLD_STATES))
    paid = and_(
        unindexed(orders.c.shop_id) == shop_id,
        orders.c.paid_at.is_not(None),
        orders.c.cancelled_at.is_(None),
        orders.c.status != "refunded",
    )
    lines = select(order_items.c.id).join(orders, orders.c.id == order_items.c.order_id)
    return lines.where(sold, paid).exists()


def _clear_lines(shop_id: str, at: datetime) -> Any:
    """Return an update that clears the designs of some lines, and cancels those that were not printed yet.

    The caller adds the condition that selects the lines, by an indexed column.
    """
    state = case((order_items.c.state.in_(("ready", "cancelled")), order_items.c.state), else_="cancelled")
    return (
        update(order_items)
        .where(unindexed(order_items.c.shop_id) == shop_id)
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
