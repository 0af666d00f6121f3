"""The Imaging port on libvips, which streams pictures row by row, so even posters need little memory."""

from __future__ import annotations

from importlib import util
from typing import Any

from app.adapters.imaging import gamut, mockup, vips_print, webp
from app.adapters.imaging.decoder_wire import Decoded, DecodeRequest, samples_of
from app.adapters.imaging.vips_photo import Photo, image_of, with_photo
from app.core.crop_geometry import Box, cut, fit, patches
from app.core.mockups import MockupParts
from app.core.pictures import WHITE, Crop, Intent, Mark, Picture, PrintFile, PrintSpec, Raster, Samples
from app.core.ports.compute import Compute
from app.core.ports.imaging import Upscaler

_SAVE: dict[str, tuple[str, dict[str, Any]]] = {
    "image/png": (".png", {"compression": 4}),
    "image/jpeg": (".jpg", {"Q": 95, "subsample_mode": "off", "optimize_coding": True}),
    "image/webp": (".webp", {"Q": 90}),
}


class Vips:
    """Imaging on pyvips."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute

    @staticmethod
    def available() -> bool:
        """Return True if pyvips and its library are installed."""
        return util.find_spec("pyvips") is not None and util.find_spec("_libvips") is not None

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

        def work(opened: Photo) -> Decoded:
            box, size = request.box(opened.size), request.sizes(opened.size)[0]
            if not request.samples:
                return Decoded(opened.size, (opened.pixels(box, size, request.background),))
            pieces = opened.patches(patches(box), request.background)
            return Decoded(opened.size, (opened.overview(box, size, request.background), *pieces))

        return with_photo(photo, work)

    @staticmethod
    def encode(pixels: Raster, mime: str) -> Picture:
        suffix, options = _SAVE[mime]
        data = image_of(pixels).write_to_buffer(suffix, keep="none", **options)
        return Picture(data, mime, pixels.width, pixels.height)

    async def out_of_gamut(self, master: bytes, profile: bytes, intent: Intent) -> float | None:
        return await self._compute.run(gamut.share, master, profile, intent)

    async def preview(self, master: bytes, *, max_side: int, mark: Mark | None, by_ai: bool = False) -> Picture:
        def work(opened: Photo) -> Picture:
            pixels = opened.pixels(Box(0, 0, *opened.size), fit(opened.size, max_side))
            return webp.preview(pixels, mark, by_ai=by_ai)

        return await self._compute.run(with_photo, master, work)

    async def mockup(self, design: bytes, parts: MockupParts, *, max_side: int, by_ai: bool = False) -> Picture | None:
        return await self._compute.run(mockup.draw, design, parts, max_side, by_ai)

    async def print_file(
        self, master: bytes, spec: PrintSpec, upscaler: Upscaler, *, profile: bytes | None = None
    ) -> PrintFile:
        def work(opened: Photo) -> PrintFile:
            box = cut(opened.size, None, (spec.width, spec.height))
            pixels = opened.pixels(box, (box.width, box.height), spec.background)
            return vips_print.print_file(pixels, spec, upscaler, profile)

        return await self._compute.run(with_photo, master, work)


def _develop(photo: bytes, request: DecodeRequest, mime: str) -> Picture:
    [pixels] = Vips.decode(photo, request).rasters
    return Vips.encode(pixels, mime)


def _samples(photo: bytes, request: DecodeRequest) -> Samples:
    return samples_of(request, Vips.decode(photo, request))
