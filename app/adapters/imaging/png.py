"""A PNG encoder and decoder in pure Python (ISO 15948), for workers without an imaging library."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by the number of channels
_CHANNELS = {colour: channels for channels, colour in _COLOUR_TYPES.items()}


@dataclass(frozen=True)
class Planes:
    """A picture as one byte string per channel, row by row: grey, grey and alpha, RGB, or RGBA."""

    channels: Sequence[bytes]
    width: int
    height: int


def encode(planes: Planes) -> bytes:
    """Encode an 8-bit PNG with light compression, since it is only sent to the image service."""
    count, width = len(planes.channels), planes.width
    pixels = bytearray(count * width * planes.height)
    for at, channel in enumerate(planes.channels):
        pixels[at::count] = channel
    stride = count * width
    return from_rows((pixels[at : at + stride] for at in range(0, len(pixels), stride)), count, width, planes.height)


def from_rows(rows: Iterable[bytes | bytearray], channels: int, width: int, height: int) -> bytes:
    """Encode an 8-bit PNG from rows of interleaved channels."""
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    packed = zlib.compress(b"".join(b"\0" + row for row in rows), 1)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def decode(data: bytes) -> Planes:
    """Decode an 8-bit PNG without palette or interlacing. Raises ValueError for any other, or if it is damaged."""
    try:
        width, height, *kind = struct.unpack_from(">IIBBBBB", data, 16)
        depth, colour, _, _, interlaced = kind
        if not data.startswith(SIGNATURE) or depth != 8 or colour not in _CHANNELS or interlaced:
            raise ValueError("not such a PNG")
        packed = b"".join(body for name, body in chunks(data) if name == b"IDAT")
        filtered, count = zlib.decompress(packed), _CHANNELS[colour]
    except (struct.error, zlib.error) as error:
        raise ValueError("damaged") from error
    if len(filtered) != (1 + width * count) * height:
        raise ValueError("damaged")
    pixels = b"".join(_rows(filtered, width * count, count))
    return Planes([pixels[at::count] for at in range(count)], width, height)


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the name and content of each chunk. Raises struct.error if the file is truncated."""
    at, name = len(SIGNATURE), b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, at)
        yield name, data[at + 8 : at + 8 + length]
        at += 12 + length


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(name)))


def _rows(filtered: bytes, stride: int, step: int) -> Iterator[bytes]:
    """Yield the unfiltered rows. `stride` is the bytes per row, `step` the bytes per pixel."""
    above = bytes(stride)
    for at in range(0, len(filtered), 1 + stride):
        above = _unfilter(filtered[at], bytearray(filtered[at + 1 : at + 1 + stride]), above, step)
        yield above


def _unfilter(how: int, row: bytearray, above: bytes, step: int) -> bytes:
    if how == 2:
        return bytes([(here + up) & 255 for here, up in zip(row, above, strict=True)])
    if how > 4:
        raise ValueError("damaged")
    for at in range(len(row) if how else 0):
        left = row[at - step] if at >= step else 0
        if how == 1:
            row[at] = (row[at] + left) & 255
        elif how == 3:
            row[at] = (row[at] + (left + above[at]) // 2) & 255
        else:
            row[at] = (row[at] + _paeth(left, above[at], above[at - step] if at >= step else 0)) & 255
    return bytes(row)


def _paeth(left: int, up: int, corner: int) -> int:
    """The Paeth predictor: the neighbour nearest to left + up - corner."""
    by_left, by_up, by_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
    if by_left <= by_up and by_left <= by_corner:
        return left
    return up if by_up <= by_corner else corner
