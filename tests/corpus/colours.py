"""Good photos in every depth, sampling and colour space, and how each must come out.

COLOURS                  every name
coloured("jpeg 4:1:1")   Coloured(photo, wanted, far)
"""

from __future__ import annotations

import functools
import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from app.adapters.png import chunk
from tests import icc
from tests.corpus import deep_png, jpeg
from tests.corpus.coded import BT2020, HLG, P3, PQ, seen_through, shown_by
from tests.corpus.heif import (
    BRANDS,
    QUICKLY,
    Item,
    coded,
    colours_said,
    every_item,
    mirrored,
    profile,
    size_of,
    turned_by,
    written,
)
from tests.corpus.heif_kinds import Beside, with_exif
from tests.corpus.talkative import SIZE, small
from tests.pictures import encoded

PROPHOTO = icc.profile(((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), 1.8)
Levels = NDArray[np.uint16]


@dataclass(frozen=True)
class Coloured:
    """A photo, the picture that it shows, and how far from that it may come out: mean difference of 255."""

    data: bytes
    wanted: Image.Image
    far: float = 3


def _levels(image: Image.Image, depth: int = 8) -> Levels:
    """Rows × columns × channels, in the range of the depth."""
    values = np.asarray(image, np.uint16)
    values = values if values.ndim == 3 else values[:, :, None]
    return values * 257 if depth == 16 else values >> (8 - depth)


def _grey() -> Image.Image:
    return small().convert("L")


def _half_clear(mode: str) -> Image.Image:
    """The right half can be seen through."""
    image = small().convert(mode)
    image.putalpha(
        Image.fromarray(np.repeat([[255] * (SIZE[0] // 2) + [0] * (SIZE[0] // 2)], SIZE[1], 0).astype(np.uint8))
    )
    return image


def _on_white(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _deep(image: Image.Image, depth: int, *others: bytes, interlaced: bool = False) -> Coloured:
    levels = _levels(image, depth)
    shown = levels.astype(float) * 255 / ((1 << depth) - 1)
    wanted = Image.fromarray(shown.round().astype(np.uint8).squeeze(), image.mode)
    return Coloured(deep_png.written(levels, depth, *others, interlaced=interlaced), _on_white(wanted), 0.6)


def _palette(depth: int, *, clear: bool = False, interlaced: bool = False) -> Coloured:
    """As few colours as the depth allows; with `clear`, the first of them is."""
    few = small().quantize(1 << depth)
    colours = few.getpalette()
    assert colours
    others = [chunk(b"PLTE", bytes(colours[: 3 << depth]).ljust(3 << depth, b"\0"))]
    if clear:
        others.append(chunk(b"tRNS", b"\0"))
        few.info["transparency"] = 0
    levels = np.asarray(few, np.uint16)[:, :, None]
    return Coloured(deep_png.written(levels, depth, *others, interlaced=interlaced), _on_white(few), 0.6)


def _key_colour(depth: int) -> Coloured:
    """One colour stands for nothing."""
    image = small().copy()
    image.paste((0, 255, 0), (64, 40, 128, 100))
    top = (1 << depth) - 1
    photo = deep_png.written(_levels(image, depth), depth, chunk(b"tRNS", struct.pack(">HHH", 0, top, 0)))
    image.paste("white", (64, 40, 128, 100))
    return Coloured(photo, image, 0.6)


def _in_profile(profile: bytes) -> Coloured:
    other = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    seen = ImageCms.profileToProfile(small(), ImageCms.createProfile("sRGB"), other)
    assert seen is not None
    return Coloured(encoded(seen, "PNG", icc_profile=profile), small())


def _deep_in_profile() -> Coloured:
    """16 bits in a wide space, as raw developers write it."""
    eight = _in_profile(PROPHOTO).data
    with Image.open(io.BytesIO(eight)) as image:
        levels = _levels(image, 16)
    packed = b"wide\0\0" + zlib.compress(PROPHOTO)
    return Coloured(deep_png.written(levels, 16, chunk(b"iCCP", packed)), small())


def _grey_in_profile() -> Coloured:
    """Grey with a profile of its own: gamma 1.8."""
    levels = (np.asarray(_grey(), float) / 255) ** (2.2 / 1.8) * 255
    image = Image.fromarray(levels.round().astype(np.uint8))
    return Coloured(encoded(image, "PNG", icc_profile=icc.grey(1.8)), _grey().convert("RGB"), 4)


def _wrong_profile() -> Coloured:
    """A CMYK profile in an RGB picture: the numbers as they are."""
    return Coloured(encoded(small(), "PNG", icc_profile=icc.INKS), small())


def _ycck() -> Coloured:
    """Inks as Photoshop writes them: inverted, and three of them as brightness and colour (Adobe TN 5116)."""
    inks = np.asarray(small().convert("CMYK"), np.uint8)
    ycc = np.asarray(Image.fromarray(inks[:, :, :3], "RGB").convert("YCbCr"))
    stored = np.concatenate([255 - ycc, inks[:, :, 3:]], axis=2)  # Pillow inverts each on its way out
    data = encoded(Image.fromarray(stored, "CMYK"), "JPEG", quality=95, subsampling=0)
    at = data.index(b"Adobe") + 11
    return Coloured(data[:at] + b"\2" + data[at + 1 :], small(), 25)


def _inks_with_profile() -> Coloured:
    data = encoded(small().convert("CMYK"), "JPEG", quality=95, icc_profile=icc.INKS)
    return Coloured(data, small(), 25)


def _sampled(samples: str) -> Coloured:
    cv2 = pytest.importorskip("cv2", reason="OpenCV (extra local-ai), which writes this sampling, is not installed")
    how = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, int(samples, 16)]
    done, data = cv2.imencode(".jpg", np.asarray(small())[:, :, ::-1], how)
    assert done
    return Coloured(data.tobytes(), small(), 6)


def _ten_bit_heic() -> bytes:
    pillow_heif = pytest.importorskip("pillow_heif", reason="pillow-heif, which writes HEIC, is not installed")
    deep = pillow_heif.from_bytes("RGB;16", SIZE, _levels(small(), 16).tobytes())
    out = io.BytesIO()
    deep.save(out, quality=95, chroma=444, enc_params=QUICKLY)
    return out.getvalue()


def _ten_bit_avif() -> bytes:
    pyvips = pytest.importorskip("pyvips", reason="pyvips (extra print), which writes 10-bit AVIF, is not installed")
    image = pyvips.Image.new_from_array(np.asarray(small())).copy(interpretation="srgb")
    return bytes(image.heifsave_buffer(compression="av1", bitdepth=10, Q=95, subsample_mode="off"))


def _moving(fmt: str) -> Coloured:
    """Two frames; the first is the scene."""
    second = Image.new("RGB", SIZE, "black")
    return Coloured(encoded(small(), fmt, save_all=True, append_images=[second], duration=100, quality=95), small(), 5)


def _turned(kind: bytes, degrees: int, *, exif: bool) -> Coloured:
    """Turned by its box; with `exif`, EXIF says so once more."""
    stored = coded(small().rotate(-degrees, expand=True), kind)
    other = with_exif({90: 8, 180: 3, 270: 6}[degrees]) if exif else Beside()
    return Coloured(_around(stored, turned_by(degrees), *other.items), small(), 3)


def _mirrored(kind: bytes) -> Coloured:
    stored = coded(small().transpose(Image.Transpose.FLIP_LEFT_RIGHT), kind)
    return Coloured(_around(stored, mirrored()), small())


def _around(item: Item, box: bytes, *others: Item) -> bytes:
    shown = Item(item.kind, item.data, [*item.properties, box])
    return written([shown, *others], BRANDS[item.kind])


def _second_is_shown(kind: bytes) -> Coloured:
    """Two pictures, and the file says that the second is the one to show."""
    other = coded(Image.new("RGB", SIZE, "black"), kind)
    return Coloured(written([other, coded(small(), kind)], BRANDS[kind], primary=2), small())


def _said(kind: bytes, primaries: int, transfer: int, *, far: float = 3) -> Coloured:
    """By `nclx` alone, as many phones and converters write it."""
    item = colours_said(coded(seen_through(small(), primaries, transfer), kind), primaries, transfer)
    return Coloured(written([item], BRANDS[kind]), shown_by(small(), transfer), far)


def _said_twice(kind: bytes) -> Coloured:
    """By a profile and, otherwise, by numbers: the profile is right."""
    item = colours_said(coded(small(), kind), *P3)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return Coloured(_around(item, profile(srgb)), small())


def _said_of_tiles(kind: bytes) -> Coloured:
    """The tiles say it, and the picture that is made of them does not."""
    return _grid([colours_said(tile, *P3) for tile in _tiles(seen_through(small(), *P3), kind)], kind)


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
    return Coloured(written(items, BRANDS[kind]), _on_white(image), 5)


def _clear_tiled(kind: bytes, *, multiplied: bool) -> Coloured:
    """Colours and alpha in tiles each, as phones store stickers."""
    image = _soft_edged()
    pairs = [_clear_items(piece, kind) for piece in _quarters(_multiplied(image) if multiplied else image)]
    says_alpha = next(each for each in pairs[0][1].properties if each[4:8] == b"auxC")
    body = struct.pack(">BBBBHH", 0, 0, 1, 1, *SIZE)
    over = [(b"dimg", [3, 4, 5, 6]), *([(b"prem", [2])] if multiplied else [])]
    grids = [
        Item(b"grid", body, [size_of(*SIZE)], over),
        Item(b"grid", body, [size_of(*SIZE), says_alpha], [(b"dimg", [7, 8, 9, 10]), (b"auxl", [1])]),
    ]
    tiles = [replace(pair[at], hidden=True) for at in (0, 1) for pair in pairs]
    return Coloured(written([*grids, *tiles], BRANDS[kind]), _on_white(image), 5)


def _numbered_png(image: Image.Image, *chunks: bytes, wanted: Image.Image | None = None, far: float = 1.5) -> Coloured:
    """A PNG whose chunks say in numbers what its colours are."""
    levels = _levels(image)
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


def _quarters(image: Image.Image) -> list[Image.Image]:
    width, height = SIZE[0] // 2, SIZE[1] // 2
    return [image.crop((x, y, x + width, y + height)) for y in (0, height) for x in (0, width)]


def _tiles(image: Image.Image, kind: bytes) -> list[Item]:
    return [coded(piece, kind) for piece in _quarters(image)]


def _tiled(kind: bytes) -> Coloured:
    """Four tiles, as phones store their photos."""
    return _grid(_tiles(small(), kind), kind)


def _grid(tiles: list[Item], kind: bytes) -> Coloured:
    grid = Item(b"grid", struct.pack(">BBBBHH", 0, 0, 1, 1, *SIZE), [size_of(*SIZE)], [(b"dimg", [2, 3, 4, 5])])
    hidden = [Item(kind, tile.data, tile.properties, hidden=True) for tile in tiles]
    return Coloured(written([grid, *hidden], BRANDS[kind]), small(), 3.5)


def _lossless(image: Image.Image) -> Coloured:
    return Coloured(encoded(image, "WEBP", lossless=True), _on_white(image), 0.6)


def _with_alpha_of(image: Image.Image, other: Image.Image) -> Image.Image:
    image = image.copy()
    image.putalpha(other.getchannel("A"))
    return image


_HEIFS = (("heic", b"hvc1"), ("avif", b"av01"))
_KINDS: dict[str, Callable[[], Coloured]] = {
    "png prophoto": lambda: _in_profile(PROPHOTO),
    "png prophoto 16-bit": _deep_in_profile,
    "png grey profile": _grey_in_profile,
    "png wrong profile": _wrong_profile,
    "png grey": lambda: _deep(_grey(), 8),
    "png grey 1-bit": lambda: _deep(_grey(), 1),
    "png grey 2-bit": lambda: _deep(_grey(), 2),
    "png grey 4-bit": lambda: _deep(_grey(), 4),
    "png grey 16-bit": lambda: _deep(_grey(), 16),
    "png 16-bit": lambda: _deep(small(), 16),
    "png grey+alpha": lambda: _deep(_half_clear("L"), 8),
    "png grey+alpha 16-bit": lambda: _deep(_half_clear("L"), 16),
    "png alpha": lambda: _deep(_half_clear("RGB"), 8),
    "png alpha 16-bit": lambda: _deep(_half_clear("RGB"), 16),
    "png key colour": lambda: _key_colour(8),
    "png key colour 16-bit": lambda: _key_colour(16),
    "png palette": lambda: _palette(8),
    "png palette clear": lambda: _palette(8, clear=True),
    "png palette 1-bit": lambda: _palette(1),
    "png palette 4-bit clear": lambda: _palette(4, clear=True),
    "png interlaced": lambda: _deep(small(), 8, interlaced=True),
    "png interlaced 16-bit": lambda: _deep(small(), 16, interlaced=True),
    "png interlaced alpha": lambda: _deep(_half_clear("RGB"), 8, interlaced=True),
    "png interlaced palette": lambda: _palette(8, interlaced=True),
    "png interlaced 1-bit": lambda: _deep(_grey(), 1, interlaced=True),
    "png moving": lambda: _moving("PNG"),
    "jpeg inks profile": _inks_with_profile,
    "jpeg ycck": _ycck,
    "jpeg 4:2:0": lambda: _sampled("221111"),
    "jpeg 4:2:2": lambda: _sampled("211111"),
    "jpeg 4:4:0": lambda: _sampled("121111"),
    "jpeg 4:1:1": lambda: _sampled("411111"),
    "jpeg gain map": lambda: Coloured(jpeg.gain_map(encoded(small(), "JPEG", quality=95, subsampling=0)), small()),
    "webp lossless": lambda: _lossless(small()),
    "webp lossless alpha": lambda: _lossless(_half_clear("RGB")),
    "webp moving": lambda: _moving("WEBP"),
    "avif moving": lambda: _moving("AVIF"),
    "avif 10-bit": lambda: Coloured(_ten_bit_avif(), small()),
    "avif alpha": lambda: Coloured(encoded(_half_clear("RGB"), "AVIF", quality=95), _on_white(_half_clear("RGB")), 5),
    "heic 10-bit": lambda: Coloured(_ten_bit_heic(), small()),
    **{f"heic turned {by}": functools.partial(_turned, b"hvc1", by, exif=False) for by in (90, 180, 270)},
    **{f"avif turned {by}": functools.partial(_turned, b"av01", by, exif=False) for by in (90, 180, 270)},
    "heic turned twice": lambda: _turned(b"hvc1", 270, exif=True),
    "avif turned twice": lambda: _turned(b"av01", 270, exif=True),
    "heic mirrored": lambda: _mirrored(b"hvc1"),
    "avif mirrored": lambda: _mirrored(b"av01"),
    "heic second shown": lambda: _second_is_shown(b"hvc1"),
    "avif second shown": lambda: _second_is_shown(b"av01"),
    "heic tiled": lambda: _tiled(b"hvc1"),
    "avif tiled": lambda: _tiled(b"av01"),
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
        _with_alpha_of(seen_through(small(), *P3), _half_clear("RGB")), _cicp(*P3), wanted=_on_white(_half_clear("RGB"))
    ),
    "png srgb before gamma": lambda: _numbered_png(small(), chunk(b"sRGB", b"\0"), _gamma(1.0)),
    "png chromaticities": lambda: _numbered_png(seen_through(small(), *P3), _P3_POINTS),
    "png chromaticities and gamma": lambda: _numbered_png(
        seen_through(small(), P3[0], 8), _P3_POINTS, _gamma(1.0), far=4
    ),
    "png gamma": lambda: _numbered_png(_powered(small(), 1.8), _gamma(1.8)),
    "png usual gamma": lambda: _numbered_png(small(), _gamma(2.2)),
    "png grey gamma": lambda: _numbered_png(_powered(_grey(), 1.8).convert("L"), _gamma(1.8), wanted=_grey()),
}
COLOURS = tuple(_KINDS)


@functools.cache
def coloured(name: str) -> Coloured:
    return _KINDS[name]()
