"""Previews: a shopper's photo in a style, with a watermark until it is paid for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any, Protocol

from app import generation, media, quotas, shops
from app.core.app import App
from app.core.errors import BadPicture, NotFound, Refused, TooMany, Unprocessable
from app.core.pictures import Crop
from app.core.ports.database import Expect
from app.core.read_batch import ReadBatch
from app.generation import Kind, MonthlyQuota
from app.personalization import offers, photo_checks
from app.personalization.model import Generation, Offer, PreviewRequest, PreviewState, crop_of
from app.personalization.preflight import Preflight
from app.personalization.print_sizes import Size
from app.personalization.prompts import filled
from app.personalization.queries import offers as offer_queries
from app.personalization.tables import generations
from app.quotas import Lane, Month
from app.shops import Visitor

LINK_LIFE = timedelta(hours=1)
MIN_CROP_SIDE = 200


PREVIEWS = Kind(
    name="personalization.preview",
    table=generations,
    shape=Generation,
    owner_type="generation",
    charge=MonthlyQuota("This shop has used all its previews for this month. Come back next month."),
    lane=Lane.SHOPPER,
    request_fields=("product_id", "ai_style_id", "size_id", "upload_asset_id", "crop"),
    photo="upload_asset_id",
    priority=2,
    fixed={"generation_type": "preview"},
)


class ShopperLimits(Protocol):
    """The limits on a shopper's previews. `tickets` are the keys of the limits that count open upload tickets."""

    @property
    def tickets(self) -> Sequence[str]: ...

    def count(self, cost: int, month: Month) -> list[Expect]:
        """Return statements that count a preview; `cost` is the decoding cost of its photo in units. Raises TooMany."""

    async def refusal(self, refused: Refused) -> TooMany | None:
        """Return the error to raise if `refused` comes from a statement of `count`, else None."""


async def request_preview(
    app: App, visitor: Visitor, request: PreviewRequest, limits: ShopperLimits | None = None
) -> Generation:
    """Charge a preview to the shop's monthly quota, record it and queue its job, all in one batch.

    A repeated idempotency key returns the first preview, which counts once. `limits` is None if the request is not
    limited. Raises NotFound, UnsupportedMedia, BadPicture, Unprocessable, Conflict (the key was used for a different
    request), TooMany, AppError 402 (the monthly quota is used up).
    """
    at_once, shop_id = ReadBatch(app.db), visitor.shop.id
    offer, before, sent, quota = await asyncio.gather(
        offers.read_offer(at_once, shop_id, request.product_id),
        _find_repeated(replace(app, db=at_once), visitor, request.idempotency_key),
        media.asset(at_once, shop_id, request.upload_id),
        quotas.quota(at_once, shop_id),
    )
    wanted = await _generation(app, visitor, request, offer)
    if known := generation.ensure_same(PREVIEWS, before, wanted):
        return known
    upload, header = await media.read_own_upload(app, sent, *wanted.owner)
    _check_sharpness(wanted, header.size)
    month = quota.month(str(wanted.quota_period)) if quota else Month()
    tickets = limits.tickets if limits else ()
    try:
        counted = limits.count(media.decoding_cost(header), month) if limits else []
    except TooMany:
        before = await _find_repeated(app, visitor, wanted.idempotency_key)
        if known := generation.ensure_same(
            PREVIEWS, before, wanted
        ):  # an identical, concurrent request was counted first
            return known
        raise
    first = _release_tickets(wanted, upload, tickets)
    claim = media.claim_upload(shop_id, upload, *wanted.owner, wanted.created_at)
    try:
        return await generation.request(app, PREVIEWS, wanted, before=before, first=first, then=[claim, *counted])
    except Refused as refused:
        if limits and (too_many := await limits.refusal(refused)):
            raise too_many from refused
        raise


async def preview_state(app: App, shop_id: str, preview_id: str, size_id: str | None = None) -> PreviewState:
    """Return the progress of a preview and, once it is done, links to its pictures and the rating of its photo.

    The photo is rated for the size that the preview was requested for, or for `size_id`, another size with the same
    proportions. Raises NotFound.
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
    """Cancel a preview and refund it. A preview that is already done stays unchanged. Raises NotFound."""
    await generation.cancel(app, PREVIEWS, await generation.find_own(app, PREVIEWS, visitor, preview_id))
    return await preview_state(app, visitor.shop.id, preview_id)


async def _generation(app: App, visitor: Visitor, request: PreviewRequest, offer: Offer) -> Generation:
    style = next((style for style in offer.styles if style.id == request.style_id), None)
    if style is None:
        raise NotFound("This style is not offered for this product.", code="unknown_style")
    size = _size(offer, request.variant_id)
    crop = asdict(request.crop) if request.crop else None
    crop_of(crop)
    return Generation(
        **generation.request_columns(visitor, request.idempotency_key, app.clock.now()),
        product_id=offer.product_id,
        ai_style_id=style.id,
        size_id=size.id,
        upload_asset_id=request.upload_id,
        ai_prompt_used=filled(style.prompt_template, {"product": offer.title, "size": size.name, "style": style.name}),
        crop=crop,
    )


def _size(offer: Offer, variant_id: str | None) -> Size:
    if variant_id is None:
        return offer.sizes[0]
    for size in offer.sizes:
        if size.shopify_variant_id == variant_id:
            return size
    raise Unprocessable("No print size is set for this variant. Choose another variant.", code="unknown_variant")


async def _find_repeated(app: App, visitor: Visitor, key: str | None) -> Generation | None:
    """Return the preview that this visitor already requested with this idempotency key, if any."""
    return await generation.by_key(app.db, visitor.shop.id, PREVIEWS, key, visitor.owners[0])


def _check_sharpness(wanted: Generation, pixels: tuple[int, int] | None) -> None:
    """Raise BadPicture if the part to be printed is too small.

    200 pixels on the shorter side are the least that give a recognizable, if soft, picture.
    """
    if pixels is None:  # the size is not in the bytes that we read; the decoder will check it
        return
    crop = crop_of(wanted.crop) or Crop(0, 0, 1, 1)
    if min(pixels[0] * crop.width, pixels[1] * crop.height) < MIN_CROP_SIDE:
        raise BadPicture("This part of the photo is too small to print. Choose a larger part.", code="too_small")


def _release_tickets(wanted: Generation, upload: media.Asset, tickets: Sequence[str]) -> list[Any]:
    """Return statements that subtract the upload's ticket from the counters `tickets` when it is first used.

    They must follow the charge, which locks the quota row: of two concurrent first uses, only one then finds the
    upload unused.
    """
    now, unused = wanted.created_at, media.is_unused(wanted.shop_id, upload.id)
    return [shops.release_hit(key, upload.created_at or now, now, unused) for key in tickets]


async def _preflight(app: App, found: Generation, size_id: str | None) -> Preflight | None:
    if found.preflight is None:
        return None
    size = await offer_queries.size(app.db, found.shop_id, size_id or found.size_id or "")
    return photo_checks.rate(found.preflight, size, app.upscaler, drawn=not found.is_unstyled) if size else None


async def _link(app: App, shop_id: str, asset_id: str | None) -> str | None:
    asset = await media.asset(app.db, shop_id, asset_id) if asset_id else None
    return app.files.link(asset.key, expires_at=app.clock.now() + LINK_LIFE) if asset else None
