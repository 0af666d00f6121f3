"""The print size that a variant's name suggests."""

from __future__ import annotations

import pytest

from app.personalization.size_names import PrintArea, suggested
from app.personalization.starter_set import STARTER_BLANKS, starter_blank

AREAS = {
    blank.key: [
        PrintArea(f"{blank.key}/{size.name}", blank.key, blank.name, size.name, size.width_px, size.height_px, size.dpi)
        for size in blank.sizes
    ]
    for blank in STARTER_BLANKS
}


@pytest.mark.parametrize(
    ("blank", "value", "name"),
    [
        ("poster-a", "A3", "A3"),
        ("poster-a", "a4 (210 x 297 mm)", "A4"),
        ("poster-a", "A3 / Matte", "A3"),
        ("poster-a", "297 × 420 mm", "A3"),
        ("poster-a", "29.7x42cm", "A3"),
        ("poster-a", "29,7 x 42 cm", "A3"),
        ("poster-in", "24x36 in", "24×36 in"),
        ("poster-in", "24 × 36″", "24×36 in"),
        ("poster-in", "24x36", "24×36 in"),
        ("canvas", "12x16", "12×16 in"),
        ("canvas", '18"x24"', "18×24 in"),
        ("canvas", "30x40", "30×40 cm"),
        ("canvas", "50x70cm", "50×70 cm"),
        ("mug", "11oz", "11 oz"),
        ("mug", "Large mug, 15 OZ", "15 oz"),
        ("t-shirt", "Large", "L"),
        ("t-shirt", "m", "M"),
        ("t-shirt", "XXL", "2XL"),
        ("puzzle", "500 pcs", "500 pieces"),
        ("puzzle", "1000 pieces", "1,000 pieces"),
        ("phone-case", "iPhone 16 Pro", "iPhone 16 Pro"),
    ],
)
def test_a_name_suggests_its_print_size(blank: str, value: str, name: str) -> None:
    found = suggested(["White", value], AREAS[blank])
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("blank", "value"),
    [
        ("poster-a", "White"),
        ("poster-a", ""),
        ("poster-a", "A33"),
        ("poster-a", "BA3"),
        ("poster-a", "420 × 297 mm"),
        ("poster-a", "0x0"),
        ("poster-a", "9" * 400 + "x1"),
        ("mug", "11 pieces"),
        ("mug", "111 oz"),
        ("t-shirt", "Default Title"),
        ("phone-case", "iPhone 1"),
    ],
)
def test_a_name_that_fits_no_print_size_suggests_none(blank: str, value: str) -> None:
    assert suggested([value], AREAS[blank]) is None


def test_an_equal_name_comes_before_equal_measures() -> None:
    areas = [*AREAS["poster-a"], PrintArea("own", "own", "Own", "210x297 mm", 100, 100, 300)]
    assert suggested(["210 x 297 mm"], areas) is areas[-1]


def test_an_area_tells_its_millimetres() -> None:
    [a4, *_] = AREAS["poster-a"]
    assert [round(side) for side in a4.mm] == [210, 297]


@pytest.mark.parametrize("blank", STARTER_BLANKS, ids=lambda blank: blank.key)
def test_every_size_of_the_starter_set_is_suggested_by_its_own_name(blank: object) -> None:
    areas = AREAS[blank.key]  # type: ignore[attr-defined]
    assert [suggested([area.name], areas) for area in areas] == areas


@pytest.mark.parametrize("blank", STARTER_BLANKS, ids=lambda blank: blank.key)
def test_every_size_of_the_starter_set_can_be_printed(blank: object) -> None:
    """Within 100 megapixels with its bleed, of which poster prints have been measured, and with room inside."""
    checked = starter_blank(blank.key)  # type: ignore[attr-defined]
    for size in checked.sizes:
        bleed = checked.bleed_mm / 25.4 * size.dpi
        assert (size.width_px + 2 * bleed) * (size.height_px + 2 * bleed) < 100_000_000
        assert 2 * checked.safe_mm / 25.4 * size.dpi < min(size.width_px, size.height_px) / 2
