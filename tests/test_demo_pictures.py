"""The demo's mockup pictures are the ones that are drawn here, small enough to be fetched with a repository."""

from __future__ import annotations

import io

from PIL import Image, ImageChops, ImageStat

from handlers.demo.mockups import BASES, FOLDER
from tests.demo_pictures import drawn, encoded

MOST_BYTES = 60_000


def test_the_committed_pictures_are_the_drawn_ones() -> None:
    pictures = {name: encoded(name, picture) for name, picture in drawn().items()}
    assert {path.name for path in FOLDER.glob("*.webp")} == set(pictures)
    for name, data in pictures.items():
        assert len(data) < MOST_BYTES
        kept, made = (Image.open(io.BytesIO(each)).convert("RGB") for each in ((FOLDER / name).read_bytes(), data))
        assert kept.size == made.size
        assert max(ImageStat.Stat(ImageChops.difference(kept, made)).mean) < 1, name


def test_every_picture_is_of_a_template() -> None:
    mockups = [demo.mockup for bases in BASES.values() for demo in bases]
    named = {mockup["photo"] for mockup in mockups} | {layer["asset"] for each in mockups for layer in each["layers"]}
    assert named == {path.name for path in FOLDER.glob("*.webp")}
