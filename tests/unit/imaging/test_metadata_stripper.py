"""A photo leaves for a service without the words beside its pixels, and with its turn known."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from app.adapters.imaging.metadata_stripper import bare
from app.core.errors import BadPicture
from tests import pictures
from tests.corpus.planted import written
from tests.corpus.talkative import TALKATIVE, talkative


def pixels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
def test_the_turn_is_read_and_cut_out_and_the_pixels_stay(fmt: str, turn: int) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = turn, pictures.PLANTED
    photo = pictures.encoded(pictures.scene(), fmt, exif=exif, quality=90)
    left = bare(photo)
    data = b"".join(left.parts)
    assert (left.turn, left.size, left.format) == (turn, pictures.SIZE, fmt.lower())
    assert pictures.PLANTED.encode() in photo
    assert pictures.PLANTED.encode() not in data
    assert not Image.open(io.BytesIO(data)).getexif()
    assert np.array_equal(pixels(data), pixels(photo))


def test_a_colour_profile_stays() -> None:
    photo = pictures.good("display-p3").data
    with Image.open(io.BytesIO(photo)) as before, Image.open(io.BytesIO(b"".join(bare(photo).parts))) as after:
        assert after.info["icc_profile"] == before.info["icc_profile"]


@pytest.mark.parametrize("name", [name for name in TALKATIVE if name.startswith(("jpeg", "png", "webp"))])
def test_a_talkative_photo_says_nothing_beside_its_pixels(name: str) -> None:
    photo = talkative(name).data
    data = b"".join(bare(photo).parts)
    assert written(photo)
    assert written(data) == [] or name.endswith(("profile", "everything"))  # a profile says how colours are meant
    assert np.array_equal(pixels(data), pixels(photo))


@pytest.mark.parametrize("kind", ["jpeg", "progressive", "png", "webp", "avif", "heic"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_a_photo_that_was_cut_off_is_refused_or_known_to_have_no_end(kind: str, share: float) -> None:
    photo = pictures.good(kind).data
    try:
        assert not bare(photo[: int(len(photo) * share)]).is_ended
    except BadPicture:
        return
    assert kind in ("jpeg", "progressive")  # each adapter then looks whether pixels are missing


def test_a_mark_may_be_as_small_as_a_dot() -> None:
    dot = pictures.bad("1x1").data
    assert bare(dot, any_size=True).size == (1, 1)
    with pytest.raises(BadPicture):
        bare(dot)
