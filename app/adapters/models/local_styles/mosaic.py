"""The stained-glass style: single-colour pieces of glass that follow the photo's edges, with lead between them.

The pieces are SLIC superpixels (Achanta et al., 2012): k-means over position and colour, in which each pixel is
compared only with the centres of the nine nearest grid cells.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.adapters.models.local_styles.tools import Pixels, Plane, blur, flatten, resize, unit

_PIECES = 44  # along the longer side
_ROUNDS = 4
_COMPACT = 0.5  # weight of position relative to colour; higher values give rounder pieces
_LEAD = (0.07, 0.06, 0.08)


def mosaic(photo: Pixels) -> Pixels:
    """Slightly shaded pieces of glass with lead between them."""
    height, width = photo.shape[:2]
    half = resize(photo, (max(1, width // 2), max(1, height // 2)))
    centres = _Centres.spread(flatten(half, 0.006))
    for _ in range(_ROUNDS):
        centres.update()
    calm = flatten(photo, 0.006)
    pieces = centres.nearest(calm)
    glass = _means(photo, pieces, centres.count)[pieces]
    glass = unit(0.78 * glass + 0.22 * blur(photo, 0.004))
    grey = glass.mean(axis=2, keepdims=True)
    glass = unit((grey + (glass - grey) * 1.5 - 0.5) * 1.12 + 0.54)
    lead = _lead(pieces)
    shine = 1 + 0.10 * (0.5 - unit(blur(lead, 0.004) * 3))[..., None]
    return unit(glass * shine) * (1 - lead[..., None]) + np.asarray(_LEAD, np.float32) * lead[..., None]


class _Centres:
    """The pieces' centres on a coarse grid. Each has a position (0 to 1 of the longer side) and a colour."""

    def __init__(self, photo: Pixels, rows: int, columns: int) -> None:
        self._photo, self.rows, self.columns = photo, rows, columns
        self.count = rows * columns

    @classmethod
    def spread(cls, photo: Pixels) -> _Centres:
        """Place one centre in every grid cell, with every other row shifted by half a cell."""
        height, width = photo.shape[:2]
        cell = max(height, width) / _PIECES
        centres = cls(photo, max(1, round(height / cell)), max(1, round(width / cell)))
        rows, columns = np.divmod(np.arange(centres.count), centres.columns)
        down = (rows + 0.5) * height / centres.rows
        across = (columns + 0.25 + 0.5 * (rows % 2)) * width / centres.columns
        sample = photo[down.astype(int), np.minimum(across.astype(int), width - 1)]
        place = np.stack([down, across], axis=1) / max(height, width)
        centres.features = np.concatenate([place, sample], axis=1).astype(np.float32)
        return centres

    features: Pixels

    def update(self) -> None:
        """Move every centre to the mean of the pixels nearest to it (one k-means iteration)."""
        pieces = self.nearest(self._photo)
        mean = _means(np.concatenate([_places(self._photo.shape), self._photo], axis=2), pieces, self.count)
        is_used = np.bincount(pieces.ravel(), minlength=self.count) > 0
        self.features[is_used] = mean[is_used]

    def nearest(self, photo: Pixels) -> NDArray[np.intp]:
        """For each pixel, the index of the nearest centre among those of the nine surrounding grid cells."""
        height, width = photo.shape[:2]
        row = np.arange(height) * self.rows // height
        column = np.arange(width) * self.columns // width
        planes = np.ascontiguousarray(
            _scale_features(np.concatenate([_places(photo.shape), photo], 2)).transpose(2, 0, 1)
        )
        centres = _scale_features(self.features)
        best: Plane = np.full((height, width), np.inf, np.float32)
        found = np.zeros((height, width), np.intp)
        for down in (-1, 0, 1):
            for across in (-1, 0, 1):
                there_row = np.clip(row + down, 0, self.rows - 1)[:, None]
                number = there_row * self.columns + np.clip(column + across, 0, self.columns - 1)
                distance = sum((plane - centres[number, at]) ** 2 for at, plane in enumerate(planes))
                nearer = distance < best
                np.copyto(best, distance, where=nearer)
                np.copyto(found, number, where=nearer)
        return found


def _scale_features(features: Plane) -> Plane:
    """Scale position and colour so that distances between them can be compared."""
    weights = np.array([_PIECES * _COMPACT] * 2 + [2] * 3, np.float32)
    weighed: Plane = features * weights
    return weighed


def _places(shape: tuple[int, ...]) -> Pixels:
    down, across = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return np.stack([down, across], axis=2) / max(shape[:2])


def _means(values: Pixels, pieces: NDArray[np.intp], count: int) -> Pixels:
    """The mean of each channel over each piece, of shape (count, channels)."""
    flat = pieces.ravel()
    sizes = np.maximum(np.bincount(flat, minlength=count), 1)
    channels = [np.bincount(flat, values[..., each].ravel(), count) / sizes for each in range(values.shape[2])]
    return np.stack(channels, axis=1).astype(np.float32)


def _lead(pieces: NDArray[np.intp]) -> Pixels:
    """A mask of the lead between pieces: 1 where two pieces meet, with soft edges."""
    edge = np.zeros(pieces.shape, np.float32)
    edge[:, 1:] += pieces[:, 1:] != pieces[:, :-1]
    edge[1:] += pieces[1:] != pieces[:-1]
    return unit(blur(np.minimum(edge, 1), 0.0009) * 2.2 - 0.1)
