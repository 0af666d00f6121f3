"""What a photo may take to be developed: twice what a good one of its bytes and pixels needs.

Measured with 50 megapixels in 25 MB: HEIC takes 8.8 seconds of processor time, a noisy AVIF 0.26 seconds a megapixel
with half a megabyte each. A 10-bit AVIF in libvips and a WebP in Pillow take most memory, up to 20 bytes a pixel.
Photos of 0.3 megapixels need 0.2 seconds at most, so few bytes with few pixels earn no more than 2.
docs/decisions/0008 and 0014 have the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.core.sizes import MAX_PIXELS

MB = 1024 * 1024
MOST_MEGABYTES = 1536
_SECONDS, _SECONDS_A_MB, _SECONDS_A_MEGAPIXEL = 2, 0.6, 0.2
_TIMES_WAITED = 4  # other work has the cores too
_MEGABYTES, _BYTES_A_PIXEL = 250, 24


@dataclass(frozen=True)
class Allowance:
    """Seconds of processor time, seconds that may pass, and megabytes of memory."""

    processor_seconds: float
    seconds: float
    megabytes: int


def allowance(photo_bytes: int, size: tuple[int, int] | None) -> Allowance:
    """For a photo of so many bytes and width × height pixels; of the most pixels, where the size is not known."""
    pixels = size[0] * size[1] if size else MAX_PIXELS
    seconds = _SECONDS + _SECONDS_A_MB * photo_bytes / MB + _SECONDS_A_MEGAPIXEL * pixels / 1_000_000
    megabytes = _MEGABYTES + _BYTES_A_PIXEL * pixels // MB
    return Allowance(seconds, seconds * _TIMES_WAITED, min(megabytes, MOST_MEGABYTES))
