"""A shop with a poster on sale and one guest, and the steps from photo to print."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from app import jobs, personalization, shops
from app.core.app import App
from app.core.ports.shopify import ProxyVisit, Webhook
from app.core.tables import metadata
from app.jobs import JobKind
from app.personalization import Generation, Offer, PreviewRequest, PreviewState, Size
from app.personalization.tables import generations, order_items, orders
from app.shops import Shop, Visitor
from tests.apps import SHOP, open_shop, send_photo, stock
from tests.unit.personalization.payloads import order

KINDS: dict[str, JobKind] = {kind.name: kind for kind in personalization.KINDS}


@dataclass
class Studio:
    app: App
    shop: Shop
    poster: Offer
    guest: Visitor

    async def wish(self, **changes: Any) -> PreviewRequest:
        """For A4 in oil, of a photo of its own."""
        upload_id = changes.pop("upload_id", None) or await send_photo(self.app, self.shop)
        wish = PreviewRequest(upload_id, "1001", self.poster.styles[0].id)
        return replace(wish, **changes)

    async def ask(self, **changes: Any) -> Generation:
        visitor = changes.pop("visitor", self.guest)
        return await personalization.request_preview(self.app, visitor, await self.wish(**changes))

    async def run(self) -> int:
        return await jobs.run_due(self.app, KINDS)

    async def state(self, preview: Generation) -> PreviewState:
        return await personalization.preview_state(self.app, self.shop.id, preview.id)

    async def made(self, **changes: Any) -> Generation:
        """A preview that is completed."""
        preview = await self.ask(**changes)
        await self.run()
        assert (await self.state(preview)).status == "completed"
        return preview

    async def told(self, event: str, *lines: dict[str, Any], **changes: Any) -> None:
        """Shopify tells of the order, and everything that follows is done."""
        await self.hear(event, order(*lines, **changes))
        await self.run()

    async def hear(self, event: str, payload: dict[str, Any], sent_at: datetime | None = None) -> None:
        """Shopify tells of the order; nothing is done about it yet."""
        webhook = Webhook(SHOP, "orders/paid", event, event, sent_at or self.app.clock.now(), {})
        await shops.receive(self.app, webhook, "personalization.take_order", personalization.order_fields(payload))

    async def changed(self, event: str, order_id: int = 9001) -> None:
        """Shopify tells that the order was edited or refunded, and everything that follows is done."""
        await self.change(event, order_id)
        await self.run()

    async def change(self, event: str, order_id: int = 9001, sent_at: datetime | None = None) -> None:
        """Shopify tells of an edit or a refund; nothing is done about it yet."""
        webhook = Webhook(SHOP, "refunds/create", event, event, sent_at or self.app.clock.now(), {})
        fields = personalization.changed_order_fields({"id": 1, "order_id": order_id})
        await shops.receive(self.app, webhook, "personalization.reread_order", fields)

    async def forget_orders(self) -> None:
        """As if Shopify had told of none."""
        finals = delete(generations).where(generations.c.generation_type == "final")
        others = [delete(metadata.tables[name]) for name in ("webhook_deliveries", "jobs")]
        await self.app.db.batch(delete(order_items), finals, delete(orders), *others)

    async def items(self) -> dict[str, tuple[str, str | None]]:
        """State and reason of each line, by Shopify's id."""
        rows = await self.app.db.all(select(order_items).order_by(order_items.c.shopify_line_item_id))
        return {row["shopify_line_item_id"]: (row["state"], row["reason"]) for row in rows}

    async def sizes_to_map(self, item_id: str) -> list[Size]:
        """The sizes that the merchant can choose from for a line."""
        cards = await personalization.order_cards(self.app, SHOP)
        return (await personalization.sizes_to_map(self.app, cards))[item_id]


async def open_studio(app: App) -> Studio:
    shop = await open_shop(app)
    poster = await stock(app)
    return Studio(app, shop, poster, await shops.visitor(app, ProxyVisit(SHOP, None), None))
