"""Samples of a photo on their way between processes: words for JSON, and bytes."""

from __future__ import annotations

from typing import Any

from app.core.pictures import Raster, Samples


def packed(samples: Samples) -> tuple[dict[str, Any], bytes]:
    rasters = (samples.overview, *samples.patches)
    words = {"size": [samples.width, samples.height], "rasters": [[each.width, each.height] for each in rasters]}
    return words, b"".join(each.data for each in rasters)


def unpacked(words: dict[str, Any], data: bytes) -> Samples:
    rasters, at = [], 0
    for width, height in words["rasters"]:
        rasters.append(Raster(data[at : at + width * height * 3], width, height))
        at += width * height * 3
    width, height = words["size"]
    return Samples(width, height, rasters[0], tuple(rasters[1:]))
