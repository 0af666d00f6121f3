"""Previews: a shopper's photo in a style, watermarked until it is paid for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any, Protocol

from app import generation, media, quotas, shops
from app.core.app import App
from app.core.errors import BadPicture, NotFound, Refused, TooMany, Unprocessable
from app.core.ids import new_id
from app.core.pictures import Crop
from app.core.ports.database import Expect
from app.core.read_batch import ReadBatch
from app.generation import Kind, MonthlyQuota
from app.personalization import offers, photo_checks
from app.personalization.model import Generation, Offer, PreviewRequest, PreviewState, crop_of
from app.personalization.preflight import Preflight
from app.personalization.print_sizes import Size
from app.personalization.queries import offers as offer_queries
from app.personalization.tables import generations
from app.quotas import Lane, Month
from app.shops import Visitor

LINK_LIFE = timedelta(hours=1)
MIN_CROP_SIDE = 200


def _owner(shopper_id: str | None, guest_session_id: str | None) -> Mapping[str, str | None]:
    """The columns within which an idempotency key is unique: a visitor's own previews."""
    return {"shopper_id": shopper_id} if shopper_id else {"guest_session_id": guest_session_id}


PREVIEWS = Kind(
    name="personalization.preview",
    table=generations,
    shape=Generation,
    folder="personalization",
    owner_type="generation",
    charge=MonthlyQuota("This shop has made all its previews for this month. Please come back later."),
    lane=Lane.SHOPPER,
    priority=2,
    key_scope=lambda row: _owner(row.shopper_id, row.guest_session_id),
    fixed={"generation_type": "preview"},
)


class ShopperLimits(Protocol):
    """What a shopper may have of previews; `tickets` are the limits' keys that count their open upload tickets."""

    @property
    def tickets(self) -> Sequence[str]: ...

    def count(self, cost: int, month: Month) -> list[Expect]:
        """Statements that count a preview whose photo costs so many units to decode. Raises TooMany."""

    async def refusal(self, refused: Refused) -> TooMany | None:
        """The error to raise when one of these statements was refused."""


async def request_preview(
    app: App, visitor: Visitor, wish: PreviewRequest, limits: ShopperLimits | None = None
) -> Generation:
    """Charge a preview to the shop's month, record it and queue its making, all or nothing.

    A repeated idempotency key returns the first preview, and counts once. `limits` is None where nobody is to be
    limited. Raises NotFound, UnsupportedMedia, BadPicture, Unprocessable, Conflict (the key came with another wish),
    TooMany, AppError 402 (the month is used up).
    """
    at_once, shop_id = ReadBatch(app.db), visitor.shop.id
    offer, before, sent, quota = await asyncio.gather(
        offers.read_offer(at_once, shop_id, wish.product_id),
        _asked_before(replace(app, db=at_once), visitor, wish.idempotency_key),
        media.asset(at_once, shop_id, wish.upload_id),
        quotas.quota(at_once, shop_id),
    )
    wanted = await _generation(app, visitor, wish, offer)
    if known := generation.ensure_same(before, wanted):
        return known
    mine = sent if sent and sent.serves(visitor.shopper_id, visitor.guest_session_id) else None
    upload, header = await media.read_upload(app, mine)
    _check_sharpness(wanted, header.size)
    month = quota.month(str(wanted.quota_period)) if quota else Month()
    tickets = limits.tickets if limits else ()
    try:
        counted = limits.count(media.decoding_cost(header), month) if limits else []
    except TooMany:
        before = await _asked_before(app, visitor, wanted.idempotency_key)
        if known := generation.ensure_same(before, wanted):  # the same request arrived twice at the same time
            return known
        raise
    first, claim = _release_tickets(wanted, upload, tickets), claim_upload(wanted, upload)
    try:
        return await generation.request(app, PREVIEWS, wanted, before=before, first=first, then=[claim, *counted])
    except Refused as refused:
        if limits and (too_many := await limits.refusal(refused)):
            raise too_many from refused
        raise


async def preview_state(app: App, shop_id: str, preview_id: str, size_id: str | None = None) -> PreviewState:
    """Return how far a preview is; when it is done, its pictures, and whether the photo is good enough for a size.

    That is the size it was asked for, or another of the same shape. Raises NotFound.
    """
    found = await generation.find(app.db, shop_id, PREVIEWS, preview_id)
    if found is None:
        raise NotFound()
    at_once = replace(app, db=ReadBatch(app.db))
    state, preview_url, mockup_url, preflight = await asyncio.gather(
        generation.state(at_once, PREVIEWS, found),
        _link(at_once, shop_id, found.preview_asset_id),
        _link(at_once, shop_id, found.mockup_asset_id),
        _preflight(at_once, found, size_id),
    )
    return PreviewState(
        id=found.id,
        status=state.status,
        progress=state.progress,
        queue_position=state.queue_position,
        preview_url=preview_url,
        mockup_url=mockup_url,
        error_code=state.error_code,
        error_message=state.error_message,
        preflight=preflight,
    )


async def cancel_preview(app: App, visitor: Visitor, preview_id: str) -> PreviewState:
    """Stop a preview that is not done, and uncount it; one that is done stays as it is. Raises NotFound."""
    found = await generation.find(app.db, visitor.shop.id, PREVIEWS, preview_id)
    if found is None or not found.belongs_to(visitor.owners):
        raise NotFound()
    await generation.cancel(app, PREVIEWS, found)
    return await preview_state(app, visitor.shop.id, preview_id)


def claim_upload(wanted: Generation, upload: media.Asset) -> Any:
    """A statement that gives the upload to whoever uses it first."""
    owner = (wanted.shopper_id, wanted.guest_session_id)
    return media.claim_upload(wanted.shop_id, upload, *owner, wanted.created_at)


async def _generation(app: App, visitor: Visitor, wish: PreviewRequest, offer: Offer) -> Generation:
    style = next((style for style in offer.styles if style.id == wish.style_id), None)
    if style is None:
        raise NotFound("This style is not offered for this product.", code="unknown_style")
    now, crop = app.clock.now(), asdict(wish.crop) if wish.crop else None
    crop_of(crop)
    return Generation(
        id=new_id(),
        shop_id=visitor.shop.id,
        product_id=offer.product_id,
        ai_style_id=style.id,
        size_id=_size(offer, wish.variant_id).id,
        upload_asset_id=wish.upload_id,
        ai_prompt_used=style.prompt_template,
        quota_period=quotas.period_of(now, visitor.shop.timezone),
        created_at=now,
        shopper_id=visitor.shopper_id,
        guest_session_id=visitor.guest_session_id,
        crop=crop,
        idempotency_key=wish.idempotency_key,
    )


def _size(offer: Offer, variant_id: str | None) -> Size:
    if variant_id is None:
        return offer.sizes[0]
    for size in offer.sizes:
        if size.shopify_variant_id == variant_id:
            return size
    raise Unprocessable("No print size is set for this variant. Choose another variant.", code="unknown_variant")


async def _asked_before(app: App, visitor: Visitor, key: str | None) -> Generation | None:
    """Return what this visitor asked for with this idempotency key before."""
    scope = _owner(visitor.shopper_id, visitor.guest_session_id)
    return await generation.by_key(app.db, visitor.shop.id, PREVIEWS, key, scope)


def _check_sharpness(wanted: Generation, pixels: tuple[int, int] | None) -> None:
    """The part that will be printed needs some pixels: 200 on its shorter side make a soft but honest picture."""
    if pixels is None:  # the header lies deeper than we looked; the decoder will see it
        return
    crop = crop_of(wanted.crop) or Crop(0, 0, 1, 1)
    if min(pixels[0] * crop.width, pixels[1] * crop.height) < MIN_CROP_SIDE:
        raise BadPicture("This part of the photo is too small to print. Choose a larger part.", code="too_small")


def _release_tickets(wanted: Generation, upload: media.Asset, tickets: Sequence[str]) -> list[Any]:
    """Statements that release the ticket of an upload that is used for the first time from the counters `tickets`.

    They belong after the charge, which locks the quota's row: of two first uses at once, only one then finds the
    upload unused.
    """
    now, unused = wanted.created_at, media.is_unused(wanted.shop_id, upload.id)
    return [shops.release_hit(key, upload.created_at or now, now, unused) for key in tickets]


async def _preflight(app: App, found: Generation, size_id: str | None) -> Preflight | None:
    if found.preflight is None:
        return None
    size = await offer_queries.size(app.db, found.shop_id, size_id or found.size_id or "")
    return photo_checks.judged(found.preflight, size, app.upscaler, drawn=not found.as_it_is) if size else None


async def _link(app: App, shop_id: str, asset_id: str | None) -> str | None:
    asset = await media.asset(app.db, shop_id, asset_id) if asset_id else None
    return app.files.link(asset.key, expires_at=app.clock.now() + LINK_LIFE) if asset else None
