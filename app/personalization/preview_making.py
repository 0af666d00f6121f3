"""Preview making: from the photo to the master, its watermarked preview and its mockup."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.app import App
from app.core.errors import Unprocessable
from app.core.pictures import ImageRequest, Mark, Picture
from app.generation import Output, Run
from app.personalization import mockups, photo_checks
from app.personalization.model import PREVIEW_SIDE, Generation, crop_of
from app.personalization.preflight import Figures
from app.personalization.print_sizes import PICTURE_SIDE, Size
from app.personalization.queries import offers, previews


@dataclass(frozen=True)
class _MasterResult:
    """A master, the name of the model that made it, and the measurements of the photo."""

    master: Picture
    model: str
    figures: Figures | None


async def make_preview(run: Run[Generation]) -> Output:
    """Make the master from the photo, then the watermarked preview and the mockup of that preview on the product."""
    app, wanted = run.app, run.row
    size = await _size(app, wanted)
    made = await (_make_unstyled_master if wanted.is_unstyled else _make_styled_master)(run, size)
    mark, by_ai = await _mark(app, wanted.shop_id), not wanted.is_unstyled
    preview = await app.imaging.preview(made.master.data, max_side=PREVIEW_SIDE, mark=mark, by_ai=by_ai)
    mockup = await mockups.draw(app, wanted, size, preview)
    preflight = await photo_checks.add_gamut(app, made.figures, size, made.master.data)
    pictures = {"master": made.master, "preview": preview} | ({"mockup": mockup} if mockup else {})
    used = previews.count_style_use(wanted.shop_id, wanted.ai_style_id)
    return Output(pictures, made.model, {"preflight": preflight}, then=lambda assets, at: [used])


async def _make_styled_master(run: Run[Generation], size: Size) -> _MasterResult:
    """Make the master by redrawing the photo in its style with the image model."""
    width, height = size.master_size()
    photo, figures = await _develop_upload(run, size, (width, height), "image/jpeg")
    await run.progress(25)
    answer = await run.image(ImageRequest(run.row.ai_prompt_used, [photo], width, height))
    await run.progress(80)
    master = await run.app.imaging.develop(answer.picture, crop=None, width=width, height=height)
    return _MasterResult(master, answer.model, figures)


async def _make_unstyled_master(run: Run[Generation], size: Size) -> _MasterResult:
    master, figures = await _develop_upload(run, size, size.master_size(PICTURE_SIDE), "image/png")
    return _MasterResult(master, "upload", figures)


async def _develop_upload(
    run: Run[Generation], size: Size, pixels: tuple[int, int], mime: str
) -> tuple[Picture, Figures | None]:
    """Return the upload, cropped and scaled down, with its measurements.

    The original is a local of this function so that it is freed before the slow model call.
    """
    app, wanted, (width, height) = run.app, run.row, pixels
    upload = await run.source(wanted.upload_asset_id)
    photo = await app.imaging.develop(
        upload, crop=crop_of(wanted.crop), width=width, height=height, mime=mime, background=size.background
    )
    return photo, await photo_checks.measure_photo(app, wanted, size, upload)


async def _size(app: App, wanted: Generation) -> Size:
    size = await offers.size(app.db, wanted.shop_id, str(wanted.size_id))
    if size is None:
        raise Unprocessable("This size is no longer sold.", code="unknown_size")
    return size


async def _mark(app: App, shop_id: str) -> Mark | None:
    watermark = await offers.watermark(app.db, shop_id)
    if watermark is None:
        return None
    picture = await app.files.get(watermark.asset_key) if watermark.asset_key else None
    return watermark.mark(picture)
