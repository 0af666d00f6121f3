"""Previews: a shopper's photo in a style, watermarked until it is paid for."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import timedelta

from app import generation, jobs, media
from app.core.app import App
from app.core.errors import AppError, BadPicture, Conflict, ConstraintError, NotFound, Refused, Unprocessable
from app.core.ids import new_id
from app.core.pictures import Crop, ImageRequest, Picture
from app.jobs import Job, Lease
from app.personalization import offers, queries
from app.personalization.model import (
    PREVIEW_SIDE,
    Generation,
    Offer,
    PreviewRequest,
    PreviewState,
    Size,
    crop_of,
)
from app.shops import Visitor

JOB = "personalization.preview"
LINK_LIFE = timedelta(hours=1)
MIN_CROP_SIDE = 200


async def request_preview(app: App, visitor: Visitor, wish: PreviewRequest) -> Generation:
    """Count it against the shop's month, record it and queue its making, all or nothing.

    The same idempotency key gives the same preview again. Raises NotFound, UnsupportedMedia,
    BadPicture, Unprocessable, Conflict (the key came with another wish), AppError 402 (the month is used up).
    """
    offer = await offers.offer(app, visitor.shop.id, wish.product_id)
    wanted = await _generation(app, visitor, wish, offer)
    if known := await _known(app, visitor, wanted):
        return known
    upload, header = await media.read_upload(app, visitor.shop.id, wish.upload_id)
    _check_sharpness(wanted, header.size)
    now, shop_id = wanted.created_at, visitor.shop.id
    job = jobs.new(JOB, shop_id, wanted.id, at=now, priority=2)
    try:
        await app.db.batch(
            *generation.hold(shop_id, str(wanted.quota_period), now),
            queries.insert_generation(wanted),
            queries.claim_upload(shop_id, upload.id, visitor.shopper_id, visitor.guest_session_id),
            jobs.insert(job, now),
        )
    except (Refused, ConstraintError) as fault:
        if known := await _known(app, visitor, wanted):  # the same key, at the same time
            return known
        if isinstance(fault, ConstraintError):
            raise Conflict() from fault
        raise AppError(
            "This shop has made all its previews for this month. Please come back later.",
            code=fault.code,
            status=402,
        ) from fault
    await app.queue.wake(job.id)
    return wanted


async def preview_state(app: App, shop_id: str, preview_id: str) -> PreviewState:
    """How far a preview is, and its picture when it is done."""
    found = await queries.generation(app.db, shop_id, preview_id)
    if found is None:
        raise NotFound()
    return PreviewState(
        id=found.id,
        status=found.status,
        progress=found.progress,
        queue_position=await _queue_position(app, found),
        preview_url=await _preview_url(app, found),
        error_code=found.error_code,
        error_message=found.error_message,
    )


async def cancel_preview(app: App, visitor: Visitor, preview_id: str) -> PreviewState:
    """Stop a preview that is not done, uncounted; one that is done stays as it is. Raises NotFound."""
    found = await queries.generation(app.db, visitor.shop.id, preview_id)
    if found is None or not found.belongs_to(visitor.shopper_id, visitor.guest_session_id):
        raise NotFound()
    now, dedupe_key = app.clock.now(), f"{JOB}:{found.id}"
    try:
        await app.db.batch(
            queries.cancel_generation(found.shop_id, found.id, now),
            generation.free_slot_if(found.shop_id, jobs.is_running(found.shop_id, dedupe_key)),
            jobs.cancel(found.shop_id, dedupe_key, now),
            generation.give_back(found.shop_id, found.quota_period, now),
        )
    except Refused:
        app.log.info("cancel_too_late", preview=found.id)
    return await preview_state(app, visitor.shop.id, preview_id)


async def make_preview(app: App, lease: Lease) -> None:
    """The job: photo to master by the image model, master to watermarked preview."""
    started, job = time.perf_counter(), lease.job
    wanted = await queries.generation(app.db, job.shop_id, job.subject_id)
    if wanted is None:
        raise NotFound("The preview is gone.")
    await _progress(app, wanted, 5)
    photo = await _photo(app, wanted)
    await _progress(app, wanted, 25)
    width, height = await _master_size(app, wanted)
    answer = await app.image_model.render(ImageRequest(wanted.ai_prompt_used, photo, width, height))
    await _progress(app, wanted, 80)
    master = await app.imaging.develop(answer.data, crop=None, width=width, height=height)
    preview = await app.imaging.preview(master.data, max_side=PREVIEW_SIDE, mark=await _mark(app, job.shop_id))
    took_ms = int((time.perf_counter() - started) * 1000)
    await _store(app, lease, wanted, master, preview, answer.model, took_ms)


async def give_up(app: App, job: Job, fault: AppError) -> list[object]:
    """The preview failed: say so, and uncount it."""
    wanted = await queries.generation(app.db, job.shop_id, job.subject_id)
    if wanted is None:
        return []
    now = app.clock.now()
    return [
        queries.fail_generation(job.shop_id, wanted.id, fault.code, fault.message, now),
        generation.give_back(job.shop_id, wanted.quota_period, now),
    ]


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
        shopper_id=visitor.shopper_id,
        guest_session_id=visitor.guest_session_id,
        upload_asset_id=wish.upload_id,
        master_asset_id=None,
        preview_asset_id=None,
        status="pending",
        progress=0,
        crop=crop,
        ai_prompt_used=style.prompt_template,
        error_code=None,
        error_message=None,
        idempotency_key=wish.idempotency_key,
        quota_period=generation.period_of(now, visitor.shop.timezone),
        created_at=now,
    )


def _size(offer: Offer, variant_id: str | None) -> Size:
    if variant_id is None:
        return offer.sizes[0]
    for size in offer.sizes:
        if size.shopify_variant_id == variant_id:
            return size
    raise Unprocessable("No print size is set for this variant. Please choose another one.", code="unknown_variant")


async def _known(app: App, visitor: Visitor, wanted: Generation) -> Generation | None:
    """What this key made before. Raises Conflict when it was asked for something else."""
    if not wanted.idempotency_key:
        return None
    known = await queries.generation_by_key(
        app.db, wanted.shop_id, visitor.shopper_id, visitor.guest_session_id, wanted.idempotency_key
    )
    if known and not known.asks_the_same(wanted):
        raise Conflict("This key was used for another preview.", code="idempotency_key_reused")
    return known


def _check_sharpness(wanted: Generation, pixels: tuple[int, int] | None) -> None:
    """The part that will be printed needs some pixels: 200 on its shorter side make a soft but honest picture."""
    if pixels is None:  # the header lies deeper than we looked; the decoder will see it
        return
    crop = crop_of(wanted.crop) or Crop(0, 0, 1, 1)
    if min(pixels[0] * crop.width, pixels[1] * crop.height) < MIN_CROP_SIDE:
        raise BadPicture("This part of the photo is too small to print. Please choose more of it.", code="too_small")


async def _queue_position(app: App, found: Generation) -> int | None:
    if found.status != "pending":
        return None
    return await jobs.queue_position(app.db, found.shop_id, JOB, found.id)


async def _preview_url(app: App, found: Generation) -> str | None:
    if found.preview_asset_id is None:
        return None
    asset = await media.asset(app.db, found.shop_id, found.preview_asset_id)
    return app.files.link(asset.key, expires_at=app.clock.now() + LINK_LIFE) if asset else None


async def _progress(app: App, wanted: Generation, percent: int) -> None:
    await app.db.batch(queries.set_processing(wanted.shop_id, wanted.id, percent, app.clock.now()))


async def _photo(app: App, wanted: Generation) -> Picture:
    upload = await media.asset(app.db, wanted.shop_id, str(wanted.upload_asset_id))
    if upload is None:
        raise NotFound("The photo is not there any more. Please choose it again.", code="upload_missing")
    photo = await app.files.get(upload.key)
    width, height = await _master_size(app, wanted)
    return await app.imaging.develop(photo, crop=crop_of(wanted.crop), width=width, height=height, mime="image/jpeg")


async def _master_size(app: App, wanted: Generation) -> tuple[int, int]:
    size = await queries.size(app.db, wanted.shop_id, str(wanted.size_id))
    if size is None:
        raise Unprocessable("This size is not sold any more.", code="unknown_size")
    return size.master_size()


async def _mark(app: App, shop_id: str):  # type: ignore[no-untyped-def]
    watermark = await queries.watermark(app.db, shop_id)
    if watermark is None:
        return None
    picture = await app.files.get(watermark.asset_key) if watermark.asset_key else None
    return watermark.mark(picture)


async def _store(
    app: App, lease: Lease, wanted: Generation, master: Picture, preview: Picture, model: str, took_ms: int
) -> None:
    """Both files under this attempt's keys, then one batch that names the winner."""
    attempt, now = lease.token[:12], app.clock.now()
    assets = [_asset(wanted, "master", master, attempt), _asset(wanted, "preview", preview, attempt)]
    for asset, picture in zip(assets, (master, preview), strict=True):
        await app.files.put(asset.key, picture.data, picture.mime)
    try:
        await app.db.batch(
            *lease.finish(now),
            *[media.insert_asset(asset, now) for asset in assets],
            queries.complete_generation(wanted.shop_id, wanted.id, assets[0].id, assets[1].id, model, took_ms, now),
            queries.count_style_use(wanted.shop_id, wanted.ai_style_id),
            generation.keep_storage(wanted.shop_id, sum(asset.bytes for asset in assets), now),
        )
    except Refused:
        await app.files.delete(*[asset.key for asset in assets])
        raise


def _asset(wanted: Generation, purpose: str, picture: Picture, attempt: str) -> media.Asset:
    key = media.object_key(wanted.shop_id, "personalization", wanted.id, purpose, attempt, picture.mime)
    return media.new_asset(
        wanted.shop_id,
        key,
        purpose,
        picture,
        owner=("generation", wanted.id),
        shopper_id=wanted.shopper_id,
        guest_session_id=wanted.guest_session_id,
    )
