"""Renderings: the job that makes a preview, from the photo to the master and its watermarked copy."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from app import generation, media
from app.core.app import App
from app.core.errors import AppError, NotFound, Refused, Unprocessable
from app.core.pictures import ImageRequest, Mark, Picture
from app.core.preflight import Figures
from app.jobs import Job, Lease
from app.personalization import mockups, preflights, queries
from app.personalization.goods import PICTURE_SIDE, Size
from app.personalization.model import PREVIEW_SIDE, Generation, crop_of


@dataclass(frozen=True)
class _Rendering:
    """What came out, which model made it, and how long that took in milliseconds."""

    master: Picture
    preview: Picture
    mockup: Picture | None
    model: str
    took_ms: int
    preflight: dict[str, Any] | None


@dataclass(frozen=True)
class _Made:
    """A master, which model made it, and what the photo is like."""

    master: Picture
    model: str
    figures: Figures | None


async def render(app: App, lease: Lease) -> None:
    """The job: photo to master by the image model, master to watermarked preview, and that on the product."""
    started, job = time.perf_counter(), lease.job
    wanted = await queries.generation(app.db, job.shop_id, job.subject_id)
    if wanted is None:
        raise NotFound("The preview no longer exists.")
    await _progress(app, wanted, 5)
    size = await _size(app, wanted)
    made = await (_as_it_is if wanted.as_it_is else _styled)(app, wanted, size)
    mark, by_ai = await _mark(app, job.shop_id), not wanted.as_it_is
    preview = await app.imaging.preview(made.master.data, max_side=PREVIEW_SIDE, mark=mark, by_ai=by_ai)
    mockup = await mockups.draw(app, wanted, size, preview)
    preflight = await preflights.with_gamut(app, made.figures, size, made.master.data)
    took_ms = int((time.perf_counter() - started) * 1000)
    await _store(app, lease, wanted, _Rendering(made.master, preview, mockup, made.model, took_ms, preflight))


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


async def _styled(app: App, wanted: Generation, size: Size) -> _Made:
    """The photo in its style."""
    width, height = size.master_size()
    photo, figures = await _developed(app, wanted, size, (width, height), "image/jpeg")
    await _progress(app, wanted, 25)
    answer = await app.image_model.render(ImageRequest(wanted.ai_prompt_used, photo, width, height))
    await _progress(app, wanted, 80)
    master = await app.imaging.develop(answer.data, crop=None, width=width, height=height)
    return _Made(master, answer.model, figures)


async def _as_it_is(app: App, wanted: Generation, size: Size) -> _Made:
    master, figures = await _developed(app, wanted, size, size.master_size(PICTURE_SIDE), "image/png")
    return _Made(master, "upload", figures)


async def _developed(
    app: App, wanted: Generation, size: Size, pixels: tuple[int, int], mime: str
) -> tuple[Picture, Figures | None]:
    """The upload, cut and made small, and what it is like. It is let go of before a model takes its time."""
    upload, (width, height), crop = await _upload(app, wanted), pixels, crop_of(wanted.crop)
    photo = await app.imaging.develop(
        upload, crop=crop, width=width, height=height, mime=mime, background=size.background
    )
    return photo, await preflights.of_photo(app, wanted, size, upload)


async def _progress(app: App, wanted: Generation, percent: int) -> None:
    await app.db.batch(queries.set_processing(wanted.shop_id, wanted.id, percent, app.clock.now()))


async def _upload(app: App, wanted: Generation) -> bytes:
    upload = await media.asset(app.db, wanted.shop_id, str(wanted.upload_asset_id))
    if upload is None:
        raise NotFound("The photo is no longer available. Choose it again.", code="upload_missing")
    return await app.files.get(upload.key)


async def _size(app: App, wanted: Generation) -> Size:
    size = await queries.size(app.db, wanted.shop_id, str(wanted.size_id))
    if size is None:
        raise Unprocessable("This size is no longer sold.", code="unknown_size")
    return size


async def _mark(app: App, shop_id: str) -> Mark | None:
    watermark = await queries.watermark(app.db, shop_id)
    if watermark is None:
        return None
    picture = await app.files.get(watermark.asset_key) if watermark.asset_key else None
    return watermark.mark(picture)


async def _store(app: App, lease: Lease, wanted: Generation, made: _Rendering) -> None:
    """The files under this attempt's keys, then one batch that names the winner."""
    attempt, now = lease.token[:12], app.clock.now()
    pictures = {"master": made.master, "preview": made.preview} | ({"mockup": made.mockup} if made.mockup else {})
    files = {purpose: _asset(wanted, purpose, picture, attempt) for purpose, picture in pictures.items()}
    for purpose, picture in pictures.items():
        await app.files.put(files[purpose].key, picture.data, picture.mime)
    try:
        await app.db.batch(
            *lease.finish(now),
            *[media.insert_asset(asset, now) for asset in files.values()],
            queries.complete_generation(
                wanted.shop_id,
                wanted.id,
                {purpose: asset.id for purpose, asset in files.items()},
                made.model,
                made.took_ms,
                made.preflight,
                now,
            ),
            queries.count_style_use(wanted.shop_id, wanted.ai_style_id),
            generation.keep_storage(wanted.shop_id, sum(asset.bytes for asset in files.values()), now),
        )
    except Refused:
        await app.files.delete(*[asset.key for asset in files.values()])
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
