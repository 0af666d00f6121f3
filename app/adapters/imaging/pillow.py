"""The Imaging port on Pillow, which is always installed. It decodes whole photos, where libvips streams them."""

from __future__ import annotations

import io
from typing import Any

from app.adapters.imaging import gamut, mockup, pillow_photo, pillow_print, webp
from app.adapters.imaging.decoder_wire import Decoded, DecodeRequest, samples_of
from app.adapters.imaging.pillow_icc import Inks
from app.adapters.imaging.print_plan import PrintPlan, margin
from app.core.crop_geometry import Box, cut, fit, patches
from app.core.mockups import MockupParts
from app.core.pictures import WHITE, Crop, Intent, Mark, Picture, PrintFile, PrintSpec, Raster, Samples
from app.core.ports.compute import Compute
from app.core.ports.imaging import Upscaler

_SAVE: dict[str, dict[str, Any]] = {
    "image/png": {"format": "PNG", "compress_level": 4},
    "image/jpeg": {"format": "JPEG", "quality": 95, "subsampling": 0, "optimize": True},
    "image/webp": {"format": "WEBP", "quality": 90},
}


class Pillow:
    """Imaging on Pillow."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute

    async def develop(
        self,
        photo: bytes,
        *,
        crop: Crop | None,
        width: int,
        height: int,
        mime: str = "image/png",
        background: str = WHITE,
    ) -> Picture:
        return await self._compute.run(_develop, photo, DecodeRequest(crop, width, height, background), mime)

    async def samples(self, photo: bytes, *, crop: Crop | None, aspect: tuple[int, int], background: str) -> Samples:
        return await self._compute.run(_samples, photo, DecodeRequest(crop, *aspect, background, samples=True))

    @staticmethod
    def decode(photo: bytes, request: DecodeRequest) -> Decoded:
        """Decode the requested pixels of a photo. Raises UnsupportedMedia, BadPicture."""
        with pillow_photo.open_photo(photo) as image:
            size = pillow_photo.upright_size(image)
            box, sizes = request.box(size), request.sizes(size)
            around = patches(box) if request.samples else []
            pieces = [_raster(pillow_photo.patch(image, each, request.background)) for each in around]
            return Decoded(size, (_raster(pillow_photo.pixels(image, box, sizes[0], request.background)), *pieces))

    @staticmethod
    def encode(pixels: Raster, mime: str) -> Picture:
        from PIL import Image

        image, out = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.data), io.BytesIO()
        try:
            image.save(out, **_SAVE[mime])
        except OSError:  # Pillow's buffer for an optimized JPEG has two bytes per pixel, which noise can exceed
            out = io.BytesIO()
            image.save(out, **_SAVE[mime] | {"optimize": False})
        return Picture(out.getvalue(), mime, pixels.width, pixels.height)

    async def out_of_gamut(self, master: bytes, profile: bytes, intent: Intent) -> float | None:
        return await self._compute.run(gamut.share, master, profile, intent)

    async def preview(self, master: bytes, *, max_side: int, mark: Mark | None, by_ai: bool = False) -> Picture:
        return await self._compute.run(_preview, master, max_side, mark, by_ai)

    async def mockup(self, design: bytes, parts: MockupParts, *, max_side: int, by_ai: bool = False) -> Picture | None:
        return await self._compute.run(mockup.draw, design, parts, max_side, by_ai)

    async def print_file(
        self, master: bytes, spec: PrintSpec, upscaler: Upscaler, *, profile: bytes | None = None
    ) -> PrintFile:
        return await self._compute.run(_print_file, master, spec, upscaler, profile)


def _develop(photo: bytes, request: DecodeRequest, mime: str) -> Picture:
    [pixels] = Pillow.decode(photo, request).rasters
    return Pillow.encode(pixels, mime)


def _samples(photo: bytes, request: DecodeRequest) -> Samples:
    return samples_of(request, Pillow.decode(photo, request))


def _preview(master: bytes, max_side: int, mark: Mark | None, by_ai: bool) -> Picture:
    return webp.preview(_small(master, max_side), mark, by_ai=by_ai)


def _small(master: bytes, max_side: int) -> Raster:
    """Decode and shrink the master in a function of its own, so that it is freed before the preview is encoded."""
    with pillow_photo.open_photo(master) as image:
        size = pillow_photo.upright_size(image)
        return _raster(pillow_photo.pixels(image, Box(0, 0, *size), fit(size, max_side)))


def _print_file(master: bytes, spec: PrintSpec, upscaler: Upscaler, profile: bytes | None) -> PrintFile:
    with pillow_photo.open_photo(master) as image:
        box = cut(pillow_photo.upright_size(image), None, (spec.width, spec.height))
        pixels = pillow_photo.pixels(image, box, (box.width, box.height), spec.background)
    around = margin(pixels.size, spec)
    plan = PrintPlan(spec, _raster(_mirror_edges(pixels, around)), upscaler, around)
    return pillow_print.print_file(plan, Inks.of(profile, spec))


def _mirror_edges(pixels: Any, around: int) -> Any:
    """Extend the picture on every side by `around` mirrored pixels."""
    from PIL import Image, ImageOps

    if not around:
        return pixels
    (width, height), flip, mirror = pixels.size, ImageOps.flip(pixels), ImageOps.mirror(pixels)
    corner = ImageOps.flip(mirror)
    wider = Image.new("RGB", (width + 2 * around, height + 2 * around))
    for column, across in enumerate((around - width, around, around + width)):
        for row, down in enumerate((around - height, around, around + height)):
            straight, turned = (pixels, mirror) if row == 1 else (flip, corner)
            wider.paste(straight if column == 1 else turned, (across, down))
    return wider


def _raster(pixels: Any) -> Raster:
    return Raster(pixels.tobytes(), *pixels.size)
