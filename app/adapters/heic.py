"""HEIC, every iPhone's format, by pi-heif: libheif with a decoder alone, so no GPL encoder comes along."""

from __future__ import annotations

from importlib import util
from typing import TYPE_CHECKING

from app.adapters.damage import DAMAGE
from app.core.errors import BadPicture, UnsupportedMedia
from app.core.sizes import check_size

if TYPE_CHECKING:
    from PIL import Image

_AVIF = {b"avif", b"avis"}


def is_heic(photo: bytes) -> bool:
    """Whether this is a HEIF file that is not AVIF: the imaging libraries read AVIF on their own."""
    if photo[4:8] != b"ftyp":
        return False
    listed = photo[8 : min(int.from_bytes(photo[:4], "big"), 1024)]
    return _AVIF.isdisjoint(listed[at : at + 4] for at in range(0, len(listed), 4))


def decode(photo: bytes) -> Image.Image:
    """The main image, upright, 8 bit; its colour profile in info["icc_profile"]. Raises BadPicture."""
    if not util.find_spec("pi_heif"):
        raise UnsupportedMedia("HEIC photos cannot be read here. Please choose a JPEG or PNG photo.")
    import pi_heif

    try:
        photos = pi_heif.open_heif(photo, convert_hdr_to_8bit=True)
        check_size(*photos.size)  # the pixels are decoded by what follows
        decoded: Image.Image = photos.to_pillow()
        decoded.info.pop("exif", None)  # it is upright already, whatever is said there
    except DAMAGE as error:
        raise BadPicture() from error
    return decoded
