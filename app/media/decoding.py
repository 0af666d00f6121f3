"""The cost of decoding an untrusted photo, which depends on its pixel count and format, not on its size in bytes."""

from __future__ import annotations

from app.core import sniff
from app.core.sizes import MAX_PIXELS

_RELATIVE_COST: dict[sniff.Format, int] = {"jpeg": 1, "png": 1, "webp": 1, "avif": 3, "heic": 3}
"""Cost per pixel. AVIF and HEIC take two to five times as long as the other formats: see docs/decisions/0014."""
MEGAPIXEL = 1_000_000
MOST_COST = MAX_PIXELS // MEGAPIXEL * max(_RELATIVE_COST.values())


def decoding_cost(header: sniff.Header) -> int:
    """Return the cost in units of one decoded megapixel of JPEG, which takes 10 to 80 ms of CPU time; at least 1.

    If the header does not contain the dimensions, the photo is assumed to have as many pixels as are allowed.
    """
    pixels = header.size[0] * header.size[1] if header.size else MAX_PIXELS
    return max(1, -(-pixels // MEGAPIXEL)) * _RELATIVE_COST[header.format]
