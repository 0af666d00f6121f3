"""Imaging by Pillow, which is always there. It holds whole pictures, where libvips streams them."""

from __future__ import annotations

import functools
import io
from typing import Any

from app.adapters import made_by_ai, pillow_photo, webp
from app.adapters.print_plan import SHARPEN, PrintPlan
from app.core.abandon import watched
from app.core.framing import Box, cut, fit, no_larger
from app.core.pictures import WHITE, Crop, Mark, Picture, PrintFile, PrintFormat, PrintSpec, Raster
from app.core.ports import Compute, Upscaler

_SAVE: dict[str, dict[str, Any]] = {
    "image/png": {"format": "PNG", "compress_level": 4},
    "image/jpeg": {"format": "JPEG", "quality": 95, "subsampling": 0, "optimize": True},
    "image/webp": {"format": "WEBP", "quality": 90},
}
_PRINT: dict[str, dict[str, Any]] = {
    "jpg": {"format": "JPEG", "subsampling": 0},
    "png": {"format": "PNG", "compress_level": 1},
    "tiff": {"format": "TIFF", "compression": "tiff_lzw"},
}


class Pillow:
    """The Imaging port by Pillow."""

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
        return await self._compute.run(_develop, photo, crop, (width, height), mime, background)

    async def preview(self, master: bytes, *, max_side: int, mark: Mark | None, by_ai: bool = False) -> Picture:
        return await self._compute.run(_preview, master, max_side, mark, by_ai)

    async def print_file(
        self, master: bytes, spec: PrintSpec, upscaler: Upscaler, *, profile: bytes | None = None
    ) -> PrintFile:
        return await self._compute.run(_print_file, master, spec, upscaler)


def _develop(photo: bytes, crop: Crop | None, size: tuple[int, int], mime: str, background: str) -> Picture:
    with pillow_photo.opened(photo) as image:
        box = cut(pillow_photo.upright_size(image), crop, size)
        pixels = pillow_photo.pixels(image, box, no_larger(box, *size), background)
    out = io.BytesIO()
    pixels.save(out, **_SAVE[mime])
    return Picture(out.getvalue(), mime, *pixels.size)


def _preview(master: bytes, max_side: int, mark: Mark | None, by_ai: bool) -> Picture:
    with pillow_photo.opened(master) as image:
        size = pillow_photo.upright_size(image)
        pixels = pillow_photo.pixels(image, Box(0, 0, *size), fit(size, max_side))
    return webp.preview(_raster(pixels), mark, by_ai=by_ai)


def _print_file(master: bytes, spec: PrintSpec, upscaler: Upscaler) -> PrintFile:
    from PIL import Image, ImageFilter

    with pillow_photo.opened(master) as image:
        box = cut(pillow_photo.upright_size(image), None, (spec.width, spec.height))
        pixels = pillow_photo.pixels(image, box, (box.width, box.height), spec.background)
    plan = PrintPlan(spec, _raster(pixels), upscaler)
    if plan.by_network:
        pixels = Image.frombytes("RGB", plan.enlarged, b"".join(watched(upscaler.strips(plan.source))))
    kernel = ImageFilter.Kernel((3, 3), [weight for row in SHARPEN for weight in row])
    how = Image.Resampling.BICUBIC if plan.sharpen_first else Image.Resampling.LANCZOS
    if plan.sharpen_first:
        pixels = pixels.filter(kernel).resize((spec.width, spec.height), how)
    else:
        pixels = pixels.resize((spec.width, spec.height), how).filter(kernel)
    return plan.result(_encode(pixels, spec))


def _encode(pixels: Any, spec: PrintSpec) -> bytes:
    options = dict(_PRINT[spec.format])
    if spec.format == "jpg":
        options["quality"] = spec.quality
    if spec.by_ai:
        options |= _words(spec.format)
    out = io.BytesIO()
    pixels.save(out, dpi=(spec.dpi, spec.dpi), icc_profile=_srgb_profile(), **options)
    return out.getvalue()


def _words(fmt: PrintFormat) -> dict[str, Any]:
    """How Pillow is told to write XMP: each format has its own way."""
    from PIL import PngImagePlugin, TiffImagePlugin

    if fmt == "png":
        texts = PngImagePlugin.PngInfo()
        texts.add_itxt(made_by_ai.PNG_TEXT, made_by_ai.XMP.decode())
        return {"pnginfo": texts}
    if fmt == "tiff":
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags.tagtype[made_by_ai.TIFF_TAG], tags[made_by_ai.TIFF_TAG] = 1, made_by_ai.XMP  # 1: bytes
        return {"tiffinfo": tags}
    return {"xmp": made_by_ai.XMP}


@functools.cache
def _srgb_profile() -> bytes:
    """The sRGB profile, its date of making (bytes 24 to 35) taken out: the same print is the same file."""
    from PIL import ImageCms

    profile: bytes = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + bytes(12) + profile[36:]


def _raster(pixels: Any) -> Raster:
    return Raster(pixels.tobytes(), *pixels.size)
