"""The story's photos, small and of one colour: what is not plain in a preview is its watermark."""

from __future__ import annotations

import io
import zipfile
from functools import cache

from PIL import Image, ImageStat

from tests.pictures import PLANTED, bad, encoded

PLAIN_DEVIATION = 1.0
"""Of a channel, in levels of 255, at most: JPEG and resizing alone stay below."""


@cache
def photo(name: str) -> bytes:
    """`photo`: a JPEG, 640 × 480, whose EXIF holds what nobody may read. Else a kind of tests.pictures.bad."""
    if name != "photo":
        return bad(name).data
    exif = Image.Exif()
    exif[0x010E] = exif[0x013B] = PLANTED
    return encoded(Image.new("RGB", (640, 480), (60, 110, 160)), "JPEG", quality=95, exif=exif)


def looks(data: bytes) -> dict[str, object]:
    """What a picture is, as far as a story can say it; `marked` when something was drawn on the one colour.

    Of a zip, the names in it.
    """
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {"zip": sorted(archive.namelist())}
    with Image.open(io.BytesIO(data)) as picture:
        deviation = max(ImageStat.Stat(picture.convert("RGB")).stddev)
        dpi = [round(value) for value in picture.info.get("dpi", ())]
        return {
            "format": picture.format,
            "size": list(picture.size),
            "marked": deviation > PLAIN_DEVIATION,
            "dpi": dpi or None,
        }
