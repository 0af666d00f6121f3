"""What a capability supplies about the people whose data it keeps: the interface between it and privacy.

Privacy stands below the capabilities and names none of their tables. It asks each PersonalData that `app.capabilities`
registers: whose a row is, what an export shows, what a deletion takes, and what goes with age.
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
    """A table in an export: its heading, the columns that a customer gets, and why they do not get the others."""

    title: str
    shown: tuple[str, ...]
    withheld: Mapping[str, str]


class PersonalData(ABC):
    """What a capability keeps of people. Conditions and statements are SQLAlchemy's, and run in privacy's batches.

    What a capability makes for people, such as a design, is called an item here. Its files lie at
    `{shop}/{folder}/{item id}/…`. `exported` are the tables that an export shows, in this order. `not_exported` are
    tables that point to a customer or to their browser and are left out, with the reason. A capability that has nothing
    to say to one of the methods that are not abstract leaves it as it is.
    """

    folder: str
    exported: Mapping[str, Exported]
    not_exported: Mapping[str, str] = {}

    @abstractmethod
    def belongs(self, customer: Customer, table: str) -> Any:
        """Return the condition that a row of this table, one of `exported`, is the customer's."""

    @abstractmethod
    def may_leave(self, shop_id: str) -> Any:
        """Return the condition that a file, a row of assets, may be handed out to whom it belongs.

        It must hold for no picture without a watermark that has not been paid for. Photos that a shopper uploaded are
        handed out in any case, unless `withheld_uploads` names them.
        """

    def withheld_uploads(self, shop_id: str) -> Any | None:
        """Return a SELECT of the ids of uploads that are not handed out."""
        return None

    def claim_orders(self, customer: Customer, order_ids: Collection[str], at: datetime) -> list[Any]:
        """Return statements that record these orders of Shopify's as the customer's; unknown ones change nothing."""
        return []

    def browsers_ordered_from(self, customer: Customer) -> Any | None:
        """Return a SELECT of the guest sessions whose items are in an order of the customer's."""
        return None

    def browsers_others_ordered_from(self, customer: Customer) -> Any | None:
        """Return a SELECT of the guest sessions whose items are in an order of anybody else's, or of nobody known."""
        return None

    @abstractmethod
    def adopt(self, customer: Customer, browsers: Browsers) -> list[Any]:
        """Return statements that give a guest's items and files to the customer, by the id of their shopper."""

    @abstractmethod
    def leave_browsers(self, customer: Customer, browsers: Browsers) -> list[Any]:
        """Return statements that part items which nobody ordered from browsers that several customers ordered from.

        Otherwise these items would belong to the last customer who is left, once the others are deleted.
        """

    @abstractmethod
    async def items_of(self, db: Database, customer: Customer, limit: int) -> list[Made]:
        """Return items of the customer, by id."""

    @abstractmethod
    def stop(self, shop_id: str, item: Made, at: datetime) -> list[Any]:
        """Return statements that cancel and refund an item that is being made, none for others.

        Refused with `moved_on` when it was done, or given up, meanwhile.
        """

    @abstractmethod
    def delete(self, shop_id: str, item_ids: Collection[str], at: datetime) -> list[Any]:
        """Return statements that delete items and what points to them."""

    def release_files(self, shop_id: str, asset_ids: Collection[str], at: datetime) -> list[Any]:
        """Return statements for rows that stay and point to files that are about to be deleted."""
        return []

    async def kept_subjects(self, db: Database, customer: Customer, after: str, limit: int) -> list[str]:
        """Return ids of the customer's rows that outlive them, by id: their jobs and their objects go all the same."""
        return []

    def forget(self, customer: Customer, at: datetime) -> list[Any]:
        """Return statements that take the person out of the rows that outlive them."""
        return []

    @abstractmethod
    def has_items(self, customer: Customer) -> Any:
        """Return the condition that there is an item of the customer."""

    @abstractmethod
    def photo_of(self, shop_id: str, item_id: str, owners: Collection[Owner]) -> Any | None:
        """Return a SELECT of the id of the photo that an item was made of, when it is one of these owners'."""

    @abstractmethod
    async def items_of_photo(
        self, db: Database, shop_id: str, item_id: str, photos: Sequence[Any], owners: Collection[Owner], limit: int
    ) -> list[Made]:
        """Return the item, and every item of the same owners that was made of one of the photos, by id."""

    @abstractmethod
    async def files_of(self, db: Database, shop_id: str, item_ids: Collection[str]) -> list[str]:
        """Return the ids of the files of items, their photos too."""

    @abstractmethod
    def delete_unordered(self, shop_id: str, item_ids: Collection[str]) -> Expect:
        """Return a statement that deletes items. Refused with `ordered` when an order needs one of them."""

    @abstractmethod
    async def unwanted(self, db: Database, shop_id: str, untouched_since: datetime, limit: int) -> list[str]:
        """Return ids of items with pictures that nobody ordered and that have not changed since."""

    @abstractmethod
    async def fading_files(self, db: Database, shop_id: str, item_id: str) -> Sequence[Row]:
        """Return id, key and bytes of the files that go with an item's age, those that are still there."""

    @abstractmethod
    def empty(self, shop_id: str, item_id: str, at: datetime) -> Expect:
        """Return a statement that takes the pictures and the owner out of an item.

        Refused with `ordered` when an order needs them.
        """

    @abstractmethod
    def needs_upload(self, shop: Any) -> Any:
        """Return the condition that a row of assets is the photo of an item that has pictures, within a shop.

        The row is then still needed, because "delete my photo" finds the items by it.
        """

    @abstractmethod
    def needs_session(self, session: Any) -> Any:
        """Return the condition that an item names a guest session, given as a column."""


Personal = tuple[PersonalData, ...]


def all_personal_data(capabilities: Iterable[Capability]) -> Personal:
    """Return what these capabilities supply, in their order."""
    return tuple(load(each.personal_data) for each in capabilities if each.personal_data)
