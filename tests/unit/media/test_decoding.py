"""What a photo costs to decode: its pixels by its format, whatever its bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.sizes import MAX_PIXELS
from app.core.sniff import Format, Header
from app.media import MOST_COST, decoding_cost

FORMATS: list[Format] = ["jpeg", "png", "webp", "avif", "heic"]


def cost(kind: Format, *size: int) -> int:
    return decoding_cost(Header(kind, f"image/{kind}", (size[0], size[1]) if size else None))


@pytest.mark.parametrize(
    ("kind", "size", "units"),
    [
        ("jpeg", (64, 64), 1),
        ("jpeg", (4032, 3024), 13),
        ("heic", (4032, 3024), 39),
        ("avif", (8160, 6120), 150),
        ("png", (1000, 1000), 1),
        ("webp", (1000, 1001), 2),
    ],
)
def test_a_photo_costs_its_megapixels_and_the_formats_of_films_three_times_as_many(
    kind: Format, size: tuple[int, int], units: int
) -> None:
    assert cost(kind, *size) == units


@pytest.mark.parametrize("kind", FORMATS)
def test_a_size_that_lies_beyond_the_head_costs_the_most_that_is_decoded(kind: Format) -> None:
    assert cost(kind) == cost(kind, 10_000, MAX_PIXELS // 10_000) <= MOST_COST


@given(kind=st.sampled_from(FORMATS), width=st.integers(64, 12_000), height=st.integers(64, 12_000))
def test_more_pixels_never_cost_less(kind: Format, width: int, height: int) -> None:
    assert 1 <= cost(kind, width, height) <= cost(kind, width, height + 1)
    assert cost("jpeg", width, height) <= cost(kind, width, height)
