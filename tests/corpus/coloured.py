"""What photos of the corpus have in common: how they must come out, and how HEIF files are put together."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.corpus.heif import BRANDS, Item, coded, size_of, written
from tests.corpus.talkative import SIZE, small

Levels = NDArray[np.uint16]


@dataclass(frozen=True)
class Coloured:
    """A photo, the picture that it shows, and how far from that it may come out: mean difference of 255."""

    data: bytes
    wanted: Image.Image
    far: float = 3


def levels_of(image: Image.Image, depth: int = 8) -> Levels:
    """Rows × columns × channels, in the range of the depth."""
    values = np.asarray(image, np.uint16)
    values = values if values.ndim == 3 else values[:, :, None]
    return values * 257 if depth == 16 else values >> (8 - depth)


def grey() -> Image.Image:
    return small().convert("L")


def half_clear(mode: str) -> Image.Image:
    """The right half can be seen through."""
    image = small().convert(mode)
    image.putalpha(
        Image.fromarray(np.repeat([[255] * (SIZE[0] // 2) + [0] * (SIZE[0] // 2)], SIZE[1], 0).astype(np.uint8))
    )
    return image


def on_white(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def around(item: Item, box: bytes, *others: Item) -> bytes:
    shown = Item(item.kind, item.data, [*item.properties, box])
    return written([shown, *others], BRANDS[item.kind])


def grid(tiles: list[Item], kind: bytes) -> Coloured:
    grid = Item(b"grid", struct.pack(">BBBBHH", 0, 0, 1, 1, *SIZE), [size_of(*SIZE)], [(b"dimg", [2, 3, 4, 5])])
    hidden = [Item(kind, tile.data, tile.properties, hidden=True) for tile in tiles]
    return Coloured(written([grid, *hidden], BRANDS[kind]), small(), 3.5)


def quarters(image: Image.Image) -> list[Image.Image]:
    width, height = SIZE[0] // 2, SIZE[1] // 2
    return [image.crop((x, y, x + width, y + height)) for y in (0, height) for x in (0, width)]


def tiles(image: Image.Image, kind: bytes) -> list[Item]:
    return [coded(piece, kind) for piece in quarters(image)]
