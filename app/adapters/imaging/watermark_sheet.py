"""A tiled watermark as one transparent picture, in pure Python. Tiles are tilted, but Cloudflare Images rotates only by
multiples of 90 degrees.

A rotation is composed of three shears. Each moves whole rows or columns, which is fast in Python.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from app.adapters.imaging import watermark_layout
from app.adapters.imaging.png import Planes, from_rows

Size = tuple[int, int]
_ANGLE = math.radians(watermark_layout.TILT)


def sheet(stamp: Planes, stamp_size: Size, size: Size) -> bytes:
    """A PNG of tilted stamps, to be stretched over a picture of `size`, in which they then have the size `stamp_size`.

    It is drawn at the stamp's own scale, divided by an integer so that it is no finer than the picture.
    """
    stamp = _shrink(stamp, stamp.width // (2 * stamp_size[0]))  # fewer pixels to rotate
    tile = _rotate(_with_alpha(stamp))
    times = -(-stamp.width // stamp_size[0])
    tile = _shrink(tile, times)
    scale = stamp.width / times / stamp_size[0]
    canvas = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    rows = _tile_rows(tile, size, watermark_layout.tilted_size(stamp_size), canvas)
    return from_rows(rows, len(tile.channels), *canvas)


def _tile_rows(tile: Planes, size: Size, tile_size: Size, canvas: Size) -> Iterator[bytes]:
    """Yield the rows of the canvas, with the picture's layout scaled to it."""
    across, down, count = canvas[0] / size[0], canvas[1] / size[1], len(tile.channels)
    stride, empty = tile.width * count, bytes(canvas[0] * count)
    drawn = _side_by_side(tile)
    rows: dict[int, bytes] = {}
    for top, lefts in watermark_layout.rows(size, tile_size):
        at = round(top * down)
        starts = [round(left * across) * count for left in lefts]
        for row in range(max(0, at), min(canvas[1], at + tile.height)):
            rows[row] = _repeat(drawn[(row - at) * stride : (row - at + 1) * stride], starts, len(empty))
    for below in range(canvas[1]):
        yield rows.get(below, empty)


def _repeat(piece: bytes, starts: list[int], length: int) -> bytes:
    """A row with the piece at each start. Starts may be negative, and pieces may extend beyond the end."""
    ahead = -min(0, *starts)
    row = bytearray(ahead + length + len(piece))
    for start in starts:
        row[ahead + start : ahead + start + len(piece)] = piece
    return bytes(row[ahead : ahead + length])


def _shrink(planes: Planes, times: int) -> Planes:
    """Shrink by an integer factor. Each pixel is the mean of those that it replaces; remaining pixels are cropped."""
    if times < 2:
        return planes
    width, height = planes.width // times, planes.height // times
    channels = [
        b"".join(_mean_row(channel, planes.width, row * times, times, width) for row in range(height))
        for channel in planes.channels
    ]
    return Planes(channels, width, height)


def _mean_row(channel: bytes, across: int, top: int, times: int, width: int) -> bytes:
    starts = [row * across + left for row in range(top, top + times) for left in range(times)]
    columns = [channel[at : at + (width - 1) * times + 1 : times] for at in starts]
    return bytes([sum(pixels) // len(pixels) for pixels in zip(*columns, strict=True)])


def _side_by_side(planes: Planes) -> bytes:
    pixels = bytearray(len(planes.channels) * planes.width * planes.height)
    for at, channel in enumerate(planes.channels):
        pixels[at :: len(planes.channels)] = channel
    return bytes(pixels)


def _with_alpha(planes: Planes) -> Planes:
    if len(planes.channels) in (2, 4):
        return planes
    return Planes([*planes.channels, b"\xff" * (planes.width * planes.height)], planes.width, planes.height)


def _rotate(planes: Planes) -> Planes:
    """Rotate counter-clockwise about the centre and crop to the bounding box."""
    once, twice = math.tan(_ANGLE / 2), -math.sin(_ANGLE)
    turned = planes
    for step in (_across(once), _down(twice), _across(once)):
        turned = step(turned)
    return _crop_centre(turned, watermark_layout.tilted_size((planes.width, planes.height)))


def _crop_centre(planes: Planes, size: Size) -> Planes:
    left, top, width = (planes.width - size[0]) // 2, (planes.height - size[1]) // 2, planes.width
    starts = range(top * width + left, (top + size[1]) * width, width)
    return Planes([b"".join(channel[at : at + size[0]] for at in starts) for channel in planes.channels], *size)


def _across(factor: float) -> Callable[[Planes], Planes]:
    """A shear that moves each row sideways by `factor` times its distance below the middle row."""

    def shear(planes: Planes) -> Planes:
        width, height = planes.width, planes.height
        room = math.ceil(abs(factor) * (height - 1) / 2)
        shifts = [room + round(factor * (row - (height - 1) / 2)) for row in range(height)]
        channels = [
            b"".join(
                bytes(shift) + channel[row * width : (row + 1) * width] + bytes(2 * room - shift)
                for row, shift in enumerate(shifts)
            )
            for channel in planes.channels
        ]
        return Planes(channels, width + 2 * room, height)

    return shear


def _down(factor: float) -> Callable[[Planes], Planes]:
    """A shear that moves each column down by `factor` times its distance to the right of the middle column."""
    return lambda planes: _transpose(_across(factor)(_transpose(planes)))


def _transpose(planes: Planes) -> Planes:
    width = planes.width
    channels = [b"".join(channel[at::width] for at in range(width)) for channel in planes.channels]
    return Planes(channels, planes.height, width)
