"""JPEG segments (ITU T.81, annex B), read as libjpeg does: bytes between two segments are skipped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

BASELINE, EXTENDED, PROGRESSIVE = 0xC0, 0xC1, 0xC2
START_OF_IMAGE, END_OF_IMAGE, START_OF_SCAN = 0xD8, 0xD9, 0xDA
MOST_SEGMENTS = 4_000
"""Limit before the first scan, and again after its header. A profile takes at most 255 segments, a megabyte of depth
map 16, a progressive file a few dozen."""
# Skips stray bytes, fill bytes (FF), stuffed zeros, and markers without content (TEM, RSTn).
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")


class Segment(NamedTuple):
    """A marker and the span of its segment in the file: from the FF to the end of its content."""

    marker: int
    start: int
    end: int

    @property
    def content(self) -> int:
        """The offset of the content, after the marker and the length."""
        return self.start + 4


def segment_at(data: bytes, at: int) -> Segment | None:
    """Return the first segment that starts at `at` or later, or None.

    A segment whose length is too small to be valid counts as empty, as in decoders. A segment that is cut off ends
    beyond the file.
    """
    found = _MARKER.search(data, at)
    if found is None:
        return None
    start, marker = found.start(), data[found.start() + 1]
    if marker in (START_OF_IMAGE, END_OF_IMAGE):
        return Segment(marker, start, start + 2)
    length = int.from_bytes(data[start + 2 : start + 4], "big") if start + 4 <= len(data) else 0xFFFF
    return Segment(marker, start, start + 2 + max(length, 2))


def segments(data: bytes) -> Iterator[Segment]:
    """Yield the segments before the first scan, up to and including its header; at most MOST_SEGMENTS."""
    at = 2
    for _ in range(MOST_SEGMENTS):
        found = segment_at(data, at)
        if found is None:
            return
        yield found
        if found.marker in (START_OF_SCAN, START_OF_IMAGE, END_OF_IMAGE):
            return
        at = found.end
