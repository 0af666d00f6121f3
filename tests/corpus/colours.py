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

import numpy as np
import pytest
from PIL import Image, ImageCms

from app.adapters.imaging.png import chunk
from tests import icc
from tests.corpus import deep_png, jpeg, numbered
from tests.corpus.coloured import Coloured, around, grey, grid, half_clear, levels_of, on_white, tiles
from tests.corpus.heif import (
    BRANDS,
    QUICKLY,
    coded,
    mirrored,
    turned_by,
    written,
)
from tests.corpus.heif_kinds import Beside, with_exif
from tests.corpus.talkative import SIZE, small
from tests.pictures import encoded

PROPHOTO = icc.profile(((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), 1.8)


def _deep(image: Image.Image, depth: int, *others: bytes, interlaced: bool = False) -> Coloured:
    levels = levels_of(image, depth)
    shown = levels.astype(float) * 255 / ((1 << depth) - 1)
    wanted = Image.fromarray(shown.round().astype(np.uint8).squeeze(), image.mode)
    return Coloured(deep_png.written(levels, depth, *others, interlaced=interlaced), on_white(wanted), 0.6)


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
    return Coloured(deep_png.written(levels, depth, *others, interlaced=interlaced), on_white(few), 0.6)


def _key_colour(depth: int) -> Coloured:
    """One colour stands for nothing."""
    image = small().copy()
    image.paste((0, 255, 0), (64, 40, 128, 100))
    top = (1 << depth) - 1
    photo = deep_png.written(levels_of(image, depth), depth, chunk(b"tRNS", struct.pack(">HHH", 0, top, 0)))
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
        levels = levels_of(image, 16)
    packed = b"wide\0\0" + zlib.compress(PROPHOTO)
    return Coloured(deep_png.written(levels, 16, chunk(b"iCCP", packed)), small())


def _grey_in_profile() -> Coloured:
    """Grey with a profile of its own: gamma 1.8."""
    levels = (np.asarray(grey(), float) / 255) ** (2.2 / 1.8) * 255
    image = Image.fromarray(levels.round().astype(np.uint8))
    return Coloured(encoded(image, "PNG", icc_profile=icc.grey(1.8)), grey().convert("RGB"), 4)


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
    deep = pillow_heif.from_bytes("RGB;16", SIZE, levels_of(small(), 16).tobytes())
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
    return Coloured(around(stored, turned_by(degrees), *other.items), small(), 3)


def _mirrored(kind: bytes) -> Coloured:
    stored = coded(small().transpose(Image.Transpose.FLIP_LEFT_RIGHT), kind)
    return Coloured(around(stored, mirrored()), small())


def _second_is_shown(kind: bytes) -> Coloured:
    """Two pictures, and the file says that the second is the one to show."""
    other = coded(Image.new("RGB", SIZE, "black"), kind)
    return Coloured(written([other, coded(small(), kind)], BRANDS[kind], primary=2), small())


def _tiled(kind: bytes) -> Coloured:
    """Four tiles, as phones store their photos."""
    return grid(tiles(small(), kind), kind)


def _lossless(image: Image.Image) -> Coloured:
    return Coloured(encoded(image, "WEBP", lossless=True), on_white(image), 0.6)


_KINDS: dict[str, Callable[[], Coloured]] = {
    "png prophoto": lambda: _in_profile(PROPHOTO),
    "png prophoto 16-bit": _deep_in_profile,
    "png grey profile": _grey_in_profile,
    "png wrong profile": _wrong_profile,
    "png grey": lambda: _deep(grey(), 8),
    "png grey 1-bit": lambda: _deep(grey(), 1),
    "png grey 2-bit": lambda: _deep(grey(), 2),
    "png grey 4-bit": lambda: _deep(grey(), 4),
    "png grey 16-bit": lambda: _deep(grey(), 16),
    "png 16-bit": lambda: _deep(small(), 16),
    "png grey+alpha": lambda: _deep(half_clear("L"), 8),
    "png grey+alpha 16-bit": lambda: _deep(half_clear("L"), 16),
    "png alpha": lambda: _deep(half_clear("RGB"), 8),
    "png alpha 16-bit": lambda: _deep(half_clear("RGB"), 16),
    "png key colour": lambda: _key_colour(8),
    "png key colour 16-bit": lambda: _key_colour(16),
    "png palette": lambda: _palette(8),
    "png palette clear": lambda: _palette(8, clear=True),
    "png palette 1-bit": lambda: _palette(1),
    "png palette 4-bit clear": lambda: _palette(4, clear=True),
    "png interlaced": lambda: _deep(small(), 8, interlaced=True),
    "png interlaced 16-bit": lambda: _deep(small(), 16, interlaced=True),
    "png interlaced alpha": lambda: _deep(half_clear("RGB"), 8, interlaced=True),
    "png interlaced palette": lambda: _palette(8, interlaced=True),
    "png interlaced 1-bit": lambda: _deep(grey(), 1, interlaced=True),
    "png moving": lambda: _moving("PNG"),
    "jpeg inks profile": _inks_with_profile,
    "jpeg ycck": _ycck,
    "jpeg 4:2:0": lambda: _sampled("221111"),
    "jpeg 4:2:2": lambda: _sampled("211111"),
    "jpeg 4:4:0": lambda: _sampled("121111"),
    "jpeg 4:1:1": lambda: _sampled("411111"),
    "jpeg gain map": lambda: Coloured(jpeg.gain_map(encoded(small(), "JPEG", quality=95, subsampling=0)), small()),
    "webp lossless": lambda: _lossless(small()),
    "webp lossless alpha": lambda: _lossless(half_clear("RGB")),
    "webp moving": lambda: _moving("WEBP"),
    "avif moving": lambda: _moving("AVIF"),
    "avif 10-bit": lambda: Coloured(_ten_bit_avif(), small()),
    "avif alpha": lambda: Coloured(encoded(half_clear("RGB"), "AVIF", quality=95), on_white(half_clear("RGB")), 5),
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
    **numbered.KINDS,
}
COLOURS = tuple(_KINDS)


@functools.cache
def coloured(name: str) -> Coloured:
    return _KINDS[name]()
