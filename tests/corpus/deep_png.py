"""PNG in every depth and order of rows (ISO 15948), which the imaging libraries do not all write."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from app.adapters.imaging.png import SIGNATURE, chunk

_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by the number of channels
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def written(levels: NDArray[np.uint16], depth: int, *others: bytes, interlaced: bool = False) -> bytes:
    """`levels` are rows × columns × channels, in the range of the depth (1 to 16 bits); `others` go before the pixels.

    A PLTE among the others makes the only channel numbers of colours.
    """
    height, width, channels = levels.shape
    colour = 3 if any(each[4:8] == b"PLTE" for each in others) else _COLOUR_TYPES[channels]
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    passes = [levels[y::down, x::across] for x, y, across, down in _ADAM7] if interlaced else [levels]
    packed = zlib.compress(b"".join(_rows(each, depth) for each in passes), 1)
    return SIGNATURE + chunk(b"IHDR", header) + b"".join(others) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def _rows(levels: NDArray[np.uint16], depth: int) -> bytes:
    """Each row behind the number of its filter, which is none."""
    rows = levels.reshape(levels.shape[0], -1)
    if depth == 16:
        packed = rows.astype(">u2").view(np.uint8)
    elif depth == 8:
        packed = rows.astype(np.uint8)
    else:
        bits = (rows[:, :, None] >> np.arange(depth - 1, -1, -1)) & 1
        packed = np.packbits(bits.reshape(len(rows), -1).astype(np.uint8), axis=1)
    return np.concatenate([np.zeros((len(rows), 1), np.uint8), packed], axis=1).tobytes()
