"""Whether a JPEG whose end marker is missing has all its pixels: libjpeg fills up with grey what is not there.

It only warns, which does not come through Pillow, and from libvips not for the last rows. But what follows the end of
the data shows in nothing but pixels that are missing. So this decodes with different continuations, and compares.
"""

from __future__ import annotations

import io

from app.adapters.imaging.decode_errors import DAMAGE
from app.adapters.imaging.metadata_stripper import BarePhoto
from app.core.errors import BadPicture

_NOISE = bytes(range(1, 255))
_CONTINUED = (b"", _NOISE, b"".join(bytes([0xFF, marker]) + _NOISE for marker in range(0xD0, 0xD8)))
"""Nothing, data, and intervals of data behind restart markers."""


def check_pixels(photo: BarePhoto) -> None:
    """Three decodes, for the few photos without an end. Raises BadPicture where pixels are missing."""
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
