"""How much of a picture a printer cannot show, by littleCMS, which comes with Pillow."""

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

_SEEN = 5.0  # CIELAB: a difference that an untrained eye sees side by side
_INTENTS = {"relative": "RELATIVE_COLORIMETRIC", "perceptual": "PERCEPTUAL"}


def share(master: bytes, profile: bytes, intent: Intent) -> float | None:
    """The share (0 to 1) of a small copy's pixels that come back from the printer's colours as visibly other ones.

    Black points are fitted to each other on both ways, and white is the paper's, so that what is left are colours.
    None for a profile that does not print. Raises BadPicture.
    """
    from PIL import ImageCms

    with pillow_photo.opened(master) as image:
        size = pillow_photo.upright_size(image)
        pixels = pillow_photo.pixels(image, Box(0, 0, *size), fit(size, OVERVIEW_SIDE))
    screen, lab = (ImageCms.ImageCmsProfile(ImageCms.createProfile(name)) for name in ("sRGB", "LAB"))
    try:
        printer = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        inks = "CMYK" if printer.profile.xcolor_space.strip() == "CMYK" else "RGB"
        printed = _turned(pixels, (screen, "RGB"), (printer, inks), intent)
        seen = _turned(printed, (printer, inks), (lab, "LAB"), "relative")
        meant = _turned(pixels, (screen, "RGB"), (lab, "LAB"), "relative")
    except (ImageCms.PyCMSError, OSError):
        return None
    far = [math.dist(*pair) > _SEEN for pair in zip(_colours(meant), _colours(seen), strict=True)]
    return round(sum(far) / len(far), 4)


def _turned(
    image: Image.Image,
    source: tuple[ImageCms.ImageCmsProfile, str],
    to: tuple[ImageCms.ImageCmsProfile, str],
    intent: Intent,
) -> Image.Image:
    """From one profile's pixels to another's; each with its mode."""
    from PIL import ImageCms

    how, black = ImageCms.Intent[_INTENTS[intent]], ImageCms.Flags.BLACKPOINTCOMPENSATION
    between = ImageCms.buildTransform(source[0], to[0], source[1], to[1], how, flags=black)
    return ImageCms.applyTransform(image, between) or image  # None where it works in place, which it was not asked to


def _colours(image: Image.Image) -> Iterator[tuple[float, float, float]]:
    """CIELAB in its own units; Pillow keeps lightness in 255 steps, a and b as signed bytes."""
    data = image.tobytes()
    signed = [level - 256 if level > 127 else level for level in range(256)]
    for light, a, b in zip(data[::3], data[1::3], data[2::3], strict=True):
        yield light * 100 / 255, signed[a], signed[b]
