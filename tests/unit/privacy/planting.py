"""Belongings as the rows and objects of a shop."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app import media
from app.core.app import App
from app.core.ids import new_id
from app.core.tables import metadata, upsert
from app.media.queries import insert_asset
from app.personalization import Offer
from tests.unit.privacy.belongings import CUSTOMERS, Belongings, Design, Line, Order


async def store(app: App, plan: Belongings, offer: Offer) -> None:
    """Into a shop that has this offer. The plan learns which files there are."""
    planting = _Planting(app, plan, offer, app.clock.now())
    planting.people()
    for design in plan.designs:
        await planting.design(design)
    for order in plan.orders:
        for line in order.lines:
            planting.line(order, line)
    quotas = metadata.tables["quotas"]
    held = sum(len(key) for key in plan.files.values())
    charge = quotas.update().where(quotas.c.shop_id == plan.shop_id).values(current_storage_bytes=held)
    await app.db.batch(*planting.statements, charge)


@dataclass
class _Planting:
    app: App
    plan: Belongings
    offer: Offer
    now: datetime
    statements: list[Any] = field(default_factory=list)
    shoppers: dict[str | None, str] = field(default_factory=lambda: {customer: new_id() for customer in CUSTOMERS})
    browsers: dict[int | None, str] = field(default_factory=dict)
    photos: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def people(self) -> None:
        self.browsers |= {design.browser: new_id() for design in self.plan.designs if design.browser is not None}
        for customer, id in self.shoppers.items():
            self.row("shoppers", id=id, shopify_customer_id=customer)
        for id in self.browsers.values():
            self.row("guest_sessions", id=id, token_hash=id, expires_at=self.now)
        for order in self.plan.orders:
            paid_at = self.now if order.is_paid else None
            self.row("orders", id=order.id, shopify_order_id=order.id, customer_id=order.customer, paid_at=paid_at)

    async def design(self, design: Design) -> None:
        owner = {
            "shopper_id": self.shoppers.get(design.owner),
            "guest_session_id": self.browsers.get(design.browser),
        }
        files = {column: await self.file(design, purpose, owner) for column, purpose in _purposes(design).items()}
        design.files = list(files.values())
        self.row(
            "generations",
            id=design.id,
            product_id=self.offer.product_id,
            ai_style_id=self.offer.styles[0].id,
            ai_prompt_used="an oil painting",
            generation_type="final" if design.order else "preview",
            status="completed",
            order_id=design.order.id if design.order else None,
            **owner,
            **files,
        )

    async def file(self, design: Design, purpose: str, owner: dict[str, Any]) -> str:
        """The id of a design's file; a photo is sent once for all designs that its owner has made of it."""
        photo = (design.owner, design.browser, design.photo)
        if purpose == "upload" and photo in self.photos:
            return self.photos[photo]
        asset_id, shop_id = new_id(), self.plan.shop_id
        folder = f"uploads/{asset_id}" if purpose == "upload" else f"personalization/{design.id}"
        key = f"{shop_id}/{folder}/{purpose}_1.jpg"
        await self.app.files.put(key, key.encode(), "image/jpeg")
        asset = media.Asset(asset_id, shop_id, key, purpose, None, "image/jpeg", len(key), **owner)
        self.statements.append(insert_asset(asset, self.now))
        self.plan.files[asset_id] = key
        if purpose == "upload":
            self.photos[photo] = asset_id
        return asset_id

    def line(self, order: Order, line: Line) -> None:
        self.row(
            "order_items",
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

    def row(self, table: str, **values: Any) -> None:
        same = {"shop_id": self.plan.shop_id, "created_at": self.now, "updated_at": self.now}
        self.statements.append(upsert(metadata.tables[table]).values(**same, **values))


def _purposes(design: Design) -> dict[str, str]:
    """What a design's files are for, by the columns that name them."""
    if design.order:
        return {"final_asset_id": "print"}
    return {f"{purpose}_asset_id": purpose for purpose in ("upload", "master", "preview", "mockup")}
