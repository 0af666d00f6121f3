"""A decoder's answer is not believed: it can choose pixels, and nothing else, and nobody waits for it for ever."""

from __future__ import annotations

import asyncio
import io
import json
import re
import struct
import time
import tracemalloc
from collections.abc import Iterator
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.adapters.compute import ThreadCompute
from app.adapters.imaging import imaging_subprocess
from app.adapters.imaging.decode_limits import Allowance
from app.adapters.imaging.decoder_wire import DecodeRequest, InvalidAnswer, Outcome, answer, parse_answer
from app.adapters.imaging.imaging_subprocess import ImagingSubprocess
from app.core.errors import AppError, BadPicture, UnsupportedMedia
from app.core.pictures import Crop, Picture
from app.core.sizes import MAX_PIXELS
from tests import pictures
from tests.contract import lying_decoder

SECONDS = 3.0
PIXELS = answer(Outcome.PIXELS, (640, 480))
WHOLE = 320 * 240 * 3
SENTENCES = re.compile(
    r"This photo could not be read\. Try another photo\."
    r"|This file type is not supported\. Choose a JPEG, PNG, WebP, AVIF or HEIC photo\."
    r"|This photo has too many pixels\. Choose a smaller one\."
    r"|This photo is too complex to open\. Try another photo\."
    r"|This photo is too (large|small|narrow): \d+ × \d+ pixels\. Choose (one|a larger one)[a-z0-9 ]*\."
)


@pytest.fixture(scope="module")
def liar() -> Iterator[ImagingSubprocess]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imaging_subprocess, "PROGRAM", lying_decoder.__name__)
        imaging = ImagingSubprocess("pillow", ThreadCompute(), lambda *_: Allowance(SECONDS, SECONDS, 500))
        told(imaging, PIXELS + bytes(WHOLE))  # its server has started then
        yield imaging
        asyncio.run(imaging.close())


def told(imaging: ImagingSubprocess, says: bytes, **more: Any) -> Picture:
    """What the app makes of the answer."""
    about = json.dumps({"says": says.decode("latin-1")} | more).encode()
    photo = pictures.good("png").data + lying_decoder.LIE + about
    return asyncio.run(imaging.develop(photo, crop=None, width=320, height=240, mime="image/jpeg"))


LIES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "nothing": (b"", {}),
    "half a head": (PIXELS[:5], {}),
    "a head alone": (PIXELS, {}),
    "too few pixels": (PIXELS + bytes(WHOLE - 1), {}),
    "no such outcome": (b"\xff" + PIXELS[1:], {}),
    "no pixels at all": (answer(Outcome.PIXELS, (0, 0)), {}),
    "more pixels than any photo has": (answer(Outcome.PIXELS, (0xFFFFFFFF, 0xFFFFFFFF)), {}),
    "a side that no photo has": (answer(Outcome.PIXELS, (100, 900)) + bytes(WHOLE), {}),
    "a bad size that is none": (answer(Outcome.BAD_SIZE, (640, 480)), {}),
    "JSON": (b'{"mime": "text/html", "width": 320, "height": 240, "bytes": 230400}\n' + bytes(WHOLE), {}),
    "JSON that is deep": (b"[" * 100_000, {}),
    "a line without an end": (b"x" * 65_536, {"times": 0}),
    "what is not UTF-8": (b"\xc3\x28\xff\xfe\n" * 100, {}),
    "a pickle": (b"\x80\x04\x95\x1b\x00\x00\x00.", {}),
}


@pytest.mark.parametrize("name", LIES)
def test_an_answer_that_makes_no_sense_is_a_photo_that_takes_too_much(liar: ImagingSubprocess, name: str) -> None:
    says, more = LIES[name]
    started = time.monotonic()
    with pytest.raises(BadPicture) as refusal:
        told(liar, says, **more)
    assert refusal.value.code == "too_demanding"
    assert time.monotonic() - started < SECONDS


@pytest.mark.parametrize("lie", ["silence", "half an answer"])
def test_nobody_waits_for_an_answer_longer_than_the_photo_may_take(liar: ImagingSubprocess, lie: str) -> None:
    started = time.monotonic()
    with pytest.raises(BadPicture) as refusal:
        told(liar, b"" if lie == "silence" else PIXELS + bytes(1000), lingers=60)
    assert refusal.value.code == "too_demanding"
    assert SECONDS * 0.9 < time.monotonic() - started < SECONDS + 5


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.PIXELS])
@pytest.mark.parametrize("size", [(0, 0), (10, 10), (10**9, 3), (100, 1000)])
def test_a_refusal_is_in_the_apps_own_words(liar: ImagingSubprocess, outcome: Outcome, size: tuple[int, int]) -> None:
    with pytest.raises((BadPicture, UnsupportedMedia)) as refusal:
        told(liar, answer(outcome, size) + b"Call this number: 0900")
    assert SENTENCES.fullmatch(refusal.value.message)


def test_a_picture_is_of_the_type_that_was_asked_for_and_encoded_by_the_app(liar: ImagingSubprocess) -> None:
    html = b"<script>alert(1)</script>"
    picture = told(liar, PIXELS + html.ljust(WHOLE, b"!"))
    assert (picture.mime, picture.width, picture.height) == ("image/jpeg", 320, 240)
    assert html not in picture.data
    assert Image.open(io.BytesIO(picture.data)).format == "JPEG"


def test_a_picture_is_never_larger_than_asked_nor_of_another_aspect(liar: ImagingSubprocess) -> None:
    """Whatever size the decoder says the photo has."""
    small = told(liar, answer(Outcome.PIXELS, (100, 75)) + bytes(WHOLE))
    assert (small.width, small.height) == (100, 75)
    large = told(liar, answer(Outcome.PIXELS, (8000, 6000)) + bytes(WHOLE))
    assert (large.width, large.height) == (320, 240)


def test_what_follows_an_answer_is_not_taken_for_the_next_photos(liar: ImagingSubprocess) -> None:
    """Neither for the same shop nor for another: each photo has a socket and a process of its own."""
    black = PIXELS + bytes(WHOLE)
    for _ in range(3):
        told(liar, black * 3, times=2)
    white = told(liar, PIXELS + b"\xff" * WHOLE)
    assert np.asarray(Image.open(io.BytesIO(white.data))).min() > 250


def test_an_endless_answer_takes_no_more_memory_than_a_good_one(liar: ImagingSubprocess) -> None:
    good = _peak_bytes(liar, PIXELS + b"\x80" * 65_536, times=4)  # which is all the pixels and a little more
    assert _peak_bytes(liar, PIXELS + b"\x80" * 65_536, times=0) < 1.2 * good


def _peak_bytes(imaging: ImagingSubprocess, says: bytes, times: int) -> int:
    tracemalloc.start()
    told(imaging, says, times=times)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), head=st.binary(max_size=12) | st.builds(PIXELS.__add__, st.binary(max_size=3)))
def test_any_answer_gives_a_picture_or_a_sentence_of_the_apps(liar: ImagingSubprocess, seed: int, head: bytes) -> None:
    answer = head + Random(seed).randbytes(Random(seed).choice((0, 100, WHOLE)))
    outcome = outcome_of(liar, answer)
    assert SENTENCES.fullmatch(outcome) or outcome == "image/jpeg"


def outcome_of(imaging: ImagingSubprocess, says: bytes) -> str:
    """The sentence, or the picture's type."""
    try:
        picture = told(imaging, says)
    except AppError as refusal:
        return refusal.message
    return picture.mime if picture.width <= 320 and picture.height <= 240 else "too large"


sides = st.integers(0, 2**32 - 1) | st.integers(1, 13_000)
shares = st.floats(0, 0.9)


@given(
    width=sides,
    height=sides,
    crop=st.none() | st.builds(Crop, shares, shares, st.floats(0.05, 1), st.floats(0.05, 1)),
    asked=st.tuples(st.integers(1, 4096), st.integers(1, 4096)),
    samples=st.booleans(),
)
def test_an_answer_is_never_read_beyond_what_was_asked(
    width: int, height: int, crop: Crop | None, asked: tuple[int, int], samples: bool
) -> None:
    request = DecodeRequest(crop, *asked, "#ffffff", samples=samples)
    try:
        size = parse_answer(struct.pack(">BII", 0, width, height))
    except InvalidAnswer:
        return
    assert isinstance(size, tuple)
    assert size[0] * size[1] <= MAX_PIXELS
    for wide, high in request.sizes(size):
        assert 1 <= wide <= (192 if samples else max(size[0], 1))
        assert samples or (wide, high) == asked or wide < asked[0] or high < asked[1]
        assert samples or wide * high <= 4 * asked[0] * asked[1] + wide + high
