"""Pictures as values."""

from __future__ import annotations

import pytest

from app.core.pictures import ImageAnswer, Picture, PrintFile, Raster

PICTURE = Picture(bytes(1_000_000), "image/png", 1000, 1000)


@pytest.mark.parametrize(
    "value",
    [
        PICTURE,
        PrintFile(PICTURE, "resample", 2.0, 500, 500),
        Raster(bytes(1_000_000), 1000, 333),
        ImageAnswer((bytes(1_000_000),), "local"),
    ],
)
def test_the_words_for_a_picture_leave_out_its_bytes(value: object) -> None:
    assert len(repr(value)) < 300
