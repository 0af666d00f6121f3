"""Another picture for a line whose own is gone or unfit: proposed, looked at, then approved by the merchant."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from app import generation, jobs, media
from app.core.app import App
from app.core.errors import AppError, Conflict, NotFound, Refused, Unprocessable
from app.core.ids import new_id
from app.core.reads import Together
from app.media import Asset
from app.personalization import previews, queries
from app.personalization.adjustments import bring_on, find
from app.personalization.model import Generation, OrderCard
from app.personalization.prints import order_card
from app.personalization.states import OrderItem
from app.shops import Shop


async def propose_picture(app: App, shop: Shop, item_id: str, upload_id: str | None) -> OrderCard:
    """Make the line a new picture: from the shopper's photo, as before, or of the merchant's upload, as it is.

    Nothing is printed of it before `approve_picture`. Raises NotFound, Conflict, Unprocessable, AppError 402.
    """
    stuck = await find(Together(app.db), shop.id, item_id)
    design, photo = await _origin(app, shop.id, stuck.item, upload_id)
    if upload_id:
        photo, _ = await media.read_upload(app, photo)
    if photo is None:
        raise Unprocessable("The shopper's photo is gone. Please use a picture of yours.", code="upload_missing")
    wanted = _wanted(app, shop, stuck.item, design, photo, as_it_is=upload_id is not None)
    job = jobs.new(previews.JOB, shop.id, wanted.id, at=wanted.created_at, priority=1)
    proposal = queries.update_item(stuck.item, replace(stuck.item, proposed_generation_id=wanted.id), wanted.created_at)
    try:
        await app.db.batch(*previews.beginning(wanted, photo, job), proposal)
    except Refused as refused:
        if refused.code == "order_changed":
            raise Conflict() from refused
        raise AppError("This month's pictures are used up.", code=refused.code, status=402) from refused
    await app.queue.wake(job.id)
    return await order_card(app, shop.id, item_id)


async def approve_picture(app: App, shop_id: str, item_id: str, picture_id: str) -> OrderCard:
    """Print the picture that was proposed instead of the line's own. Raises NotFound, Conflict."""
    at_once = Together(app.db)
    stuck, picture = await asyncio.gather(
        find(at_once, shop_id, item_id), queries.generation(at_once, shop_id, picture_id)
    )
    if picture is None or stuck.item.proposed_generation_id != picture_id:
        raise NotFound()
    if picture.status != "completed":
        raise Conflict("This picture is not done yet.", code="not_done")
    chosen = replace(stuck.item, preview_ref=picture_id, proposed_generation_id=None, approved_at=app.clock.now())
    await bring_on(app, stuck, chosen)
    return await order_card(app, shop_id, item_id)


async def open_picture(app: App, shop: Shop, item_id: str, wish: media.UploadWish) -> media.Upload:
    """A ticket for a picture of the merchant's. Raises NotFound, Conflict, and what `media.open_upload` raises."""
    await find(Together(app.db), shop.id, item_id)
    return await media.open_upload(app, shop.id, shop.timezone, wish)


async def _origin(app: App, shop_id: str, item: OrderItem, upload_id: str | None) -> tuple[Generation, Asset | None]:
    """The line's design, and the photo to begin with. Raises Unprocessable for a line without a design."""
    at_once = Together(app.db)
    photo_id = upload_id or queries.upload_of(shop_id, item.id)
    design, photo = await asyncio.gather(
        queries.generation(at_once, shop_id, item.preview_generation_id or ""),
        media.asset(at_once, shop_id, photo_id),
    )
    if design is None:
        raise Unprocessable("The design of this line was not found, so none can be made like it.", code="no_design")
    return design, photo


def _wanted(app: App, shop: Shop, item: OrderItem, design: Generation, photo: Asset, *, as_it_is: bool) -> Generation:
    now = app.clock.now()
    return replace(
        design,
        id=new_id(),
        size_id=item.size_id or design.size_id,
        upload_asset_id=photo.id,
        master_asset_id=None,
        preview_asset_id=None,
        status="pending",
        progress=0,
        crop=None if as_it_is else design.crop,
        ai_prompt_used="" if as_it_is else design.ai_prompt_used,
        error_code=None,
        error_message=None,
        idempotency_key=None,
        quota_period=generation.period_of(now, shop.timezone),
        created_at=now,
    )
