"""Photos that browsers show although they are odd come out right from every adapter; those that lack pixels do not."""

from __future__ import annotations

import asyncio

import pytest

from app.core.errors import BadPicture
from tests.contract.imagings import IMAGINGS, KNOW_WHAT_IS_MISSING
from tests.contract.test_imaging_corpus import away
from tests.corpus.odd import ENDLESS, LACKING, ODD
from tests.corpus.talkative import SIZE, small


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("adapter", IMAGINGS)
def test_an_odd_photo_comes_out_right(adapter: str, name: str) -> None:
    photo, imaging = ODD[name](), IMAGINGS[adapter]()
    if name in ENDLESS and adapter not in KNOW_WHAT_IS_MISSING:
        with pytest.raises(BadPicture):
            asyncio.run(imaging.develop(photo, crop=None, width=SIZE[0], height=SIZE[1]))
        return
    picture = asyncio.run(imaging.develop(photo, crop=None, width=SIZE[0], height=SIZE[1]))
    assert away(picture, small()) <= 3


@pytest.mark.parametrize("name", LACKING)
@pytest.mark.parametrize("adapter", KNOW_WHAT_IS_MISSING)
def test_a_photo_that_lacks_pixels_is_refused(adapter: str, name: str) -> None:
    with pytest.raises(BadPicture) as refusal:
        asyncio.run(IMAGINGS[adapter]().develop(LACKING[name](), crop=None, width=SIZE[0], height=SIZE[1]))
    assert refusal.value.code == "damaged"
