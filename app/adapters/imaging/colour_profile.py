"""Validation of a printer's ICC profile by its header (ICC.1:2022, 7.2)."""

from __future__ import annotations

from typing import Literal

from app.core.errors import Unprocessable
from app.core.pictures import PrintFormat

Space = Literal["RGB", "CMYK"]
_HEADER_BYTES = 128
_PRINTERS = (b"prtr", b"mntr", b"spac")  # device classes that can be a destination: output, display, colour space


def space_of(profile: bytes, fmt: PrintFormat) -> Space:
    """The colour space of a print with this profile. Raises Unprocessable: bad_profile, no_cmyk_png."""
    sound = len(profile) > _HEADER_BYTES and profile[36:40] == b"acsp" and profile[12:16] in _PRINTERS
    space = profile[16:20].decode("latin-1").strip()
    if not sound or len(profile) != int.from_bytes(profile[:4], "big") or space not in ("RGB", "CMYK"):
        raise bad_profile()
    if space == "RGB":
        return "RGB"
    if fmt == "png":
        raise Unprocessable("PNG does not support CMYK. Choose TIFF, PDF or JPEG.", code="no_cmyk_png")
    return "CMYK"


def bad_profile() -> Unprocessable:
    return Unprocessable("This colour profile cannot be used. Choose an RGB or CMYK profile.", code="bad_profile")
