"""The interface that a capability implements for the personal data it stores.

Privacy is below the capabilities and names none of their tables. It asks each PersonalData registered in
`app.capabilities` to whom a row belongs, what an export shows, what a deletion removes, and what expires.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.core.lazy import load
from app.core.ports.database import Database, Expect, Row
from app.privacy.model import Customer, Made
from app.shops import Owner

if TYPE_CHECKING:
    from app.core.capability import Capability
    from app.privacy.queries.browsers import Browsers


@dataclass(frozen=True)
class Exported:
    """A table in an export: its heading, the columns shown, and the other columns with the reason to withhold them."""

    title: str
    shown: tuple[str, ...]
    withheld: Mapping[str, str]


class PersonalData(ABC):
    """The personal data of a capability. Its SQLAlchemy conditions and statements run in privacy's batches.

    What a capability makes for people, such as a design, is called an item here. Its files are stored under
    `{shop}/{folder}/{item id}/`. `exported` are the tables that an export shows, in this order. `not_exported` are
    tables that refer to a customer or to their browser and are left out, with the reason. Methods that are not abstract
    have defaults for capabilities that they do not concern.
    """

    folder: str
    exported: Mapping[str, Exported]
    not_exported: Mapping[str, str] = {}

    @abstractmethod
    def belongs(self, customer: Customer, table: str) -> Any:
        """Return the condition that a row of this table, one of `exported`, is the customer's."""

    @abstractmethod
    def may_leave(self, shop_id: str) -> Any:
        """Return the condition that a file, a row of assets, may be exported to its owner.

        It must not hold for pictures without a watermark that have not been paid for. Photos that a shopper uploaded
        are always exported unless `withholds_upload` holds.
        """

    def withholds_upload(self, shop_id: str) -> Any | None:
        """Return the condition that an upload, a row of assets, is not exported."""
        return None

    def claim_orders(self, customer: Customer, order_ids: Collection[str], at: datetime) -> list[Any]:
        """Return statements that assign these Shopify orders to the customer; unknown orders are ignored."""
        return []

    def browsers_ordered_from(self, customer: Customer) -> Any | None:
        """Return a SELECT of the guest sessions whose items are in one of the customer's orders."""
        return None

    def browsers_others_ordered_from(self, customer: Customer) -> Any | None:
        """Return a SELECT of the guest sessions whose items are in an order of another or an unknown customer."""
        return None

    @abstractmethod
    def adopt(self, customer: Customer, browsers: Browsers) -> list[Any]:
        """Return statements that assign the items and files that the customer made as a guest to their shopper."""

    @abstractmethod
    def leave_browsers(self, customer: Customer, browsers: Browsers) -> list[Any]:
        """Return statements that detach never-ordered items from browsers from which several customers ordered.

        Otherwise, once all other customers were deleted, these items would be attributed to the remaining one.
        """

    @abstractmethod
    async def items_of(self, db: Database, customer: Customer, limit: int) -> list[Made]:
        """Return up to `limit` items of the customer, by id."""

    @abstractmethod
    def stop(self, shop_id: str, item: Made, at: datetime) -> list[Any]:
        """Return statements that cancel and refund an item that is being made, and none for other items.

        Refused with `moved_on` if the item completed or failed meanwhile.
        """

    @abstractmethod
    def delete(self, shop_id: str, item_ids: Collection[str], at: datetime) -> list[Any]:
        """Return statements that delete items and the rows that refer to them."""

    def release_files(self, shop_id: str, asset_ids: Collection[str], at: datetime) -> list[Any]:
        """Return statements that clear references, in rows that stay, to files that are about to be deleted."""
        return []

    async def kept_subjects(self, db: Database, customer: Customer, after: str, limit: int) -> list[str]:
        """Return ids of the rows that outlive the customer, by id. Their jobs and objects are deleted nevertheless."""
        return []

    def forget(self, customer: Customer, at: datetime) -> list[Any]:
        """Return statements that remove personal data from the rows that outlive the customer."""
        return []

    @abstractmethod
    def has_items(self, customer: Customer) -> Any:
        """Return the condition that there is an item of the customer."""

    @abstractmethod
    def photo_of(self, shop_id: str, item_id: str, owners: Collection[Owner]) -> Any | None:
        """Return a SELECT of the id of the photo from which an item was made, if the item is one of these owners'."""

    @abstractmethod
    async def items_of_photo(
        self, db: Database, shop_id: str, item_id: str, photos: Sequence[Any], owners: Collection[Owner], limit: int
    ) -> list[Made]:
        """Return the item, and every item of the same owners that was made from one of the photos, by id."""

    @abstractmethod
    async def files_of(self, db: Database, shop_id: str, item_ids: Collection[str]) -> list[str]:
        """Return the ids of the files of items, including their photos."""

    @abstractmethod
    def delete_unordered(self, shop_id: str, item_ids: Collection[str]) -> Expect:
        """Return a statement that deletes items. Refused with `ordered` if an order needs one of them."""

    @abstractmethod
    async def unwanted(self, db: Database, shop_id: str, untouched_since: datetime, limit: int) -> list[str]:
        """Return ids of items with pictures that were never ordered and have not changed since `untouched_since`."""

    @abstractmethod
    async def fading_files(self, db: Database, shop_id: str, item_id: str) -> Sequence[Row]:
        """Return id, key and bytes of those files of an item that expire and have not been deleted yet."""

    @abstractmethod
    def empty(self, shop_id: str, item_id: str, at: datetime) -> Expect:
        """Return a statement that removes the pictures and the owner from an item.

        Refused with `ordered` if an order needs the item.
        """

    @abstractmethod
    def needs_file(self) -> Any:
        """Return the condition that the row of a file, a row of assets, is needed even if its object is deleted.

        It holds for the photo of an item that still has pictures, because "delete my photo" finds the items by it, and
        for a file whose absence must be noticed rather than taken for the choice of none.
        """

    @abstractmethod
    def needs_session(self, session: Any) -> Any:
        """Return the condition that an item refers to a guest session, given as a column."""


Personal = tuple[PersonalData, ...]


def all_personal_data(capabilities: Iterable[Capability]) -> Personal:
    """Return the PersonalData of these capabilities, in their order."""
    return tuple(load(each.personal_data) for each in capabilities if each.personal_data)
