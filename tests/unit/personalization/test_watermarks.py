"""The watermark's form: what it accepts, what it says at which field, and what is saved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app import personalization
from app.core.app import App
from app.core.errors import Unprocessable
from app.personalization import WatermarkForm
from app.personalization.queries import offers
from app.personalization.watermarks import watermark_of
from tests.apps import open_shop

FORM = WatermarkForm("My shop", "tiled", "40", "30", is_active=True)


@pytest.mark.parametrize(
    ("field", "values"),
    {
        "text": ["", "  ", "x" * 41, "Café", "花", "a\x00b", "\N{GRINNING FACE}"],
        "position": ["", "middle", "TILED", "<b>"],
        "opacity": ["", "0", "-1", "101", "1e9", "nan", "inf", "many", "40 50"],
        "size": ["", "0", "4", "101", "100000", "nan", "<b>"],
    }.items(),
)
def test_a_bad_value_is_refused_at_its_field(field: str, values: list[str]) -> None:
    for value in values:
        with pytest.raises(Unprocessable) as refusal:
            watermark_of(replace(FORM, **{field: value}))  # type: ignore[arg-type]
        assert refusal.value.field == field, value
        assert refusal.value.message.endswith(".")


def test_numbers_are_read_as_people_type_them() -> None:
    read = watermark_of(replace(FORM, text="  My \n shop ", opacity=" 12,5 %", size="33.3"))
    assert (read.text, read.opacity, read.size_percentage) == ("My shop", 0.125, 33.3)


@pytest.mark.anyio
async def test_the_form_of_a_new_shop_has_its_name_until_one_is_saved(app: App) -> None:
    shop = await open_shop(app)
    assert await personalization.watermark_form(app, shop) == WatermarkForm("A shop", "tiled", "40", "30", True, False)
    wanted = WatermarkForm("Mine", "center", "12.5", "50", is_active=False)
    saved = await personalization.save_watermark_form(app, shop.id, wanted)
    assert saved == await personalization.watermark_form(app, shop) == replace(wanted, is_saved=True)
    assert await offers.watermark(app.db, shop.id) is None
