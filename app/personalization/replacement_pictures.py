"""Another picture for a line whose own is gone or unfit: proposed, looked at, then approved by the merchant."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from app import generation, media, quotas
from app.core.app import App
from app.core.errors import Conflict, NotFound, Refused, Unprocessable
from app.core.ids import new_id
from app.core.read_batch import ReadBatch
from app.core.sniff import Header
from app.generation import MonthlyQuota
from app.media import Asset
from app.personalization import previews
from app.personalization.model import OWN_PICTURE, Generation, OrderCard, Style
from app.personalization.order_actions import bring_on, find
from app.personalization.print_sizes import Size
from app.personalization.prints import order_card
from app.personalization.queries import lines, offers, orders
from app.personalization.queries import previews as preview_queries
from app.shops import Shop

PROPOSALS = replace(previews.PREVIEWS, priority=1, charge=MonthlyQuota("This month's pictures are used up."))
"""Replacement pictures are made like previews, but after those that shoppers wait for."""


async def propose_picture(
    app: App, shop: Shop, item_id: str, upload_id: str | None, take: Callable[[int], Awaitable[None]] | None = None
) -> OrderCard:
    """Make the line a new picture: from the shopper's photo, as before, or of the merchant's upload, as it is.

    Nothing is printed of it before `approve_picture`. `take` is told what the photo costs to decode, and may refuse
    it. Raises NotFound, Conflict, Unprocessable, AppError 402, and what `take` raises.
    """
    at_once = ReadBatch(app.db)
    stuck, origin = await asyncio.gather(find(at_once, shop.id, item_id), _origin(at_once, shop.id, item_id, upload_id))
    own = origin.own_style or Style(new_id(), OWN_PICTURE, "")
    photo, header, wanted = await (_of_upload(app, shop, origin, own) if upload_id else _again(app, shop, origin))
    if take:
        await take(media.decoding_cost(header))
    first = [] if origin.own_style or not upload_id else [offers.insert_own_style(shop.id, own, wanted.created_at)]
    proposal = orders.update_item(stuck.item, replace(stuck.item, proposed_generation_id=wanted.id), wanted.created_at)
    claim = previews.claim_upload(wanted, photo)
    try:
        await generation.request(app, PROPOSALS, wanted, first=first, then=[claim, proposal])
    except Refused as refused:  # the order has changed meanwhile
        raise Conflict() from refused
    return await order_card(app, shop.id, item_id)


async def approve_picture(app: App, shop_id: str, item_id: str, picture_id: str) -> OrderCard:
    """Print the picture that was proposed instead of the line's own. Raises NotFound, Conflict."""
    at_once = ReadBatch(app.db)
    stuck, picture = await asyncio.gather(
        find(at_once, shop_id, item_id), preview_queries.generation(at_once, shop_id, picture_id)
    )
    if picture is None or stuck.item.proposed_generation_id != picture_id:
        raise NotFound()
    if picture.status != "completed":
        raise Conflict("This picture is not ready yet.", code="not_done")
    chosen = replace(stuck.item, preview_ref=picture_id, proposed_generation_id=None, approved_at=app.clock.now())
    return await bring_on(app, stuck, chosen)


async def open_picture(app: App, shop: Shop, item_id: str, wish: media.UploadWish) -> media.Upload:
    """A ticket for a picture of the merchant's. Raises NotFound, Conflict, and what `media.open_upload` raises."""
    await find(ReadBatch(app.db), shop.id, item_id)
    return await media.open_upload(app, shop.id, shop.timezone, wish)


@dataclass(frozen=True)
class _Origin:
    """What a new picture can begin with: the line's design and size, a photo, the style of pictures of merchants."""

    design: Generation | None
    size: Size | None
    photo: Asset | None
    own_style: Style | None


async def _origin(at_once: ReadBatch, shop_id: str, item_id: str, upload_id: str | None) -> _Origin:
    line, sent, own_style = await asyncio.gather(
        lines.line_parts(at_once, shop_id, item_id),
        media.asset(at_once, shop_id, upload_id or ""),
        preview_queries.own_style(at_once, shop_id),
    )
    if line is None:
        raise NotFound()
    return _Origin(line.design, line.size, sent if upload_id else line.photo, own_style)


async def _again(app: App, shop: Shop, origin: _Origin) -> tuple[Asset, Header, Generation]:
    """The design once more, of the shopper's photo. Raises Unprocessable."""
    design, size, photo = origin.design, origin.size, origin.photo
    if design is None:
        sentence = "The design of this line was not found. Upload a picture of your own."
        raise Unprocessable(sentence, code="no_design")
    try:
        header = await media.read_header(app, photo.key) if photo else None
    except NotFound:
        header = None
    if photo is None or header is None:
        raise Unprocessable(
            "The shopper's photo no longer exists. Upload a picture of your own.", code="upload_missing"
        )
    now = app.clock.now()
    new = replace(
        design,
        id=new_id(),
        size_id=size.id if size else design.size_id,
        upload_asset_id=photo.id,
        quota_period=quotas.period_of(now, shop.timezone),
        created_at=now,
        master_asset_id=None,
        preview_asset_id=None,
        mockup_asset_id=None,
        status="pending",
        progress=0,
        error_code=None,
        error_message=None,
        idempotency_key=None,
        preflight=None,
    )
    return photo, header, new


async def _of_upload(app: App, shop: Shop, origin: _Origin, style: Style) -> tuple[Asset, Header, Generation]:
    """The merchant's picture as it is, also where there never was a design. Raises what `media.read_upload` raises."""
    photo, header = await media.read_upload(app, origin.photo)
    design, size, now = origin.design, origin.size, app.clock.now()
    if size is None:
        raise Unprocessable("Choose the print size of this line first.", code="no_size")
    new = Generation(
        id=new_id(),
        shop_id=shop.id,
        product_id=design.product_id if design else size.product_id,
        ai_style_id=style.id,
        size_id=size.id,
        upload_asset_id=photo.id,
        ai_prompt_used=style.prompt_template,
        quota_period=quotas.period_of(now, shop.timezone),
        created_at=now,
        shopper_id=design.shopper_id if design else None,
        guest_session_id=design.guest_session_id if design else None,
    )
    return photo, header, new
