"""A print file, whoever makes it: what it is made of, where it lies, and the one batch that records it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from app import generation, jobs, media
from app.core.app import App
from app.core.errors import NotFound, Refused
from app.core.ids import new_id
from app.core.pictures import PrintSpec
from app.core.reads import Together
from app.jobs import Lease
from app.personalization import queries
from app.personalization.goods import Size
from app.personalization.model import NOTE, Generation, StoredPrint
from app.personalization.states import PICTURE_GONE, OrderItem


@dataclass(frozen=True)
class Ingredients:
    """What a line's print is made of."""

    item: OrderItem
    design: Generation
    size: Size
    master: media.Asset

    @property
    def spec(self) -> PrintSpec:
        return replace(self.size.print_spec, by_ai=not self.design.as_it_is)


async def ingredients(app: App, shop_id: str, item_id: str) -> Ingredients:
    """Raises NotFound."""
    at_once = Together(app.db)
    item, design, size, master = await asyncio.gather(
        queries.item(at_once, shop_id, item_id),
        queries.generation(at_once, shop_id, queries.design_of(shop_id, item_id)),
        queries.size(at_once, shop_id, queries.size_of(shop_id, item_id)),
        media.asset(at_once, shop_id, queries.master_of(shop_id, item_id)),
    )
    if item is None or not item.preview_generation_id or not item.size_id:
        raise NotFound("This order line, its design or its size no longer exists.")
    if design is None or size is None or master is None:
        raise NotFound(PICTURE_GONE, code="master_missing")
    return Ingredients(item, design, size, master)


def print_key(lease: Lease, mime: str) -> str:
    """Where this attempt's file lies: no two attempts share a key."""
    job = lease.job
    return media.object_key(job.shop_id, "personalization", job.subject_id, "print", lease.token[:12], mime)


async def is_recorded(app: App, shop_id: str, item_id: str, *keys: str) -> bool:
    """Whether the line's print is the file under one of these keys."""
    item = await queries.item(app.db, shop_id, item_id)
    asset = await media.asset(app.db, shop_id, item.print_asset_id) if item and item.print_asset_id else None
    return asset is not None and asset.key in keys


async def record(app: App, lease: Lease, parts: Ingredients, made: StoredPrint, started: datetime) -> None:
    """One batch that names the winner. Raises Refused when that is another file; of its own it is told twice."""
    item, design = parts.item, parts.design
    asset, final_id, now = await _asset(app, parts, made), new_id(), app.clock.now()
    note = jobs.new(NOTE, item.shop_id, item.id, at=now)
    try:
        await app.db.batch(
            *lease.finish(now),
            media.insert_asset(asset, now),
            queries.insert_final(design, final_id, item.order_id, asset.id, made, started, now),
            queries.finish_item(item.shop_id, item.id, asset.id, final_id, now),
            generation.keep_storage(item.shop_id, asset.bytes, now),
            jobs.insert(note, now),
        )
    except Refused:
        if await is_recorded(app, item.shop_id, item.id, made.key):
            return
        raise
    await app.queue.wake(note.id)


async def _asset(app: App, parts: Ingredients, made: StoredPrint) -> media.Asset:
    item, design = parts.item, parts.design
    return media.Asset(
        id=new_id(),
        shop_id=item.shop_id,
        key=made.key,
        purpose="print",
        filename=await _filename(app, parts, made.key.rpartition(".")[2]),
        mime=made.mime,
        bytes=made.bytes,
        width=made.width,
        height=made.height,
        sha256=made.sha256,
        owner_type="order_item",
        owner_id=item.id,
        shopper_id=design.shopper_id,
        guest_session_id=design.guest_session_id,
    )


async def _filename(app: App, parts: Ingredients, extension: str) -> str:
    """A name that a print shop understands: order, product, size, style. No person's name is in it."""
    item = parts.item
    order = await queries.order_by_id(app.db, item.shop_id, item.order_id)
    style = await queries.style(app.db, item.shop_id, parts.design.ai_style_id)
    named = [order.order_number if order else "", item.title, parts.size.name, style and style.name]
    words = ["".join(c if c.isascii() and c.isalnum() else "-" for c in part).strip("-") for part in named if part]
    return "-".join(word for word in words if word) + f".{extension}"
