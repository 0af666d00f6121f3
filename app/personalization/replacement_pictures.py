"""Replacement pictures for lines whose picture is missing or unsuitable.

The merchant requests a new picture, looks at it, and approves it for printing.
"""

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
from app.personalization.order_actions import decide_and_save, find_stuck
from app.personalization.order_lists import order_card
from app.personalization.print_sizes import Size
from app.personalization.queries import lines, offers, orders
from app.personalization.queries import previews as preview_queries
from app.shops import Shop

PROPOSALS = replace(previews.PREVIEWS, priority=1, charge=MonthlyQuota("This month's pictures are used up."))
"""Replacement pictures are made like previews, but at a lower priority, because shoppers wait for theirs."""


async def propose_picture(
    app: App, shop: Shop, item_id: str, upload_id: str | None, take: Callable[[int], Awaitable[None]] | None = None
) -> OrderCard:
    """Queue a replacement picture for a line.

    Without `upload_id` the design is made again from the shopper's photo; with it, the merchant's upload is used
    unchanged. The picture is not printed before `approve_picture`. `take` is called with the decoding cost of the photo
    in units, and may raise an error to refuse it. Raises NotFound, Conflict, Unprocessable, AppError 402, and the
    errors of `take`.
    """
    at_once = ReadBatch(app.db)
    stuck, origin = await asyncio.gather(
        find_stuck(at_once, shop.id, item_id), _origin(at_once, shop.id, item_id, upload_id)
    )
    own = origin.own_style or Style(new_id(), OWN_PICTURE, "")
    photo, header, wanted = await (
        _from_upload(app, shop, origin, own) if upload_id else _from_photo(app, shop, origin)
    )
    if take:
        await take(media.decoding_cost(header))
    first = [] if origin.own_style or not upload_id else [offers.insert_own_style(shop.id, own, wanted.created_at)]
    proposal = orders.update_item(stuck.item, replace(stuck.item, proposed_generation_id=wanted.id), wanted.created_at)
    claim = media.claim_upload(shop.id, photo, *wanted.owner, wanted.created_at)
    try:
        await generation.request(app, PROPOSALS, wanted, first=first, then=[claim, proposal])
    except Refused as refused:  # the order has changed in the meantime
        raise Conflict() from refused
    return await order_card(app, shop.id, item_id)


async def approve_picture(app: App, shop_id: str, item_id: str, picture_id: str) -> OrderCard:
    """Print the proposed picture instead of the line's previous one. Raises NotFound, Conflict."""
    at_once = ReadBatch(app.db)
    stuck, picture = await asyncio.gather(
        find_stuck(at_once, shop_id, item_id), preview_queries.generation(at_once, shop_id, picture_id)
    )
    if picture is None or stuck.item.proposed_generation_id != picture_id:
        raise NotFound()
    if picture.status != "completed":
        raise Conflict("This picture is not ready yet.", code="not_done")
    chosen = replace(stuck.item, preview_ref=picture_id, proposed_generation_id=None, approved_at=app.clock.now())
    return await decide_and_save(app, stuck, chosen)


async def open_picture(app: App, shop: Shop, item_id: str, request: media.UploadRequest) -> media.Upload:
    """Open an upload for a merchant's picture. Raises NotFound, Conflict, and the errors of `media.open_upload`."""
    await find_stuck(ReadBatch(app.db), shop.id, item_id)
    return await media.open_upload(app, shop.id, shop.timezone, request)


@dataclass(frozen=True)
class _Origin:
    """The line's design and size, the source photo, and the style of merchants' pictures; each is None if missing."""

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


async def _from_photo(app: App, shop: Shop, origin: _Origin) -> tuple[Asset, Header, Generation]:
    """Return a request for the same design from the shopper's photo. Raises Unprocessable if either is missing."""
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


async def _from_upload(app: App, shop: Shop, origin: _Origin, style: Style) -> tuple[Asset, Header, Generation]:
    """Return a request for the merchant's picture, unchanged. The line need not have a design.

    Raises Unprocessable if the line has no size, and the errors of `media.read_upload`.
    """
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
