"""Decoding of HEIC, the iPhone's photo format, with pi-heif: libheif with only a decoder, so without a GPL encoder."""

from __future__ import annotations

from importlib import util
from typing import TYPE_CHECKING

from app.adapters.imaging.decode_errors import DAMAGE
from app.core.errors import BadPicture, UnsupportedMedia
from app.core.sizes import check_size

if TYPE_CHECKING:
    from PIL import Image


def decode(photo: bytes) -> Image.Image:
    """Decode the main image: upright, 8-bit, with straight alpha, and its colour profile in info["icc_profile"].

    Raises BadPicture, UnsupportedMedia.
    """
    if not util.find_spec("pi_heif"):
        raise UnsupportedMedia("HEIC photos are not supported here. Choose a JPEG or PNG photo.")
    import pi_heif

    try:
        photos = pi_heif.open_heif(photo, convert_hdr_to_8bit=True)
        check_size(*photos.size)  # before the next line decodes the pixels
        decoded: Image.Image = photos.to_pillow()
        for field in ("exif", "xmp"):
            decoded.info.pop(field, None)  # the image is already upright, so its orientation tags no longer apply
        return decoded.convert("RGBA") if decoded.mode == "RGBa" else decoded
    except DAMAGE as error:
        raise BadPicture() from error
