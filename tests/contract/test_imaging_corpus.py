"""Nothing that a photo says beside its pixels is in any picture of ours: every format, every kind of metadata."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from app.adapters.upscaler_resample import Resample
from app.core.pictures import Mark, Picture, PrintSpec
from app.core.ports import Imaging
from tests.contract.imagings import IMAGINGS, IN_THIS_PROCESS, WRITE_TIFF
from tests.corpus.planted import traces, written
from tests.corpus.talkative import SIZE, TALKATIVE, small, talkative

MIMES = ("image/png", "image/jpeg", "image/webp")
MARK = Mark(None, "ARTIFY", 0.5, "tiled", 30)
EVERYTHING = [name for name in TALKATIVE if name.endswith("everything")]


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
@pytest.mark.parametrize("name", TALKATIVE)
def test_a_talkative_photo_comes_out_right_and_silent(adapter: str, name: str) -> None:
    photo, imaging = talkative(name).data, IMAGINGS[adapter]()
    assert written(photo)
    for mime in MIMES:
        picture = asyncio.run(imaging.develop(photo, crop=None, width=SIZE[0], height=SIZE[1], mime=mime))
        assert picture.mime == mime
        assert traces(picture.data) == []
        assert away(picture, small()) <= 5


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


def away(picture: Picture, wanted: Image.Image) -> float:
    """The mean difference, of 255. The size is the same, or this fails."""
    with Image.open(io.BytesIO(picture.data)) as image:
        seen = np.asarray(image.convert("RGB"), np.int32)
    return float(np.abs(seen - np.asarray(wanted, np.int32)).mean())
