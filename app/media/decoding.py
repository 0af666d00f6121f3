"""What it costs to decode a stranger's photo: its pixels by its format, whatever its bytes."""

from __future__ import annotations

from app.core import sniff
from app.core.sizes import MAX_PIXELS

_TIMES: dict[sniff.Format, int] = {"jpeg": 1, "png": 1, "webp": 1, "avif": 3, "heic": 3}
"""AVIF and HEIC take two to five times what the others take for the same pixels: docs/decisions/0014."""
MEGAPIXEL = 1_000_000
MOST_COST = MAX_PIXELS // MEGAPIXEL * max(_TIMES.values())


def decoding_cost(header: sniff.Header) -> int:
    """Units of one megapixel of JPEG, 10 to 80 ms of processor time each time it is decoded; at least 1.

    A photo whose size lies beyond its head costs the most that may be decoded in its format.
    """
    pixels = header.size[0] * header.size[1] if header.size else MAX_PIXELS
    return max(1, -(-pixels // MEGAPIXEL)) * _TIMES[header.format]
