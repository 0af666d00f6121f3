"""The Imaging port on Cloudflare's Images binding. A worker has no imaging library and no memory for a photo's pixels.

Limits of the service: it writes no TIFF, and it chooses the chroma subsampling of its JPEGs (possibly 4:2:0), where
the other adapters use none. It accepts pictures of up to 20 MB, and produces up to 100 megapixels and 12,000 pixels
per side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.adapters.imaging import made_by_ai, print_tags, watermark_layout, watermark_letters
from app.adapters.imaging.images_binding import MAX_BYTES, MAX_PIXELS, MAX_SIDE, Draw, Make, Step
from app.adapters.imaging.images_proof import prove
from app.adapters.imaging.metadata_stripper import BarePhoto, bare
from app.adapters.imaging.png import decode, encode
from app.adapters.imaging.watermark_sheet import sheet
from app.core import sniff
from app.core.crop_geometry import OVERVIEW_SIDE, Box, cut, fit, no_larger, patches
from app.core.errors import BadPicture, TooLarge, Unavailable, Unprocessable, UnsupportedMedia
from app.core.mockups import MockupParts
from app.core.pictures import WHITE, Crop, Intent, Mark, Picture, PrintFile, PrintSpec, Raster, Samples
from app.core.ports.imaging import Upscaler

_QUALITY = {"image/png": None, "image/jpeg": 95, "image/webp": 90}  # for PNG, a quality would produce a palette
_PREVIEW_QUALITY = 82
_PRINT_MIMES = {"jpg": "image/jpeg", "png": "image/png"}
_ROTATED_BY_BOXES = ("heic", "avif")
_COPY_PIXELS, _COPY_QUALITY = 16_000_000, 97  # stays under 20 MB as JPEG, without visible loss
_MAX_PNG_PIXELS = 10_000_000  # a worker has 128 MB of memory and holds a finished file twice
_UPRIGHT: dict[int, list[Step]] = {  # by EXIF orientation
    1: [],
    2: [Step({"flip": "h"})],
    3: [Step({"rotate": 180})],
    4: [Step({"flip": "v"})],
    5: [Step({"flip": "h"}), Step({"rotate": 270})],
    6: [Step({"rotate": 90})],
    7: [Step({"flip": "h"}), Step({"rotate": 90})],
    8: [Step({"rotate": 270})],
}
Size = tuple[int, int]


class CloudflareImages:
    """Imaging on the binding. Every operation raises `no_imaging` until the service has passed the test of `prove`."""

    def __init__(self, make: Make) -> None:
        self._ask = make
        self._is_tested = False

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
        source = await self._read_photo(photo, background)
        box = cut(_upright_size(source), crop, (width, height))
        size = no_larger(box, width, height)
        return await self._make_picture(source, _shape_steps(source, box, size, background), size, mime, _QUALITY[mime])

    async def samples(self, photo: bytes, *, crop: Crop | None, aspect: tuple[int, int], background: str) -> Samples:
        """Take only two patches, since Cloudflare bills each as a separate transformation."""
        source = await self._read_photo(photo, background)
        box = cut(_upright_size(source), crop, aspect)
        small = fit((box.width, box.height), OVERVIEW_SIDE)
        wanted = [(box, small), *[(each, (each.width, each.height)) for each in patches(box)[:2]]]
        overview, *pieces = [await self._raster(source, each, size, background) for each, size in wanted]
        return Samples(box.width, box.height, overview, tuple(pieces))

    async def out_of_gamut(self, master: bytes, profile: bytes, intent: Intent) -> float | None:
        return None  # colour profiles are not supported here

    async def preview(self, master: bytes, *, max_side: int, mark: Mark | None, by_ai: bool = False) -> Picture:
        source = await self._read_photo(master)
        whole = _upright_size(source)
        size = fit(whole, max_side)
        steps: list[Step | Draw] = [*_shape_steps(source, Box(0, 0, *whole), size)]
        if mark is not None:
            steps.append(await self._overlay(mark, size))
        made = await self._make_picture(source, steps, size, "image/webp", _PREVIEW_QUALITY)
        return replace(made, data=made_by_ai.webp(made.data, *size)) if by_ai else made

    async def mockup(self, design: bytes, parts: MockupParts, *, max_side: int, by_ai: bool = False) -> Picture | None:
        """Return None: the service can rotate and scale pictures but cannot warp them."""
        return None

    async def print_file(
        self, master: bytes, spec: PrintSpec, upscaler: Upscaler, *, profile: bytes | None = None
    ) -> PrintFile:
        """Make the print without the upscaler, which needs pixels that do not fit in a worker's memory.

        The result's engine is "resample".
        """
        _check_print(spec, profile)
        source, size = await self._read_photo(master, spec.background), (spec.width, spec.height)
        box = cut(_upright_size(source), None, size)
        own = box.width, box.height
        # Sharpen the smaller of the two sizes, as the other adapters do.
        between = own if box.width <= spec.width else size
        steps = [
            *_shape_steps(source, box, between, spec.background),
            Step({"sharpen": 1}),
            *_resize_steps(between, size),
        ]
        mime = _PRINT_MIMES[spec.format]
        made = await self._make_picture(source, steps, size, mime, spec.quality if spec.format == "jpg" else None)
        data = (print_tags.tag_jpeg if spec.format == "jpg" else print_tags.tag_png)(made.data, spec.dpi)
        if spec.by_ai:
            data = (made_by_ai.jpeg if spec.format == "jpg" else made_by_ai.png)(data)
        factor = max(spec.width / box.width, spec.height / box.height)
        return PrintFile(Picture(data, mime, *size), "resample", factor, *own)

    async def _read_photo(self, photo: bytes, background: str = WHITE) -> BarePhoto:
        """Read a photo so that this adapter controls its orientation. Raises UnsupportedMedia, BadPicture, TooLarge."""
        source = _check_photo(bare(photo))
        if not self._is_tested:
            await prove(self._ask)
            self._is_tested = True
        if source.format not in _ROTATED_BY_BOXES:
            return source
        # It is undocumented whether the service crops before or after a rotation that HEIF boxes ask for. So it first
        # makes a rotated copy, which is cropped in a second step.
        smaller = math.sqrt(_COPY_PIXELS / math.prod(source.size))
        sides = {"width": int(source.size[0] * smaller), "height": int(source.size[1] * smaller), "fit": "scale-down"}
        step = Step({"background": background} | (sides if smaller < 1 else {}))
        return bare(await self._ask(source.parts, [step], "image/jpeg", _COPY_QUALITY))

    async def _make_picture(
        self, source: BarePhoto, steps: Sequence[Step | Draw], size: Size, mime: str, quality: int | None
    ) -> Picture:
        """Make a picture. Raises Unavailable for another size or format, as when the service returns the original."""
        data = await self._ask(source.parts, steps, mime, quality)
        header = sniff.sniff(data)
        if (header.size, header.mime) != (size, mime):
            raise Unavailable("The image service returned another picture than requested.", code="imaging_unavailable")
        return Picture(data, mime, *size)

    async def _raster(self, source: BarePhoto, box: Box, size: Size, background: str) -> Raster:
        """Make the pixels of a part of the photo at `size`. Raises Unavailable."""
        made = await self._make_picture(source, _shape_steps(source, box, size, background), size, "image/png", None)
        try:
            planes = decode(made.data)
        except ValueError as fault:
            raise Unavailable(
                "The image service returned another picture than requested.", code="imaging_unavailable"
            ) from fault
        pixels = bytearray(3 * size[0] * size[1])
        for at in range(3):
            pixels[at::3] = planes.channels[at if len(planes.channels) > 2 else 0]
        return Raster(bytes(pixels), *size)

    async def _overlay(self, mark: Mark, size: Size) -> Draw:
        """The step that draws the mark on a picture of `size`. Raises BadPicture if the mark's picture is damaged."""
        if mark.picture is None:
            letters = watermark_letters.line((mark.text or "").strip() or watermark_layout.NO_TEXT)
            stamp = watermark_layout.stamp_size(size, (letters.width, letters.height), mark)
            if mark.position == "tiled":
                return _draw_over(sheet(letters, stamp, size), size, mark)
            return _draw_at([encode(letters)], stamp, size, mark)
        try:
            logo = _check_photo(bare(mark.picture, any_size=True))
            stamp = watermark_layout.stamp_size(size, logo.size, mark)
            if mark.position != "tiled":
                return _draw_at(logo.parts, stamp, size, mark)
            pixels = decode(await self._ask(logo.parts, _resize_steps(logo.size, stamp), "image/png", None))
        except (BadPicture, UnsupportedMedia, ValueError) as error:
            raise BadPicture("The watermark's picture could not be read.") from error
        return _draw_over(sheet(pixels, stamp, size), size, mark)


def _check_photo(photo: BarePhoto) -> BarePhoto:
    """Return the photo. Raises TooLarge, or BadPicture for a JPEG without an end, which may get filled with grey."""
    if photo.bytes > MAX_BYTES:
        raise TooLarge(f"This photo is too large. Choose one of up to {MAX_BYTES >> 20} MB.")
    if not photo.is_ended:
        raise BadPicture()
    return photo


def _upright_size(photo: BarePhoto) -> Size:
    return photo.size if photo.turn < 5 else (photo.size[1], photo.size[0])


def _shape_steps(photo: BarePhoto, box: Box, size: Size, background: str = WHITE) -> list[Step]:
    """The steps that rotate the photo upright, crop it to the box, and resize it to `size` on `background`.

    The rotation comes first, because the box refers to the upright photo.
    """
    options: dict[str, Any] = {} if photo.format == "jpeg" else {"background": background}
    if (box.width, box.height) != _upright_size(photo):
        options["trim"] = {"left": box.left, "top": box.top, "width": box.width, "height": box.height}
    return [*_UPRIGHT[photo.turn], *([Step(options)] if options else []), *_resize_steps((box.width, box.height), size)]


def _resize_steps(size: Size, wanted: Size) -> list[Step]:
    return [] if size == wanted else [Step({"width": wanted[0], "height": wanted[1], "fit": "squeeze"})]


def _draw_at(picture: Sequence[bytes], stamp: Size, size: Size, mark: Mark) -> Draw:
    [(left, top)] = watermark_layout.places(size, stamp, mark.position)
    steps = [Step({"width": stamp[0], "height": stamp[1], "fit": "squeeze"})]
    return Draw(picture, {"left": left, "top": top, "opacity": mark.opacity}, steps)


def _draw_over(picture: bytes, size: Size, mark: Mark) -> Draw:
    steps = [Step({"width": size[0], "height": size[1], "fit": "squeeze"})]
    return Draw([picture], {"left": 0, "top": 0, "opacity": mark.opacity}, steps)


def _check_print(spec: PrintSpec, profile: bytes | None) -> None:
    """Raise Unprocessable for a print that this adapter cannot make."""
    if spec.format not in _PRINT_MIMES:
        raise Unprocessable("TIFF and PDF are not supported here. Choose JPEG or PNG.", code="no_tiff")
    if spec.bleed or profile:
        raise Unprocessable("Prints with bleed or a colour profile require a render worker.", code="no_bleed")
    pixels = spec.width * spec.height
    if pixels > MAX_PIXELS or max(spec.width, spec.height) > MAX_SIDE:
        raise Unprocessable("This print has too many pixels. A render worker can make it.", code="too_many_pixels")
    if spec.format == "png" and pixels > _MAX_PNG_PIXELS:
        raise Unprocessable("This print is too large for PNG. Choose JPEG.", code="too_many_pixels")
