"""Decoding of untrusted photos with libvips: an allowlist of loaders, then crop, resize, rotation and sRGB."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from app.adapters.imaging import heic
from app.adapters.imaging.metadata_stripper import BarePhoto, bare
from app.adapters.imaging.missing_pixels import check_pixels
from app.core.crop_geometry import Box, unturned
from app.core.errors import BadPicture
from app.core.pictures import WHITE, Raster, rgb
from app.core.sizes import check_size

T = TypeVar("T")
_LOADERS = ("Jpeg", "Png", "Webp", "Heif")  # Heif loads only AVIF: the wheel has no HEVC decoder
_HARMLESS = "extraneous bytes"  # a warning about stray bytes after a scan's data
_PROFILE = "icc-profile-data"


@functools.cache
def library() -> Any:
    """pyvips with every loader blocked except those of the allowlist, and without a cache, since photos are private."""
    import pyvips

    pyvips.cache_set_max(0)
    pyvips.block_untrusted_set(True)
    pyvips.operation_block_set("VipsForeignLoad", True)
    for name in _LOADERS:
        pyvips.operation_block_set(f"VipsForeignLoad{name}", False)
    return pyvips


def with_photo(data: bytes, work: Callable[[Photo], T]) -> T:
    """Open a photo and return `work(photo)`. libvips decodes lazily, so damage is only detected within `work`.

    `work` may run twice, with another tolerance. Raises UnsupportedMedia, BadPicture.
    """
    vips, photo = library(), bare(data)
    check_pixels(photo)
    try:
        try:
            return work(Photo.open(photo, "warning"))
        except vips.Error as error:
            if _HARMLESS not in str(error):
                raise
            return work(Photo.open(photo, "error"))
    except vips.Error as error:
        raise BadPicture() from error


@dataclass(frozen=True)
class Photo:
    """An opened photo whose pixels are not decoded yet."""

    bare: BarePhoto
    data: bytes
    image: Any
    fail_on: str

    @classmethod
    def open(cls, photo: BarePhoto, fail_on: str) -> Photo:
        """Open a photo. Raises BadPicture, or libvips's own error."""
        data = photo.data
        image = _from_pillow(heic.decode(data)) if photo.format == "heic" else _load(photo, data, fail_on)
        check_size(image.width, image.height)
        if photo.profile and not has(image, _PROFILE):
            image = image.copy()
            image.set_type(library().GValue.blob_type, _PROFILE, photo.profile)
        return cls(photo, data, image, fail_on)

    @property
    def turn(self) -> int:
        """The EXIF orientation, 1 to 8. It is 1 for AVIF, whose rotation libvips applies when it loads the file."""
        return self.bare.turn

    @property
    def loader(self) -> str:
        """The name of the libvips loader; empty for a photo that was decoded elsewhere."""
        return str(self.image.get("vips-loader")) if has(self.image, "vips-loader") else ""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the upright photo."""
        stored = self.image.width, self.image.height
        return stored if self.turn < 5 else (stored[1], stored[0])

    def pixels(self, box: Box, size: tuple[int, int], background: str = WHITE) -> Raster:
        """The box of the upright photo at `size`, in sRGB on `background`.

        It is cropped and resized as stored, then rotated, since rotating first would need the whole photo in memory.
        """
        turn = self.turn
        if turn >= 5:
            size = size[1], size[0]
        image = self._cut(unturned(box, (self.image.width, self.image.height), turn), size)
        return self._finish(image, size, background)

    def patches(self, boxes: Sequence[Box], background: str = WHITE) -> list[Raster]:
        """The boxes of the upright photo at its own resolution, as returned by `patches`.

        They are read from top to bottom, so that the photo is decoded only once and never held in memory. Boxes that
        share any rows of the stored photo must share all of them.
        """
        stored = [unturned(box, (self.image.width, self.image.height), self.turn) for box in boxes]
        region, found = library().Region.new(self.image), {}
        for top in sorted({box.top for box in stored}):
            level = [box for box in stored if box.top == top]
            left, right = min(box.left for box in level), max(box.left + box.width for box in level)
            height = max(box.height for box in level)
            band = self._same_kind(region.fetch(left, top, right - left, height), right - left, height)
            for box in level:
                piece = band.crop(box.left - left, 0, box.width, box.height)
                found[box] = self._finish(piece, (box.width, box.height), background)
        return [found[box] for box in stored]

    def overview(self, box: Box, size: tuple[int, int], background: str = WHITE) -> Raster:
        """The same as `pixels`, accurate to a few pixels of the photo, since a JPEG is decoded at an eighth."""
        if self.bare.format == "heic":  # it is decoded in memory; `patches` has read other formats to their end
            return self.pixels(box, size, background)
        if not self._is_jpeg or min(box.width // size[0], box.height // size[1]) < 8:
            return Photo.open(self.bare, self.fail_on).pixels(box, size, background)
        turn, small = self.turn, library().Image.jpegload_buffer(self.data, fail_on=self.fail_on, shrink=8)
        near = unturned(box, (self.image.width, self.image.height), turn)
        image = small.crop(near.left // 8, near.top // 8, near.width // 8, near.height // 8)
        return self._finish(image, size if turn < 5 else (size[1], size[0]), background)

    def _finish(self, image: Any, size: tuple[int, int], background: str) -> Raster:
        """Resize a part of the stored photo to `size`, flatten its alpha, convert it to sRGB and rotate it upright."""
        if image.hasalpha():
            image = _flatten(image, background)
        image = _srgb(resized(image, size)).copy_memory()
        image.set_type(library().GValue.gint_type, "orientation", self.turn)
        return raster(image.autorot())

    def _same_kind(self, data: bytes, width: int, height: int) -> Any:
        """An image of raw pixels with the photo's format, interpretation and profile, for `_finish`."""
        vips = library()
        fresh = vips.Image.new_from_memory(data, width, height, self.image.bands, self.image.format)
        fresh = fresh.copy(interpretation=self.image.interpretation)
        if has(self.image, _PROFILE):
            fresh.set_type(vips.GValue.blob_type, _PROFILE, self.image.get(_PROFILE))
        return fresh

    @property
    def _is_jpeg(self) -> bool:
        return self.loader == "jpegload_buffer"

    def _cut(self, box: Box, size: tuple[int, int]) -> Any:
        """Crop to the box. A whole JPEG that gets much smaller is decoded at 1/2, 1/4 or 1/8, three times as fast."""
        ratio = min(box.width // size[0], box.height // size[1])
        whole = (box.width, box.height) == (self.image.width, self.image.height)
        if whole and ratio >= 2 and self._is_jpeg:
            shrink = max(step for step in (2, 4, 8) if step <= ratio)
            return library().Image.jpegload_buffer(self.data, access="sequential", fail_on=self.fail_on, shrink=shrink)
        return self.image if whole else self.image.crop(box.left, box.top, box.width, box.height)


def has(image: Any, field: str) -> bool:
    """Return True if the image has the field. Listing all fields would fail if a file defines one in invalid UTF-8."""
    return bool(image.get_typeof(field))


def resized(image: Any, size: tuple[int, int]) -> Any:
    """Resize an image to exactly `size`, with Lanczos to shrink it and bicubic to enlarge it."""
    if (image.width, image.height) == size:
        return image
    across, down = size[0] / image.width, size[1] / image.height
    if across >= 1 and down >= 1:
        return _enlarge(image, size, across, down)
    near = image.resize(across, vscale=down, kernel="lanczos3")
    return near if (near.width, near.height) == size else near.crop(0, 0, *size)


def _enlarge(image: Any, size: tuple[int, int], across: float, down: float) -> Any:
    """Enlarge with affine(). resize() aligns pixel corners instead of centres and would shift the picture."""
    cubic = library().Interpolate.new("bicubic")
    middle = {"odx": (across - 1) / 2, "ody": (down - 1) / 2}
    return image.affine([across, 0, 0, down], interpolate=cubic, oarea=[0, 0, *size], extend="copy", **middle)


def image_of(pixels: Raster) -> Any:
    """An sRGB image of raw pixels, without any metadata."""
    fresh = library().Image.new_from_memory(pixels.data, pixels.width, pixels.height, 3, "uchar")
    return fresh.copy(interpretation="srgb")


def raster(image: Any) -> Raster:
    """The image's raw pixels."""
    return Raster(bytes(image.write_to_memory()), image.width, image.height)


def _load(photo: BarePhoto, data: bytes, fail_on: str) -> Any:
    """Load a photo. Raises libvips's own error."""
    vips = library()
    if data[4:12] == b"ftypavis":  # an animated AVIF; libvips only recognizes the brand of a still one
        data = data[:8] + b"avif" + data[12:]
    image = vips.Image.new_from_buffer(data, "", access="sequential", fail_on=fail_on)
    if photo.has_premultiplied_alpha and image.hasalpha():
        return image.unpremultiply().cast(image.format).copy(interpretation=image.interpretation)
    return image


def _from_pillow(decoded: Any) -> Any:
    vips = library()
    bands = len(decoded.getbands())
    image = vips.Image.new_from_memory(decoded.tobytes(), decoded.width, decoded.height, bands, "uchar")
    image = image.copy(interpretation="srgb" if bands > 2 else "b-w")
    if profile := decoded.info.get("icc_profile"):
        image.set_type(vips.GValue.blob_type, _PROFILE, profile)
    return image


def _flatten(image: Any, background: str) -> Any:
    """Composite on the background. The image is converted to sRGB first, since the background is an sRGB colour."""
    alpha = image[image.bands - 1]
    if image.format == "ushort":
        alpha = alpha >> 8
    return _srgb(image[0 : image.bands - 1]).bandjoin(alpha.cast("uchar")).flatten(background=list(rgb(background)))


def _srgb(image: Any) -> Any:
    if has(image, _PROFILE):
        if image.bands == 1 and image.get(_PROFILE)[16:20] == b"RGB ":
            image = image.colourspace("rgb16" if image.format == "ushort" else "srgb")
        image = image.icc_transform("srgb", embedded=True, intent="relative", black_point_compensation=True, depth=8)
    image = image.colourspace("srgb").cast("uchar")
    return image if image.bands == 3 else image[0:3]
