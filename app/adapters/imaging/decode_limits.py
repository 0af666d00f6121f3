"""Time and memory limits for decoding a photo: twice what a valid photo of the same file size and pixel count needs.

Measured with 50 megapixels in 25 MB: HEIC takes 8.8 seconds of processor time. A noisy AVIF takes 0.26 seconds per
megapixel, at half a megabyte of file per megapixel. A 10-bit AVIF in libvips and a WebP in Pillow need the most memory,
up to 20 bytes per pixel. Photos of 0.3 megapixels need at most 0.2 seconds, so the smallest limit is 2 seconds.
See docs/decisions/0008 and 0014.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.core.sizes import MAX_PIXELS

MB = 1024 * 1024
MOST_MEGABYTES = 1536
_SECONDS, _SECONDS_A_MB, _SECONDS_A_MEGAPIXEL = 2, 0.6, 0.2
_TIMES_WAITED = 4  # the process shares its cores with other work
_MEGABYTES, _BYTES_A_PIXEL = 250, 24


@dataclass(frozen=True)
class Allowance:
    """The limits of one decode: seconds of processor time, seconds of elapsed time, and megabytes of memory."""

    processor_seconds: float
    seconds: float
    megabytes: int


def allowance(photo_bytes: int, size: tuple[int, int] | None) -> Allowance:
    """The limits for a photo of `photo_bytes` and `size` (width × height). Without a size, MAX_PIXELS is assumed."""
    pixels = size[0] * size[1] if size else MAX_PIXELS
    seconds = _SECONDS + _SECONDS_A_MB * photo_bytes / MB + _SECONDS_A_MEGAPIXEL * pixels / 1_000_000
    megabytes = _MEGABYTES + _BYTES_A_PIXEL * pixels // MB
    return Allowance(seconds, seconds * _TIMES_WAITED, min(megabytes, MOST_MEGABYTES))
