"""Nothing that a photo says beside its pixels is in any picture of ours: every format, every kind of metadata."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from app.adapters.imaging.upscaler_resample import Resample
from app.core import sniff
from app.core.pictures import Mark, Picture, PrintSpec
from app.core.ports.imaging import Imaging
from tests import soak
from tests.contract.imagings import IMAGINGS, IN_THIS_PROCESS, WRITE_TIFF
from tests.corpus.colours import COLOURS, coloured
from tests.corpus.planted import traces, written
from tests.corpus.talkative import SIZE, TALKATIVE, small, talkative
from tests.pairwise import pairwise

LOSSY = ("image/jpeg", "image/webp")
"""In the suite one adapter writes a colour as one of them, the other as the other; the next colour, the other way."""
MIMES = ("image/png", *LOSSY)
MARK = Mark(None, "ARTIFY", 0.5, "tiled", 30)
NO_COLOUR_IN_PARTICULAR = ("jpeg ycck",)
"""Inks without a profile: libvips assumes a press, Pillow plain arithmetic."""
EVERYTHING = [name for name in TALKATIVE if name.endswith("everything")]


@pytest.mark.parametrize(("name", "adapter", "mime"), pairwise(list(TALKATIVE), IN_THIS_PROCESS, MIMES))
def test_a_talkative_photo_comes_out_right_and_silent(name: str, adapter: str, mime: str) -> None:
    photo = talkative(name).data
    assert written(photo)
    picture = asyncio.run(IMAGINGS[adapter]().develop(photo, crop=None, width=SIZE[0], height=SIZE[1], mime=mime))
    assert picture.mime == mime
    assert traces(picture.data) == []
    assert away(picture, small()) <= 5


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
@pytest.mark.parametrize("name", EVERYTHING)
def test_a_whole_photo_of_every_format_is_made_small(adapter: str, name: str) -> None:
    """Decoders of some formats shrink as they read, those of others do not."""
    photo, size = talkative(name).data, (SIZE[0] // 4, SIZE[1] // 4)
    picture = asyncio.run(IMAGINGS[adapter]().develop(photo, crop=None, width=size[0], height=size[1]))
    assert away(picture, small().resize(size, Image.Resampling.LANCZOS)) <= 5


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
@pytest.mark.parametrize("name", EVERYTHING)
def test_no_picture_made_of_a_talkative_one_says_a_word(adapter: str, name: str) -> None:
    for picture in every_picture(IMAGINGS[adapter](), talkative(name).data, tiff=adapter in WRITE_TIFF):
        assert traces(picture.data) == [], picture.mime


def every_picture(imaging: Imaging, photo: bytes, *, tiff: bool) -> Iterator[Picture]:
    """Previews and prints straight from the photo, as if it were a master."""
    for mark in (None, MARK):
        yield asyncio.run(imaging.preview(photo, max_side=160, mark=mark))
    for fmt in ("jpg", "png", "tiff") if tiff else ("jpg", "png"):
        yield asyncio.run(imaging.print_file(photo, PrintSpec(240, 180, format=fmt), Resample())).picture


@pytest.mark.parametrize("name", COLOURS)
def test_every_depth_and_colour_comes_out_right_in_every_format_and_by_each_alike(name: str) -> None:
    photo, exact = coloured(name), []
    for at, adapter in enumerate(IN_THIS_PROCESS, COLOURS.index(name)):
        imaging = IMAGINGS[adapter]()
        for mime in ("image/png", *soak.choice(LOSSY, [LOSSY[at % len(LOSSY)]])):
            made = asyncio.run(imaging.develop(photo.data, crop=None, width=SIZE[0], height=SIZE[1], mime=mime))
            assert away(made, photo.wanted) <= photo.far + (4 if mime in LOSSY else 0), (adapter, mime)
            exact += [made] if mime not in LOSSY else []
    first, *others = exact
    with Image.open(io.BytesIO(first.data)) as shown:
        assert all(away(other, shown) <= 2 for other in others) or name in NO_COLOUR_IN_PARTICULAR


@pytest.mark.parametrize("name", COLOURS)
def test_the_header_says_how_large_every_such_photo_is(name: str) -> None:
    header = sniff.sniff(coloured(name).data)
    sniff.check(header)
    assert (header.format, header.size) == (name.partition(" ")[0], SIZE)


def away(picture: Picture, wanted: Image.Image) -> float:
    """The mean difference, of 255. The size is the same, or this fails."""
    with Image.open(io.BytesIO(picture.data)) as image:
        seen = np.asarray(image.convert("RGB"), np.int32)
    return float(np.abs(seen - np.asarray(wanted, np.int32)).mean())
