"""Rules for orders and their lines. They are pure, and give the same result for any order and repetition of webhooks.

An order combines facts that never become false again (paid, cancelled) with the values of its newest message (the
remaining quantity of each line). A line has one state, and a reason if it needs attention or was stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from app.media import Asset
from app.personalization.model import Generation
from app.personalization.print_sizes import Size

_EARLIEST = datetime.min.replace(tzinfo=UTC)
REFUNDS = ("partially_refunded", "refunded")
PRINTABLE = ("queued", "printing")
ADJUSTABLE = ("waiting", "needs_review", "unmapped", "failed")
"""States in which a merchant can act on a line: retry it, approve it, choose its size or replace its picture."""

ORDER_CANCELLED = "The order was cancelled before this was printed."
LINE_REMOVED = "This line was refunded or removed before it was printed."
CANCELLED_LATE = "The order was cancelled after the print file was made."
REMOVED_LATE = "This line was refunded or removed after the print file was made."
NOT_FOUND = "The design of this line was not found."
UNFINISHED = "The design of this line was never finished."
PICTURE_GONE = "The approved picture no longer exists."
UNMAPPED = "No print size is set for this variant."
OTHER_PRODUCT = "The design was made for another product."
OTHER_CUSTOMER = "The design was made by another customer."
OTHER_SHAPE = "The design and the ordered size have different proportions."
PARTS = {
    "id": "number",
    "design": "design",
    "product": "product",
    "variant": "variant",
    "title": "title",
    "quantity": "quantity",
}
"""The parts of a line that may be unreadable, with their names in messages to the merchant."""
UPDATABLE_PARTS = {"product": "shopify_product_id", "variant": "shopify_variant_id", "title": "title"}
"""The parts of a line that later messages update, and their columns."""


@dataclass(frozen=True)
class OrderLine:
    """An order line with a design, as one message describes it.

    `quantity` is what remains after refunds and edits. `preview_ref` comes from the cart, so it is not trusted.
    `unread` names the parts that could not be read, as keys of PARTS.
    """

    line_item_id: str
    product_id: str | None
    variant_id: str | None
    title: str
    quantity: int
    preview_ref: str
    unread: Sequence[str] = ()

    def with_substitute_id(self, order_id: str) -> OrderLine:
        """Return this line with a substitute id, for when its id already belongs to a line of another order.

        The substitute is deterministic and, unlike Shopify's ids, not a number.
        """
        return replace(self, line_item_id=f"{order_id}-{self.line_item_id}", unread=("id", *self.unread))


@dataclass(frozen=True)
class OrderFacts:
    """The content of one message about an order.

    `total_price` is in minor units of `currency`. `as_of` is the time of the state that the message describes. `asked`
    means that we fetched the order from Shopify: such an answer takes precedence over a webhook with the same time.
    `unread` names the parts of the order itself that could not be read: `lines`, `status`, `cancellation`.
    """

    order_id: str
    order_number: str
    customer_id: str | None
    total_price: int | None
    currency: str | None
    paid_at: datetime | None
    cancelled_at: datetime | None
    refund: str | None
    is_test: bool
    as_of: datetime
    lines: list[OrderLine]
    asked: bool = False
    unread: Sequence[str] = ()

    @property
    def is_unclear(self) -> bool:
        """Whether the order must be fetched from Shopify because parts of this message could not be read."""
        return bool(self.unread) or any(line.unread for line in self.lines)


@dataclass(frozen=True)
class Order:
    """An order, as merged from all its messages so far.

    `as_of` is the time of the newest message, `customer_as_of` that of the newest message with a customer. `revision`
    increases with every change, for optimistic locking. `total_price` is in minor units of `currency`.
    """

    id: str
    shop_id: str
    shopify_order_id: str
    order_number: str | None = None
    customer_id: str | None = None
    total_price: int | None = None
    currency: str | None = None
    status: str = "open"
    paid_at: datetime | None = None
    cancelled_at: datetime | None = None
    is_test: bool = False
    as_of: datetime | None = None
    revision: int = 0
    customer_as_of: datetime | None = None

    def is_newer(self, facts: OrderFacts) -> bool:
        """Return whether this message is newer than all messages merged so far."""
        return self.as_of is None or facts.as_of > self.as_of or (facts.asked and facts.as_of == self.as_of)

    def merged_with(self, facts: OrderFacts) -> Order:
        """Return the order with one more message merged in. The result does not depend on the order of the messages."""
        refund = self.status if self.status in REFUNDS else None
        known = replace(
            self._with_customer(facts),
            paid_at=_earlier(self.paid_at, facts.paid_at),
            cancelled_at=_earlier(self.cancelled_at, facts.cancelled_at),
            is_test=self.is_test or facts.is_test,
        )
        if self.is_newer(facts):
            refund = facts.refund
            known = replace(
                known,
                order_number=facts.order_number,
                total_price=facts.total_price,
                currency=facts.currency,
                as_of=facts.as_of,
            )
        status = "cancelled" if known.cancelled_at else refund or ("paid" if known.paid_at else "open")
        return replace(known, status=status)

    def _with_customer(self, facts: OrderFacts) -> Order:
        """The customer may change. The newest message wins; of two with the same time, the greater customer id wins."""
        newest = (self.customer_as_of or _EARLIEST, self.customer_id or "")
        if facts.customer_id is None or (facts.as_of, facts.customer_id) <= newest:
            return self
        return replace(self, customer_id=facts.customer_id, customer_as_of=facts.as_of)


class LineState(StrEnum):
    """The state of an order line."""

    WAITING = "waiting"
    QUEUED = "queued"
    PRINTING = "printing"
    READY = "ready"
    NEEDS_REVIEW = "needs_review"
    UNMAPPED = "unmapped"
    FAILED = "failed"
    CANCELLED = "cancelled"


NEED_MERCHANT = (LineState.NEEDS_REVIEW, LineState.UNMAPPED, LineState.FAILED)
"""States that only the merchant can end."""


@dataclass(frozen=True)
class Verdict:
    """The decision on a line: its state, the reason, and the design and size that it was matched with."""

    state: LineState
    reason: str | None
    generation_id: str | None
    size_id: str | None


@dataclass(frozen=True)
class OrderItem:
    """An order line as it is stored.

    `unread` names the parts that no message has contained in readable form, as comma-separated keys of PARTS.
    """

    id: str
    shop_id: str
    order_id: str
    shopify_line_item_id: str
    title: str | None
    quantity: int
    shopify_product_id: str | None
    shopify_variant_id: str | None
    preview_ref: str
    preview_generation_id: str | None
    proposed_generation_id: str | None
    size_id: str | None
    print_asset_id: str | None
    state: str
    reason: str | None
    approved_at: datetime | None
    unread: str | None = None

    @classmethod
    def from_line(cls, order: Order, item_id: str, line: OrderLine) -> OrderItem:
        """Create the item of a line that is seen for the first time."""
        return cls(
            id=item_id,
            shop_id=order.shop_id,
            order_id=order.id,
            shopify_line_item_id=line.line_item_id,
            title=line.title,
            quantity=line.quantity,
            shopify_product_id=line.product_id,
            shopify_variant_id=line.variant_id,
            preview_ref=line.preview_ref,
            preview_generation_id=None,
            proposed_generation_id=None,
            size_id=None,
            print_asset_id=None,
            state="waiting",
            reason=None,
            approved_at=None,
            unread=_join_parts(line.unread),
        )

    def merged_with(self, line: OrderLine, *, is_newer: bool) -> OrderItem:
        """Return the line with one more message merged in. The result does not depend on the order of the messages.

        `is_newer` means that this is the newest message, which determines the remaining quantity. For product, variant
        and title the newest value that any message contained is kept: later messages may lack them, for example after
        the product was deleted. The id and the design keep the first readable value.
        """
        unread = set(self.unread_parts)
        values: dict[str, Any] = {}
        for name, field in UPDATABLE_PARTS.items():
            value, known = getattr(line, field.removeprefix("shopify_")), getattr(self, field)
            values[field] = value if value and (is_newer or not known) else known
            missing = not values[field] and name in {*unread, *line.unread}
            unread = unread | {name} if missing else unread - {name}
        for name, field, value in (
            ("id", "shopify_line_item_id", line.line_item_id),
            ("design", "preview_ref", line.preview_ref),
        ):
            if name in unread and name not in line.unread:
                values[field] = value
                unread -= {name}
        if is_newer:
            values["quantity"] = line.quantity
            unread = unread - {"quantity"} | ({"quantity"} & set(line.unread))
        return replace(self, **values, unread=_join_parts(unread))

    def with_verdict(self, verdict: Verdict) -> OrderItem:
        return replace(
            self,
            state=verdict.state.value,
            reason=verdict.reason,
            preview_generation_id=verdict.generation_id,
            size_id=verdict.size_id,
        )

    @property
    def unread_parts(self) -> list[str]:
        return self.unread.split(",") if self.unread else []

    @property
    def needs_match(self) -> bool:
        """Whether the line's state depends on its design, provided that the order does not stop the line."""
        return self.print_asset_id is None and self.state not in ("printing", "failed")


@dataclass(frozen=True)
class LineParts:
    """A line with its design, its size, the design's master, and the photo from which the design was made."""

    item: OrderItem
    design: Generation | None
    size: Size | None
    master: Asset | None
    photo: Asset | None


@dataclass(frozen=True)
class Match:
    """The design and size that a line was matched with. `master` is the width and height of the master in pixels."""

    design: Generation | None
    size: Size | None
    master: tuple[int, int] | None
    same_product: bool
    same_customer: bool

    def verdict(self, state: LineState, reason: str | None = None) -> Verdict:
        return Verdict(state, reason, self.design.id if self.design else None, self.size.id if self.size else None)

    def mismatch(self) -> str | None:
        """Return the reason why design and line do not match, or None. A merchant may approve the line despite it."""
        if not self.same_product:
            return OTHER_PRODUCT
        if not self.same_customer:
            return OTHER_CUSTOMER
        return None if self.size and self.master and self.size.fits(*self.master) else OTHER_SHAPE


def decide(match: Match, *, paid: bool, approved: bool, unread: Sequence[str] = ()) -> Verdict:
    """Decide on a line that is still wanted and not printed yet.

    A paid line is never dropped: a problem sends it to the merchant for review. `approved` means that the merchant has
    accepted a mismatch or the `unread` parts; a missing picture or size cannot be accepted.
    """
    if unread and not approved:
        return match.verdict(LineState.NEEDS_REVIEW, unread_reason(unread))
    if match.design is None:
        return match.verdict(LineState.NEEDS_REVIEW, NOT_FOUND)
    if match.design.status != "completed":
        return match.verdict(LineState.NEEDS_REVIEW, UNFINISHED)
    if match.master is None:
        return match.verdict(LineState.NEEDS_REVIEW, PICTURE_GONE)
    if match.size is None:
        return match.verdict(LineState.UNMAPPED, UNMAPPED)
    mismatch = match.mismatch()
    if mismatch and not approved:
        return match.verdict(LineState.NEEDS_REVIEW, mismatch)
    return match.verdict(LineState.QUEUED if paid else LineState.WAITING)


def decide_by_order(item: OrderItem, order: Order) -> OrderItem | None:
    """Return the line if its new state follows from the order alone, or None if it depends on the design.

    A printed line stays ready, with a reason if it is no longer wanted. An unprinted line that is no longer wanted is
    stopped, even while it is being printed. A line that is being printed, or whose print failed, is otherwise left
    unchanged by new messages.
    """
    gone = item.quantity < 1
    if item.print_asset_id:
        late = CANCELLED_LATE if order.cancelled_at else REMOVED_LATE if gone else None
        return replace(item, state="ready", reason=late)
    if order.cancelled_at or gone:
        return replace(item, state="cancelled", reason=ORDER_CANCELLED if order.cancelled_at else LINE_REMOVED)
    return None if item.needs_match else item


def pair_lines(
    items: Sequence[OrderItem], lines: Sequence[OrderLine]
) -> list[tuple[OrderItem | None, OrderLine | None]]:
    """Pair the known items of an order with the lines of a message.

    Items and lines match by id or, if one of the two ids could not be read, by design. The item is None for a new line;
    the line is None for an item that the message does not contain.
    """
    unpaired = {item.shopify_line_item_id: item for item in items}
    pairs = [(unpaired.pop(line.line_item_id, None), line) for line in lines]
    for place, (item, line) in enumerate(pairs):
        if item is None:
            candidates = (each for each in unpaired.values() if _may_match(each, line))
            item = next(candidates, None)
            pairs[place] = (item and unpaired.pop(item.shopify_line_item_id), line)
    return [*pairs, *[(item, None) for item in unpaired.values()]]


def unread_reason(unread: Sequence[str]) -> str:
    """Return the reason shown to the merchant for a line with unreadable parts."""
    *parts, last = [PARTS[name] for name in PARTS if name in unread]
    named = f"{', '.join(parts)} and {last}" if parts else last
    return (
        f"The {named} of this line could not be read from Shopify's message. Compare the line with the Shopify order."
    )


def _may_match(item: OrderItem, line: OrderLine) -> bool:
    return item.preview_ref == line.preview_ref and ("id" in item.unread_parts or "id" in line.unread)


def _join_parts(unread: Iterable[str]) -> str | None:
    """Join the names in the order of PARTS, so that equal sets give equal text."""
    return ",".join(name for name in PARTS if name in unread) or None


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each), default=None)
