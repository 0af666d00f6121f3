"""Checks that a JPEG without an end marker has all its pixels, since libjpeg fills missing ones with grey.

libjpeg only warns about it. Pillow does not report the warning, and libvips does not report it for the last rows. But
bytes that follow the end of the data affect only missing pixels. So this module decodes the photo with different
continuations and compares the results.
"""

from __future__ import annotations

import io

from app.adapters.imaging.decode_errors import DAMAGE
from app.adapters.imaging.metadata_stripper import BarePhoto
from app.core.errors import BadPicture

_NOISE = bytes(range(1, 255))
_CONTINUED = (b"", _NOISE, b"".join(bytes([0xFF, marker]) + _NOISE for marker in range(0xD0, 0xD8)))
"""The bytes that continue the data: none, noise, and noise after each restart marker."""


def check_pixels(photo: BarePhoto) -> None:
    """Raise BadPicture if pixels are missing. Only photos without an end marker are decoded, three times."""
    from PIL import Image, ImageChops

    if photo.is_ended:
        return
    *parts, end = photo.parts
    files = (io.BytesIO(b"".join([*parts, more, end])) for more in _CONTINUED)
    try:
        plain, *others = (Image.open(file, formats=("JPEG",)) for file in files)
        is_whole = not any(ImageChops.difference(plain, other).getbbox() for other in others)
    except DAMAGE as error:
        raise BadPicture() from error
    if not is_whole:
        raise BadPicture()
