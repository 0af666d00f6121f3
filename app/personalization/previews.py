"""Previews: a shopper's photo in a style, watermarked until it is paid for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any, Protocol

from app import generation, jobs, media, shops
from app.core.app import App
from app.core.errors import AppError, BadPicture, Conflict, ConstraintError, NotFound, Refused, TooMany, Unprocessable
from app.core.ids import new_id
from app.core.pictures import Crop
from app.core.ports import Database, Expect
from app.core.preflight import Preflight
from app.core.reads import Together
from app.generation import Month
from app.jobs import Job
from app.personalization import offers, preflights, queries
from app.personalization.goods import Size
from app.personalization.model import Generation, Offer, PreviewRequest, PreviewState, crop_of
from app.shops import Visitor

JOB = "personalization.preview"
LINK_LIFE = timedelta(hours=1)
MIN_CROP_SIDE = 200


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
    """Count it against the shop's month, record it and queue its making, all or nothing.

    The same idempotency key gives the same preview again, and counts once. `limits` is None where nobody is to be
    limited. Raises NotFound, UnsupportedMedia, BadPicture, Unprocessable, Conflict (the key came with another wish),
    TooMany, AppError 402 (the month is used up).
    """
    at_once, shop_id = Together(app.db), visitor.shop.id
    offer, before, sent, quota = await asyncio.gather(
        offers.read_offer(at_once, shop_id, wish.product_id),
        _made_before(at_once, visitor, wish.idempotency_key),
        media.asset(at_once, shop_id, wish.upload_id),
        generation.quota(at_once, shop_id),
    )
    wanted = await _generation(app, visitor, wish, offer)
    if known := _same(before, wanted):
        return known
    mine = sent if sent and sent.serves(visitor.shopper_id, visitor.guest_session_id) else None
    upload, header = await media.read_upload(app, mine)
    _check_sharpness(wanted, header.size)
    month = quota.month(str(wanted.quota_period)) if quota else Month()
    job = jobs.new(JOB, wanted.shop_id, wanted.id, at=wanted.created_at, priority=2)
    try:
        counted = limits.count(media.decoding_cost(header), month) if limits else []
        await app.db.batch(*beginning(wanted, upload, job, limits.tickets if limits else ()), *counted)
    except (Refused, ConstraintError, TooMany) as fault:
        before = await _made_before(app.db, visitor, wanted.idempotency_key)
        if known := _same(before, wanted):  # the same key, at the same time
            return known
        if isinstance(fault, ConstraintError):
            raise Conflict() from fault
        if isinstance(fault, TooMany):
            raise
        if limits and (too_many := await limits.refusal(fault)):
            raise too_many from fault
        sentence = "This shop has used all its previews for this month. Come back next month."
        raise AppError(sentence, code=fault.code, status=402) from fault
    await app.queue.wake(job.id)
    return wanted


async def preview_state(app: App, shop_id: str, preview_id: str, size_id: str | None = None) -> PreviewState:
    """How far a preview is; when it is done, its pictures, and whether the photo is good enough for a size.

    That is the one it was asked for, or another of the same shape. Raises NotFound.
    """
    found = await queries.generation(app.db, shop_id, preview_id)
    if found is None:
        raise NotFound()
    at_once = replace(app, db=Together(app.db))
    position, preview_url, mockup_url, preflight = await asyncio.gather(
        _queue_position(at_once, found),
        _link(at_once, shop_id, found.preview_asset_id),
        _link(at_once, shop_id, found.mockup_asset_id),
        _preflight(at_once, found, size_id),
    )
    return PreviewState(
        id=found.id,
        status=found.status,
        progress=found.progress,
        queue_position=position,
        preview_url=preview_url,
        mockup_url=mockup_url,
        error_code=found.error_code,
        error_message=found.error_message,
        preflight=preflight,
    )


async def cancel_preview(app: App, visitor: Visitor, preview_id: str) -> PreviewState:
    """Stop a preview that is not done, uncounted; one that is done stays as it is. Raises NotFound."""
    found = await queries.generation(app.db, visitor.shop.id, preview_id)
    if found is None or not found.belongs_to(visitor.owners):
        raise NotFound()
    now, dedupe_key = app.clock.now(), f"{JOB}:{found.id}"
    try:
        await app.db.batch(
            queries.cancel_generation(found.shop_id, found.id, now),
            *generation.free_slot_if(found.shop_id, jobs.is_running(found.shop_id, dedupe_key)),
            jobs.cancel(found.shop_id, dedupe_key, now),
            generation.give_back(found.shop_id, found.quota_period, now),
        )
    except Refused:
        app.log.info("cancel_too_late", preview=found.id)
    else:
        await jobs.hint_in_line(app, found.shop_id, JOB, generation.SLOTS)
    return await preview_state(app, visitor.shop.id, preview_id)


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
        quota_period=generation.period_of(now, visitor.shop.timezone),
        created_at=now,
        shopper_id=visitor.shopper_id,
        guest_session_id=visitor.guest_session_id,
        crop=crop,
        idempotency_key=wish.idempotency_key,
    )


def beginning(wanted: Generation, upload: media.Asset, job: Job, tickets: Sequence[str] = ()) -> list[Any]:
    """Statements that begin a preview; refused with `quota_exhausted`.

    An upload that is used for the first time releases its ticket from the counters `tickets`. The quota's row is
    locked before, so that of two first uses at once only one finds it unused.
    """
    shop_id, now, unused = wanted.shop_id, wanted.created_at, media.is_unused(wanted.shop_id, upload.id)
    return [
        *generation.hold(shop_id, str(wanted.quota_period), now),
        *[shops.release_hit(key, upload.created_at or now, now, unused) for key in tickets],
        queries.insert_generation(wanted),
        media.claim_upload(shop_id, upload, wanted.shopper_id, wanted.guest_session_id, now),
        jobs.insert(job, now),
    ]


def _size(offer: Offer, variant_id: str | None) -> Size:
    if variant_id is None:
        return offer.sizes[0]
    for size in offer.sizes:
        if size.shopify_variant_id == variant_id:
            return size
    raise Unprocessable("No print size is set for this variant. Choose another variant.", code="unknown_variant")


async def _made_before(db: Database, visitor: Visitor, key: str | None) -> Generation | None:
    """What this visitor's key made before."""
    if not key:
        return None
    return await queries.generation_by_key(db, visitor.shop.id, visitor.shopper_id, visitor.guest_session_id, key)


def _same(known: Generation | None, wanted: Generation) -> Generation | None:
    """Raises Conflict when the key was used to ask for something else."""
    if known and not known.asks_the_same(wanted):
        raise Conflict("This idempotency key was used for another preview.", code="idempotency_key_reused")
    return known


def _check_sharpness(wanted: Generation, pixels: tuple[int, int] | None) -> None:
    """The part that will be printed needs some pixels: 200 on its shorter side make a soft but honest picture."""
    if pixels is None:  # the header lies deeper than we looked; the decoder will see it
        return
    crop = crop_of(wanted.crop) or Crop(0, 0, 1, 1)
    if min(pixels[0] * crop.width, pixels[1] * crop.height) < MIN_CROP_SIDE:
        raise BadPicture("This part of the photo is too small to print. Choose a larger part.", code="too_small")


async def _queue_position(app: App, found: Generation) -> int | None:
    if found.status != "pending":
        return None
    return await jobs.queue_position(app.db, found.shop_id, JOB, found.id, app.clock.now())


async def _preflight(app: App, found: Generation, size_id: str | None) -> Preflight | None:
    if found.preflight is None:
        return None
    size = await queries.size(app.db, found.shop_id, size_id or found.size_id or "")
    return preflights.judged(found.preflight, size, app.upscaler, drawn=not found.as_it_is) if size else None


async def _link(app: App, shop_id: str, asset_id: str | None) -> str | None:
    asset = await media.asset(app.db, shop_id, asset_id) if asset_id else None
    return app.files.link(asset.key, expires_at=app.clock.now() + LINK_LIFE) if asset else None
