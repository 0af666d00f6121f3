"""The share of a picture's colours that are outside a printer's gamut, computed with Little CMS, part of Pillow."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.adapters.imaging import pillow_photo
from app.core.crop_geometry import OVERVIEW_SIDE, Box, fit
from app.core.pictures import Intent

if TYPE_CHECKING:
    from PIL import Image, ImageCms

_VISIBLE_DIFFERENCE = 5.0  # CIELAB distance that an untrained eye sees when two colours are side by side
_INTENTS = {"relative": "RELATIVE_COLORIMETRIC", "perceptual": "PERCEPTUAL"}


def share(master: bytes, profile: bytes, intent: Intent) -> float | None:
    """The share (0 to 1) of a small copy's pixels that change visibly when converted to the printer's colours and back.

    Both conversions use black point compensation and are relative to the paper's white, so that only colour differences
    count. Returns None for a profile that cannot be a destination. Raises BadPicture.
    """
    from PIL import ImageCms

    with pillow_photo.open_photo(master) as image:
        size = pillow_photo.upright_size(image)
        pixels = pillow_photo.pixels(image, Box(0, 0, *size), fit(size, OVERVIEW_SIDE))
    screen, lab = (ImageCms.ImageCmsProfile(ImageCms.createProfile(name)) for name in ("sRGB", "LAB"))
    try:
        printer = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        inks = "CMYK" if printer.profile.xcolor_space.strip() == "CMYK" else "RGB"
        printed = _convert(pixels, (screen, "RGB"), (printer, inks), intent)
        seen = _convert(printed, (printer, inks), (lab, "LAB"), "relative")
        meant = _convert(pixels, (screen, "RGB"), (lab, "LAB"), "relative")
    except (ImageCms.PyCMSError, OSError):
        return None
    far = [math.dist(*pair) > _VISIBLE_DIFFERENCE for pair in zip(_colours(meant), _colours(seen), strict=True)]
    return round(sum(far) / len(far), 4)


def _convert(
    image: Image.Image,
    source: tuple[ImageCms.ImageCmsProfile, str],
    to: tuple[ImageCms.ImageCmsProfile, str],
    intent: Intent,
) -> Image.Image:
    """Convert pixels from one profile to another. Each profile comes with its Pillow mode."""
    from PIL import ImageCms

    how, black = ImageCms.Intent[_INTENTS[intent]], ImageCms.Flags.BLACKPOINTCOMPENSATION
    between = ImageCms.buildTransform(source[0], to[0], source[1], to[1], how, flags=black)
    return ImageCms.applyTransform(image, between) or image  # None only for in-place conversion


def _colours(image: Image.Image) -> Iterator[tuple[float, float, float]]:
    """Yield CIELAB values in standard units. Pillow stores lightness from 0 to 255, and a and b as signed bytes."""
    data = image.tobytes()
    signed = [level - 256 if level > 127 else level for level in range(256)]
    for light, a, b in zip(data[::3], data[1::3], data[2::3], strict=True):
        yield light * 100 / 255, signed[a], signed[b]
