"""Each format × each kind of metadata, as one list: names and files.

TALKATIVE                    every name, like "jpeg exif"
talkative("jpeg exif")       Sample(data, filename, mime)
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from PIL import Image, ImageCms

from tests import icc
from tests.corpus import heif_kinds, jpeg, png, webp
from tests.corpus.heif import coded, profile
from tests.corpus.heif_kinds import Beside, together, with_exif
from tests.corpus.planted import WORDS
from tests.pictures import Sample, encoded, scene

SIZE = (320, 240)
Make = Callable[..., bytes]
TURN = 6  # what EXIF says; what it is true of is stored on its side
P3 = icc.profile(((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), 2.2, WORDS)


@functools.cache
def small() -> Image.Image:
    """The scene, small: there are many files."""
    return scene().resize(SIZE, Image.Resampling.LANCZOS)


@functools.cache
def in_p3() -> Image.Image:
    """The scene in the numbers of a profile whose description says the words."""
    wide = ImageCms.ImageCmsProfile(io.BytesIO(P3))
    seen = ImageCms.profileToProfile(small(), ImageCms.createProfile("sRGB"), wide)
    assert seen is not None
    return seen


def _lossy(image: Image.Image, fmt: str, **options: object) -> bytes:
    how = {"quality": 95} | ({"subsampling": 0} if fmt == "JPEG" else {})
    return encoded(image, fmt, **how | options)


def _jpeg(image: Image.Image, **options: object) -> bytes:
    return _lossy(image, "JPEG", **options)


def _png(image: Image.Image, **options: object) -> bytes:
    return encoded(image, "PNG", **options)


def _webp(image: Image.Image, **options: object) -> bytes:
    return _lossy(image, "WEBP", **options)


def _plain_formats() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """JPEG, PNG and WebP: what is planted is put around a finished file."""
    for fmt, module, make in (("jpeg", jpeg, _jpeg), ("png", png, _png), ("webp", webp, _webp)):
        yield f"{fmt} exif", partial(_turned, module, make)
        yield f"{fmt} profile", partial(_planted, [], make, icc_profile=P3)
        for kind, plant in module.KINDS.items():
            yield f"{fmt} {kind}", partial(_planted, [plant], make)
        kinds = [plant for kind, plant in module.KINDS.items() if kind != "second-picture"]  # a gain map is one too
        kinds.insert(0, partial(module.with_exif, orientation=1))
        yield f"{fmt} everything", partial(_planted, kinds, make, icc_profile=P3)


def _turned(module: Any, make: Make) -> bytes:
    return bytes(module.with_exif(make(small().transpose(Image.Transpose.ROTATE_90)), TURN))


def _planted(plants: list[Callable[[bytes], bytes]], make: Make, **options: object) -> bytes:
    photo = make(in_p3() if options else small(), **options)
    for plant in plants:
        photo = plant(photo)
    return photo


def _heif_formats() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """HEIC and AVIF: EXIF turns nothing there."""
    for fmt, code in (("avif", b"av01"), ("heic", b"hvc1")):
        kinds = {kind: partial(beside, code) for kind, beside in heif_kinds.KINDS.items()}
        kinds["exif"] = partial(with_exif, TURN)
        for kind, beside in kinds.items():
            yield f"{fmt} {kind}", partial(_around, [beside], small, code)
        kinds["profile"] = partial(Beside, properties=[profile(P3)])
        yield f"{fmt} profile", partial(_around, [kinds["profile"]], in_p3, code)
        yield f"{fmt} everything", partial(_around, [*kinds.values()], in_p3, code)


def _around(besides: list[Callable[[], Beside]], image: Callable[[], Image.Image], code: bytes) -> bytes:
    return together(*(beside() for beside in besides)).around(_coded(image, code))


@functools.cache
def _coded(image: Callable[[], Image.Image], code: bytes) -> heif_kinds.Item:
    return coded(image(), code)


_FILES = dict([*_plain_formats(), *_heif_formats()])
TALKATIVE = tuple(_FILES)


@functools.cache
def talkative(name: str) -> Sample:
    fmt = name.partition(" ")[0]
    return Sample(_FILES[name](), f"{name.replace(' ', '-')}.{fmt}", f"image/{fmt}")
