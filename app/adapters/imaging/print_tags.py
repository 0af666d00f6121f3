"""Adds the resolution and the sRGB profile to encoded print files, for an image service that writes neither.

Prints made with Pillow embed the same profile.
"""

from __future__ import annotations

import base64
import struct
import zlib

from app.adapters.imaging.png import SIGNATURE, chunk, chunks
from app.core.jpeg import START_OF_SCAN, segments

_PROFILE = b"ICC_PROFILE\0"
_PACKED = (
    "eNqVkTtLw2AUhp+2iqKVDjqIOHSo4tCCKIij1qFLkVIrWHVp0pvQS0hSpLgKLg4FB9HF2+A/0FVwVRAERRDxN3hbpMSTppAOOnjCl/PwJu/h5A"
    "144yW1bHTNQbli6slYNLiSXg3SURnV0OYTiTh/1tcDHrvfR+xZ/K/6szlDBU+v8Iyq6aawbEN809Rs3hUeUouZrPCxcFiXBYVvbF1x+NXmgsMf"
    "Nuup5AJ47ZnBQgcrHawW9bLwhHCoXKqp7X3sL/HnKstL0kfkjGKQJEaUIAo1NihhEpFekcx+9022fItUxaPKXaOOLo4CRfGGRa3J1Jz0vOg5uU"
    "rU3dzdPI389JQz3R+F7hfLeh+Dnj1oNizr+8Symqfge4ariuuvSk6zn6I3XC10BIFtuLh2NWUfLndg+EnL6JmW5JPjzefh7RwG0jB4B31rTlbt"
    "55w9QmpLftEtHBzCuLwfWP8BJ6NmvQ=="
)


def srgb_profile() -> bytes:
    """The sRGB profile of Little CMS (ICC 4.4), without its creation date, so that the same print is the same file."""
    return zlib.decompress(base64.b64decode(_PACKED))


def tag_jpeg(jpeg: bytes, dpi: int) -> bytes:
    """Set a JPEG's resolution, and add the sRGB profile unless it has a profile. Raises BadPicture."""
    density = b"JFIF\0\x01\x02\x01" + struct.pack(">HH", dpi, dpi) + b"\0\0"
    profiles, tables, scan = [], [], 0
    for marker, start, end in segments(jpeg):
        if marker == 0xE2 and jpeg[start + 4 : end].startswith(_PROFILE):
            profiles.append(jpeg[start:end])
        elif marker == START_OF_SCAN:
            scan = start
        elif marker == 0xEE or not 0xE0 <= marker <= 0xEF:  # Adobe's segment defines the colour transform
            tables.append(jpeg[start:end])
    profiles = profiles or [_segment(0xE2, _PROFILE + b"\x01\x01" + srgb_profile())]
    return b"".join([b"\xff\xd8", _segment(0xE0, density), *profiles, *tables, memoryview(jpeg)[scan:]])


def tag_png(png: bytes, dpi: int) -> bytes:
    """Set a PNG's resolution, in whole pixels per metre, and add the sRGB profile unless it has a profile."""
    kept = [(name, body) for name, body in chunks(png) if name not in (b"pHYs", b"sRGB")]
    density = struct.pack(">IIB", *[round(dpi / 0.0254)] * 2, 1)
    added = [chunk(b"pHYs", density)]
    if not any(name == b"iCCP" for name, _ in kept):
        added.append(chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(srgb_profile(), 9)))
    header, *rest = [chunk(name, body) for name, body in kept]
    return b"".join([SIGNATURE, header, *added, *rest])


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
