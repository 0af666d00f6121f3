"""All SQL of privacy on capabilities' tables whose rows belong to a shopper or to a guest session."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, false, or_, select, true, union, union_all, update

from app.core.ports.database import Database, Expect, Row
from app.core.tables import among, unindexed
from app.media.tables import assets
from app.privacy.model import Customer, Made
from app.privacy.personal_data import Exported, PersonalData
from app.privacy.queries.browsers import Browsers
from app.privacy.queries.customers import shopper_of
from app.shops import Owner

OPEN = ("pending", "processing")
NEEDED = ("id", "shop_id", "shopper_id", "guest_session_id", "idempotency_key", "updated_at")

Refund = Callable[[str, Made, datetime], Sequence[Any]]
"""Takes the shop's id, the item and the time, and returns statements that refund a stopped item."""


def _no_refund(shop_id: str, item: Made, at: datetime) -> Sequence[Any]:
    """Return no statements, for items that are not charged."""
    return []


@dataclass(frozen=True)
class OwnedTable(PersonalData):
    """PersonalData of one table with `shopper_id`, `guest_session_id`, `idempotency_key` and a status.

    `photo` names the column of the photo from which an item was made. `fading` are columns of files that are deleted
    when the item expires, and `files` those of further files. `marked` are columns of pictures with a watermark, which
    are exported even if nothing has been paid. `emptied` are further columns that are set to NULL when the item
    expires. `charged` are the columns that `refund` reads.
    """

    table: Table
    folder: str
    exported: Mapping[str, Exported]
    photo: str | None = None
    fading: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()
    charged: tuple[str, ...] = ()
    refund: Refund = _no_refund
    status: str = "status"
    not_exported: Mapping[str, str] = field(default_factory=dict)

    def belongs(self, customer: Customer, table: str) -> Any:
        return self.table.c.shopper_id == shopper_of(customer)

    def may_leave(self, shop_id: str) -> Any:
        items = [self.table.c[name] == assets.c.id for name in self.marked]
        marked = and_(unindexed(self.table.c.shop_id) == shop_id, or_(false(), *items))
        return select(self.table.c.id).where(marked).exists()

    def adopt(self, customer: Customer, browsers: Browsers) -> list[Any]:
        table, me = self.table, shopper_of(customer)
        guests = and_(table.c.shop_id == customer.shop_id, unindexed(table.c.shopper_id).is_(None))
        theirs = and_(table.c.shop_id == customer.shop_id, table.c.shopper_id == me)
        return [
            *[
                update(table).where(guests, each).values(shopper_id=me, idempotency_key=None)
                for each in self.made_as_guest(customer, browsers)
            ],
            update(assets)
            .where(
                unindexed(assets.c.shop_id) == customer.shop_id,
                unindexed(assets.c.shopper_id).is_(None),
                self._is_file_of(theirs, self.all_files),
            )
            .values(shopper_id=me),
        ]

    def made_as_guest(self, customer: Customer, browsers: Browsers) -> list[ColumnElement[bool]]:
        """Return the conditions of which one must hold for an item without a shopper to be the customer's.

        Each is a statement of its own, in this order: for an OR of subqueries, PostgreSQL reads the whole table.
        """
        return [browsers.theirs_alone(self.table.c.guest_session_id)]

    def leave_browsers(self, customer: Customer, browsers: Browsers) -> list[Any]:
        table = self.table
        guests = and_(unindexed(table.c.shop_id) == customer.shop_id, unindexed(table.c.shopper_id).is_(None))
        shared = and_(browsers.shared(table.c.guest_session_id), self.is_unordered_by_others(customer))
        return [update(table).where(guests, shared).values(guest_session_id=None, idempotency_key=None)]

    def is_unordered_by_others(self, customer: Customer) -> ColumnElement[bool]:
        """Return the condition that no order needs an item, apart from the customer's own orders."""
        return true()

    async def items_of(self, db: Database, customer: Customer, limit: int) -> list[Made]:
        theirs = self.belongs(customer, self.table.name)
        return await self._items(db, and_(self.table.c.shop_id == customer.shop_id, theirs), limit)

    def stop(self, shop_id: str, item: Made, at: datetime) -> list[Any]:
        if item.status not in OPEN:
            return []
        status = self.table.c[self.status]
        row = and_(self.table.c.shop_id == shop_id, self.table.c.id == item.id, status.in_(OPEN))
        stopped = update(self.table).where(row).values({status: "cancelled", self.table.c.updated_at: at})
        return [Expect(stopped, "moved_on"), *self.refund(shop_id, item, at)]

    def delete(self, shop_id: str, item_ids: Collection[str], at: datetime) -> list[Any]:
        return [delete(self.table).where(self.table.c.shop_id == shop_id, among(self.table.c.id, item_ids))]

    def has_items(self, customer: Customer) -> Any:
        theirs = self.belongs(customer, self.table.name)
        return select(self.table.c.id).where(self.table.c.shop_id == customer.shop_id, theirs).exists()

    def photo_of(self, shop_id: str, item_id: str, owners: Collection[Owner]) -> Any | None:
        if self.photo is None:
            return None
        return select(self.table.c[self.photo]).where(self._of_owners(shop_id, owners), self.table.c.id == item_id)

    async def items_of_photo(
        self, db: Database, shop_id: str, item_id: str, photos: Sequence[Any], owners: Collection[Owner], limit: int
    ) -> list[Made]:
        mine, id = self._of_owners(shop_id, owners), self.table.c.id
        made_of = [select(id).where(mine, self.table.c[self.photo].in_(each)) for each in photos] if self.photo else []
        found = union(select(id).where(mine, id == item_id), *made_of)
        return await self._items(db, and_(self.table.c.shop_id == shop_id, id.in_(found)), limit)

    async def files_of(self, db: Database, shop_id: str, item_ids: Collection[str]) -> list[str]:
        items = and_(self.table.c.shop_id == shop_id, among(self.table.c.id, item_ids))
        used = self._is_file_of(items, self.all_files)
        return [row["id"] for row in await db.all(select(assets.c.id).where(assets.c.shop_id == shop_id, used))]

    def delete_unordered(self, shop_id: str, item_ids: Collection[str]) -> Expect:
        free = and_(among(self.table.c.id, item_ids), self.is_unordered(), self.is_unproposed(shop_id, item_ids))
        return Expect(delete(self.table).where(self.table.c.shop_id == shop_id, free), "ordered", rows=len(item_ids))

    def is_unordered(self) -> ColumnElement[bool]:
        """Return the condition that no order needs an item."""
        return true()

    def is_unproposed(self, shop_id: str, item_ids: Collection[str]) -> ColumnElement[bool]:
        """Return the condition that an item, one of these, is not proposed for an order."""
        return true()

    async def unwanted(self, db: Database, shop_id: str, untouched_since: datetime, limit: int) -> list[str]:
        table = self.table
        old = and_(table.c.shop_id == shop_id, table.c.updated_at <= untouched_since, self.is_unordered())
        found = select(table.c.id).where(old, self._has_pictures).order_by(table.c.updated_at).limit(limit)
        return [row["id"] for row in await db.all(found)]

    async def fading_files(self, db: Database, shop_id: str, item_id: str) -> Sequence[Row]:
        item = and_(self.table.c.shop_id == shop_id, self.table.c.id == item_id)
        return await db.all(
            select(assets.c.id, assets.c.key, assets.c.bytes).where(
                assets.c.shop_id == shop_id, self._is_file_of(item, self.fading), assets.c.deleted_at.is_(None)
            )
        )

    def empty(self, shop_id: str, item_id: str, at: datetime) -> Expect:
        row = and_(self.table.c.shop_id == shop_id, self.table.c.id == item_id, self.is_unordered())
        personal = ("idempotency_key", "shopper_id", "guest_session_id")
        names = (*([self.photo] if self.photo else []), *self.fading, *self.emptied, *personal)
        return Expect(update(self.table).where(row).values(**dict.fromkeys(names), updated_at=at), "ordered")

    def needs_file(self) -> Any:
        if self.photo is None:
            return false()
        of_photo = self.table.c[self.photo] == assets.c.id
        return select(self.table.c.id).where(of_photo, self._has_pictures).exists()

    def needs_session(self, session: Any) -> Any:
        return select(self.table.c.id).where(self.table.c.guest_session_id == session).exists()

    @property
    def all_files(self) -> tuple[str, ...]:
        """The columns of an item's files, including its photo."""
        return (*([self.photo] if self.photo else []), *self.fading, *self.files)

    @property
    def _has_pictures(self) -> ColumnElement[bool]:
        return or_(false(), *[self.table.c[name].is_not(None) for name in self.fading])

    def _is_file_of(self, items: ColumnElement[bool], names: Sequence[str]) -> ColumnElement[bool]:
        """Return the condition that a row of assets is referenced by one of these columns of these items."""
        if not names:
            return false()
        columns = [self.table.c[name] for name in names]
        used = [select(column.label("id")).where(items, column.is_not(None)) for column in columns]
        return assets.c.id.in_(union_all(*used) if len(used) > 1 else used[0])

    def _of_owners(self, shop_id: str, owners: Collection[Owner]) -> ColumnElement[bool]:
        by_shopper = among(self.table.c.shopper_id, [shopper_id for shopper_id, _ in owners if shopper_id])
        by_guest = among(self.table.c.guest_session_id, [guest_id for _, guest_id in owners if guest_id])
        return and_(self.table.c.shop_id == shop_id, or_(by_shopper, by_guest))

    async def _items(self, db: Database, where: ColumnElement[bool], limit: int) -> list[Made]:
        table = self.table
        columns = [table.c[name] for name in dict.fromkeys(("id", self.status, *self.charged))]
        rows = await db.all(select(*columns).where(where).order_by(table.c.id).limit(limit))
        return [Made(row["id"], row[self.status], row) for row in rows]
