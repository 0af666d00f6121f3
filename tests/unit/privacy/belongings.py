"""Who owns what in a shop, thought out anew: plain sets, no SQL. And the same as rows and objects."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from app import media
from app.core.app import App
from app.core.ids import new_id
from app.core.ports import Row
from app.core.tables import metadata, upsert
from app.personalization import Offer

CUSTOMERS = ("90017001", "90017002", "90017003")


@dataclass
class Design:
    """By a customer with an account, or in a browser; `photo` is a number that several of the same owner share.

    `order` is set for the final of an order's line, which has a print file and no photo.
    """

    owner: str | None
    browser: int | None
    photo: int | None
    order: Order | None = None
    id: str = field(default_factory=new_id)
    files: list[str] = field(default_factory=list)


@dataclass
class Line:
    chosen: Design | None
    proposed: Design | None
    final: Design | None
    id: str = field(default_factory=new_id)

    @property
    def meant(self) -> list[Design]:
        return [design for design in (self.chosen, self.proposed) if design]


@dataclass
class Order:
    customer: str | None
    lines: list[Line]
    id: str = field(default_factory=new_id)


@dataclass
class Belongings:
    """One shop's. `files` are keys by id."""

    shop_id: str
    designs: list[Design]
    orders: list[Order]
    files: dict[str, str] = field(default_factory=dict)

    def designs_of(self, customer: str) -> list[Design]:
        """Theirs by account; of a guest, what they alone ordered, and all that was made where they alone ordered."""
        return [design for design in self.designs if self._is_of(design, customer)]

    def orders_of(self, customer: str) -> list[Order]:
        return [order for order in self.orders if order.customer == customer]

    def files_of(self, customer: str) -> set[str]:
        return {file for design in self.designs_of(customer) for file in design.files}

    def forget(self, customer: str) -> None:
        """As a redaction should: what else came from a browser of theirs and others' is nobody's then."""
        mine = self.designs_of(customer)
        shared = [design for design in self.designs if self._is_shared(design.browser, customer)]
        for design in shared:
            if not design.owner and not design.order and not self._buyers(design) - {customer} and design not in mine:
                design.browser = None
        gone = {file for design in mine for file in design.files}
        for order in self.orders:
            theirs = order.customer == customer
            order.lines = [_emptied(line) if theirs or _names(line, mine) else line for line in order.lines]
            order.lines = [replace(line, proposed=None) if line.proposed in mine else line for line in order.lines]
            order.customer = None if theirs else order.customer
        self.designs = [design for design in self.designs if design not in mine]
        for design in self.designs:
            design.files = [file for file in design.files if file not in gone]
        self.files = {file: key for file, key in self.files.items() if file not in gone}

    def _is_of(self, design: Design, customer: str) -> bool:
        if design.owner:
            return design.owner == customer
        if design.order and design.order.customer != customer:
            return False
        if self._buyers(design) - {customer}:
            return False
        ordered = customer in self._buyers(design) or bool(design.order)
        return ordered or (design.browser is not None and self._buyers_in(design.browser) == {customer})

    def _buyers(self, design: Design) -> set[str | None]:
        return {order.customer for order in self.orders for line in order.lines if design in line.meant}

    def _is_shared(self, browser: int | None, customer: str) -> bool:
        buyers = self._buyers_in(browser) if browser is not None else set()
        return customer in buyers and len(buyers) > 1

    def _buyers_in(self, browser: int) -> set[str | None]:
        return {buyer for design in self.designs if design.browser == browser for buyer in self._buyers(design)}


def _names(line: Line, designs: list[Design]) -> bool:
    return line.chosen in designs or line.final in designs


def _emptied(line: Line) -> Line:
    return replace(line, chosen=None, proposed=None, final=None)


async def store(app: App, plan: Belongings, offer: Offer) -> None:
    """The rows and the objects of a shop that has this offer."""
    now = app.clock.now()
    shoppers = {customer: new_id() for customer in CUSTOMERS}
    browsers = {design.browser: new_id() for design in plan.designs if design.browser is not None}
    same = {"shop_id": plan.shop_id, "created_at": now, "updated_at": now}
    statements = [
        *[_row("shoppers", same, id=id, shopify_customer_id=customer) for customer, id in shoppers.items()],
        *[_row("guest_sessions", same, id=id, token_hash=id, expires_at=now) for id in browsers.values()],
        *[
            _row("orders", same, id=each.id, shopify_order_id=each.id, customer_id=each.customer)
            for each in plan.orders
        ],
    ]
    photos: dict[tuple[Any, ...], str] = {}
    for design in plan.designs:
        owner = {
            "shopper_id": shoppers[design.owner] if design.owner else None,
            "guest_session_id": browsers.get(design.browser),
        }
        named = await _files(app, plan, design, photos, owner, statements, now)
        kind, order = ("final", design.order.id) if design.order else ("preview", None)
        what = {"product_id": offer.product_id, "ai_style_id": offer.styles[0].id, "ai_prompt_used": ""}
        more = {"id": design.id, "generation_type": kind, "status": "completed", "order_id": order}
        statements.append(_row("generations", same | what | owner | named, **more))
    for order in plan.orders:
        for line in order.lines:
            statements.append(_line(same, order, line))
    await app.db.batch(*statements)
    held = {"current_storage_bytes": sum(len(key) for key in plan.files.values())}
    await app.db.batch(
        metadata.tables["quotas"].update().where(metadata.tables["quotas"].c.shop_id == plan.shop_id).values(held)
    )


async def _files(
    app: App,
    plan: Belongings,
    design: Design,
    photos: dict[tuple[Any, ...], str],
    owner: dict[str, Any],
    statements: list[Any],
    now: datetime,
) -> dict[str, str]:
    """The columns of a design that name its files."""
    if design.order:
        purposes = ["final"]
    else:
        purposes = ["upload", "master", "preview"] if design.photo is not None else ["master", "preview"]
    named = {}
    for purpose in purposes:
        photo = (design.owner, design.browser, design.photo)
        known = photos.get(photo) if purpose == "upload" else None
        asset_id = known or new_id()
        if known is None:
            folder = f"uploads/{asset_id}" if purpose == "upload" else f"personalization/{design.id}"
            key = f"{plan.shop_id}/{folder}/{purpose}_1.jpg"
            await app.files.put(key, key.encode(), "image/jpeg")
            asset = media.Asset(asset_id, plan.shop_id, key, purpose, None, "image/jpeg", len(key), **owner)
            statements.append(media.insert_asset(asset, now))
            plan.files[asset_id] = key
        if purpose == "upload":
            photos[photo] = asset_id
        design.files.append(asset_id)
        named[f"{purpose}_asset_id"] = asset_id
    return named


def _line(same: Row, order: Order, line: Line) -> Any:
    return _row(
        "order_items",
        same,
        id=line.id,
        order_id=order.id,
        shopify_line_item_id=line.id,
        preview_ref=line.chosen.id if line.chosen else "",
        preview_generation_id=line.chosen.id if line.chosen else None,
        proposed_generation_id=line.proposed.id if line.proposed else None,
        final_generation_id=line.final.id if line.final else None,
        print_asset_id=line.final.files[0] if line.final else None,
        state="ready" if line.final else "needs_review",
    )


def _row(table: str, same: Row, **values: Any) -> Any:
    return upsert(metadata.tables[table]).values(**same, **values)
