"""The pictures of the starter set are the ones that are drawn here, small enough to be fetched with a repository."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

from PIL import Image, ImageChops, ImageStat

from app.core.settings import Settings
from app.personalization.starter_set import PICTURES, STARTER_BLANKS, STARTER_STYLES
from app.personalization.watermarks import SAMPLE
from app.wiring import build
from tests.apps import environ
from tests.demo_pictures import drawn, encoded
from tests.starter_pictures import drawn as drawn_example

MOST_BYTES = 60_000
TEMPLATES = [blank.mockup for blank in STARTER_BLANKS if blank.mockup]


def test_the_committed_pictures_are_the_drawn_ones() -> None:
    for name, picture in drawn().items():
        data = encoded(name, picture)
        assert len(data) < MOST_BYTES
        assert difference((PICTURES / name).read_bytes(), data) < 1, name


def test_an_example_is_what_the_local_look_draws(tmp_path: Path) -> None:
    """One of the six: each takes as long, and all are drawn by the same lines."""
    app, style = build(Settings.load(environ(tmp_path))), STARTER_STYLES[1]
    made = asyncio.run(drawn_example(app, style))
    assert difference((PICTURES / style.picture).read_bytes(), made) < 3


def test_every_picture_is_of_a_template_or_a_style() -> None:
    named = {mockup["photo"] for mockup in TEMPLATES} | {
        layer["asset"] for each in TEMPLATES for layer in each["layers"]
    }
    named |= {style.picture for style in STARTER_STYLES}
    assert named | {SAMPLE} == {path.name for path in PICTURES.iterdir()}
    assert set(drawn()) | {style.picture for style in STARTER_STYLES} == named


def difference(kept: bytes, made: bytes) -> float:
    """The largest mean difference of a channel, of 255."""
    first, second = (Image.open(io.BytesIO(each)).convert("RGB") for each in (kept, made))
    assert first.size == second.size
    return max(ImageStat.Stat(ImageChops.difference(first, second)).mean)
