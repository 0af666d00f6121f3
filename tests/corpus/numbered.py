"""Good photos whose colours are described by numbers, and photos with premultiplied alpha."""

from __future__ import annotations

import functools
import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageCms

from app.adapters.imaging.png import chunk
from tests import icc
from tests.corpus import deep_png
from tests.corpus.coded import BT2020, HLG, P3, PQ, seen_through, shown_by
from tests.corpus.coloured import Coloured, around, grey, grid, half_clear, levels_of, on_white, quarters, tiles
from tests.corpus.heif import BRANDS, QUICKLY, Item, coded, colours_said, every_item, profile, size_of, written
from tests.corpus.talkative import SIZE, small
from tests.pictures import encoded

PROPHOTO = icc.profile(((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), 1.8)


def _said(kind: bytes, primaries: int, transfer: int, *, far: float = 3) -> Coloured:
    """By `nclx` alone, as many phones and converters write it."""
    item = colours_said(coded(seen_through(small(), primaries, transfer), kind), primaries, transfer)
    return Coloured(written([item], BRANDS[kind]), shown_by(small(), transfer), far)


def _said_twice(kind: bytes) -> Coloured:
    """By a profile and, otherwise, by numbers: the profile is right."""
    item = colours_said(coded(small(), kind), *P3)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return Coloured(around(item, profile(srgb)), small())


def _said_of_tiles(kind: bytes) -> Coloured:
    """The tiles say it, and the picture that is made of them does not."""
    return grid([colours_said(tile, *P3) for tile in tiles(seen_through(small(), *P3), kind)], kind)


def _soft_edged() -> Image.Image:
    """It gets clearer from left to right."""
    image = small().convert("RGB")
    image.putalpha(Image.linear_gradient("L").rotate(90).resize(SIZE))
    return image


def _multiplied(image: Image.Image) -> Image.Image:
    """The same colours with the alpha multiplied in."""
    levels = np.asarray(image, np.float64)
    levels[:, :, :3] *= levels[:, :, 3:] / 255
    return Image.fromarray(levels.round().astype(np.uint8))


def _clear_items(image: Image.Image, kind: bytes) -> list[Item]:
    """The colours, and the alpha that belongs to item 1."""
    if kind == b"av01":
        return every_item(encoded(image, "AVIF", quality=95, subsampling="4:4:4", speed=10))
    pillow_heif = pytest.importorskip("pillow_heif", reason="pillow-heif, which writes HEIC, is not installed")
    out = io.BytesIO()
    pillow_heif.from_pillow(image).save(out, quality=95, chroma=444, enc_params=QUICKLY)
    return every_item(out.getvalue())


def _clear(kind: bytes, *, multiplied: bool) -> Coloured:
    image = _soft_edged()
    colours, alpha = _clear_items(_multiplied(image) if multiplied else image, kind)
    refs = [(b"prem", [2])] if multiplied else []
    items = [replace(colours, refs=refs), replace(alpha, refs=[(b"auxl", [1])])]
    return Coloured(written(items, BRANDS[kind]), on_white(image), 5)


def _clear_tiled(kind: bytes, *, multiplied: bool) -> Coloured:
    """Colours and alpha in tiles each, as phones store stickers."""
    image = _soft_edged()
    pairs = [_clear_items(piece, kind) for piece in quarters(_multiplied(image) if multiplied else image)]
    says_alpha = next(each for each in pairs[0][1].properties if each[4:8] == b"auxC")
    body = struct.pack(">BBBBHH", 0, 0, 1, 1, *SIZE)
    over = [(b"dimg", [3, 4, 5, 6]), *([(b"prem", [2])] if multiplied else [])]
    grids = [
        Item(b"grid", body, [size_of(*SIZE)], over),
        Item(b"grid", body, [size_of(*SIZE), says_alpha], [(b"dimg", [7, 8, 9, 10]), (b"auxl", [1])]),
    ]
    tiles = [replace(pair[at], hidden=True) for at in (0, 1) for pair in pairs]
    return Coloured(written([*grids, *tiles], BRANDS[kind]), on_white(image), 5)


def _numbered_png(image: Image.Image, *chunks: bytes, wanted: Image.Image | None = None, far: float = 1.5) -> Coloured:
    """A PNG whose chunks say in numbers what its colours are."""
    levels = levels_of(image)
    return Coloured(deep_png.written(levels, 8, *chunks), (wanted or small()).convert("RGB"), far)


def _cicp(primaries: int, transfer: int) -> bytes:
    return chunk(b"cICP", bytes([primaries, transfer, 0, 1]))


def _gamma(value: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(100_000 / value)))


_P3_POINTS = chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))


def _powered(image: Image.Image, gamma: float) -> Image.Image:
    """The picture as it must be stored for a screen of this gamma."""
    light = np.asarray(image.convert("RGB"), np.float64) / 255
    light = np.where(light <= 0.04045, light / 12.92, ((light + 0.055) / 1.055) ** 2.4)
    return Image.fromarray((light ** (1 / gamma) * 255).round().astype(np.uint8))


def _with_alpha_of(image: Image.Image, other: Image.Image) -> Image.Image:
    image = image.copy()
    image.putalpha(other.getchannel("A"))
    return image


_HEIFS = (("heic", b"hvc1"), ("avif", b"av01"))
KINDS: dict[str, Callable[[], Coloured]] = {
    **{f"{name} nclx p3": functools.partial(_said, kind, *P3) for name, kind in _HEIFS},
    **{f"{name} nclx bt2020": functools.partial(_said, kind, *BT2020) for name, kind in _HEIFS},
    **{f"{name} nclx pq": functools.partial(_said, kind, *PQ, far=6) for name, kind in _HEIFS},
    **{f"{name} nclx hlg": functools.partial(_said, kind, *HLG, far=6) for name, kind in _HEIFS},
    **{f"{name} nclx and profile": functools.partial(_said_twice, kind) for name, kind in _HEIFS},
    **{f"{name} nclx of tiles": functools.partial(_said_of_tiles, kind) for name, kind in _HEIFS},
    **{f"{name} soft alpha": functools.partial(_clear, kind, multiplied=False) for name, kind in _HEIFS},
    **{f"{name} premultiplied": functools.partial(_clear, kind, multiplied=True) for name, kind in _HEIFS},
    **{f"{name} tiled alpha": functools.partial(_clear_tiled, kind, multiplied=False) for name, kind in _HEIFS},
    **{f"{name} tiled premultiplied": functools.partial(_clear_tiled, kind, multiplied=True) for name, kind in _HEIFS},
    "png cicp p3": lambda: _numbered_png(seen_through(small(), *P3), _cicp(*P3)),
    "png cicp before profile": lambda: _numbered_png(
        seen_through(small(), *P3), _cicp(*P3), chunk(b"iCCP", b"wide\0\0" + zlib.compress(PROPHOTO))
    ),
    "png cicp alpha": lambda: _numbered_png(
        _with_alpha_of(seen_through(small(), *P3), half_clear("RGB")), _cicp(*P3), wanted=on_white(half_clear("RGB"))
    ),
    "png srgb before gamma": lambda: _numbered_png(small(), chunk(b"sRGB", b"\0"), _gamma(1.0)),
    "png chromaticities": lambda: _numbered_png(seen_through(small(), *P3), _P3_POINTS),
    "png chromaticities and gamma": lambda: _numbered_png(
        seen_through(small(), P3[0], 8), _P3_POINTS, _gamma(1.0), far=4
    ),
    "png gamma": lambda: _numbered_png(_powered(small(), 1.8), _gamma(1.8)),
    "png usual gamma": lambda: _numbered_png(small(), _gamma(2.2)),
    "png grey gamma": lambda: _numbered_png(_powered(grey(), 1.8).convert("L"), _gamma(1.8), wanted=grey()),
}
