"""Rules of personalization: crops, sizes, whose preview it is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Unprocessable
from app.core.pictures import Crop
from app.personalization.model import LONGEST_DEFAULT_MARK, Generation, crop_of, default_watermark
from app.personalization.previews import PREVIEWS
from app.personalization.print_sizes import MASTER_SIDE, Size
from tests import letters
from tests.fakes.ports import START

A4 = Size("size", "product", "A4", 2480, 3508, "2001")
DESIGN = Generation(
    id="design",
    shop_id="a",
    product_id="product",
    ai_style_id="style",
    size_id="size",
    shopper_id=None,
    guest_session_id="guest",
    upload_asset_id="upload",
    master_asset_id="master",
    preview_asset_id="preview",
    status="completed",
    progress=100,
    crop=None,
    ai_prompt_used="oil",
    error_code=None,
    error_message=None,
    idempotency_key=None,
    quota_period="2026-11",
    created_at=START,
)
WHOLE = {"x": 0.0, "y": 0.0, "width": 1.0, "height": 1.0}


@pytest.mark.parametrize(
    "values",
    [
        WHOLE,
        {"x": 0.95, "y": 0, "width": 0.05, "height": 1},
        {"x": 0.1, "y": 0.2, "width": 0.9000000001, "height": 0.8},
        {"x": -1e-9, "y": 0, "width": 1, "height": 1},
    ],
)
def test_a_crop_inside_the_photo_is_taken(values: dict[str, float]) -> None:
    assert crop_of(values) == Crop(*[float(values[name]) for name in ("x", "y", "width", "height")])


def test_no_crop_is_none() -> None:
    assert crop_of(None) is None


@pytest.mark.parametrize(
    "change",
    [
        {"x": -0.01},
        {"x": 0.01},
        {"y": 0.5},
        {"y": -1e300},
        {"width": 1.01},
        {"width": 0.049},
        {"height": 0},
        {"height": -1},
        {"width": float("nan")},
        {"x": float("nan")},
        {"y": float("nan")},
        {"height": float("nan")},
        {"height": float("inf")},
        {"x": float("-inf")},
    ],
)
def test_a_crop_outside_the_photo_or_too_thin_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(Unprocessable) as refusal:
        crop_of(WHOLE | change)
    assert refusal.value.code == "bad_crop"


sides = st.integers(1, 20_000)


@given(width=sides, height=sides)
def test_a_master_has_the_sizes_aspect_and_is_never_larger_than_it_or_the_limit(width: int, height: int) -> None:
    made = replace(A4, width_px=width, height_px=height).master_size()
    assert 1 <= max(made) <= min(MASTER_SIDE, max(width, height))
    assert made[0] <= width
    assert made[1] <= height
    longest = max(width, height)
    scale = min(1.0, MASTER_SIDE / longest)
    assert abs(made[0] - width * scale) <= 1
    assert abs(made[1] - height * scale) <= 1


def test_the_master_of_an_a_size_is_1024_by_1448() -> None:
    assert A4.master_size() == (1024, 1448)
    assert replace(A4, width_px=600, height_px=800).master_size() == (600, 800)


@given(width=st.integers(300, 12_000), height=st.integers(300, 12_000))
def test_a_master_fits_the_size_it_was_made_for(width: int, height: int) -> None:
    size = replace(A4, width_px=width, height_px=height)
    if max(width, height) <= 8 * min(width, height):
        assert size.fits(*size.master_size())


@pytest.mark.parametrize(("width", "height", "fits"), [(1024, 1448, True), (1030, 1448, True), (1040, 1448, False)])
def test_a_percent_of_another_shape_still_fits(width: int, height: int, fits: bool) -> None:
    assert A4.fits(width, height) is fits
    assert not A4.fits(height, width)


def test_a_repeated_request_is_the_same_whatever_its_progress() -> None:
    again = replace(DESIGN, id="other", status="pending", progress=0, created_at=START, master_asset_id=None)
    assert PREVIEWS.is_same_request(DESIGN, again)


@pytest.mark.parametrize(
    "change",
    [
        {"product_id": "x"},
        {"ai_style_id": "x"},
        {"size_id": "x"},
        {"upload_asset_id": "x"},
        {"crop": {"x": 0, "y": 0, "width": 1, "height": 0.5}},
    ],
)
def test_a_request_with_another_value_is_not_the_same(change: dict[str, Any]) -> None:
    assert not PREVIEWS.is_same_request(DESIGN, replace(DESIGN, **change))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Ada's Prints", "Ada's Prints"),
        ("Ada\u2019s Prints", "Ada's Prints"),
        ("Café Zoë", "Cafe Zoe"),
        ("Lovely art 🎨✨", "Lovely art"),
        ("  Two \n words\t", "Two words"),
        ("ＡＢＣ", "ABC"),
        ("The shop of Ada Lovelace & daughters", "The shop of"),
        # Letters that the mark's font lacks, or no letters at all: the first part of the domain.
        *[
            (name, "ada-prints")
            for name in ("Магазин", "Магазин ABC", "写真館", "متجر", "Łódź", "🎨", "", "   ", "---", ".", "\x00", None)
        ],
    ],
)
def test_the_default_watermark_says_whose_preview_it_is(name: str | None, text: str) -> None:
    assert default_watermark("ada-prints.myshopify.com", name).text == text


@given(st.none() | st.text(max_size=300), st.from_regex(r"[a-z0-9][a-z0-9-]{0,59}\.myshopify\.com", fullmatch=True))
def test_every_default_watermark_can_be_drawn_and_read(name: str | None, shop_id: str) -> None:
    text = default_watermark(shop_id, name).text or ""
    assert set(text) <= json.loads(letters.FILE.read_text())["letters"].keys()
    assert any(letter.isalnum() for letter in text)
    assert len(text) <= LONGEST_DEFAULT_MARK
