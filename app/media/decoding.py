"""What it costs to decode a stranger's photo: its pixels by its format, whatever its bytes."""

from __future__ import annotations

from app.core import sniff
from app.core.sizes import MAX_PIXELS

_TIMES: dict[sniff.Format, int] = {"jpeg": 1, "png": 1, "webp": 1, "avif": 2, "heic": 3}
"""Of the slowest photos of 50 megapixels in docs/decisions/0008: 3.3, 4.0, 2.6, 5.9 and 8.8 seconds."""
MEGAPIXEL = 1_000_000
MOST_COST = MAX_PIXELS // MEGAPIXEL * max(_TIMES.values())


def decoding_cost(header: sniff.Header) -> int:
    """Units of one megapixel of JPEG, at most 80 ms of processor time; at least 1.

    A photo whose size lies beyond its head costs the most that may be decoded in its format.
    """
    pixels = header.size[0] * header.size[1] if header.size else MAX_PIXELS
    return max(1, -(-pixels // MEGAPIXEL)) * _TIMES[header.format]
