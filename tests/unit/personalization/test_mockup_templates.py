"""A blank's template is read as it is meant, or refused: a bad one must not reach the pixels."""

from __future__ import annotations

import math
from typing import Any

import pytest

from app.core.errors import Unprocessable
from app.core.mockups import Cylinder
from app.personalization.mockup_templates import Template, TemplateLayer
from app.personalization.starter_set import STARTER_BLANKS

AREA = [[0.2, 0.1], [0.8, 0.15], [0.8, 0.9], [0.2, 0.85]]
MUG = {"arc": 150, "bend": 0.05, "seen": [0.25, 0.75]}
LAYER = {"asset": "shadow", "mode": "multiply"}
GOOD: dict[str, Any] = {"photo": "photo", "area": AREA}


def test_a_template_needs_a_photo_and_an_area_alone() -> None:
    read = Template.read(GOOD)
    assert (read.photo_id, read.cylinder, read.blend, read.layers) == ("photo", None, "normal", ())
    assert read.area == ((0.2, 0.1), (0.8, 0.15), (0.8, 0.9), (0.2, 0.85))


def test_a_template_keeps_its_layers_in_order() -> None:
    light = {"asset": "light", "mode": "screen", "opacity": 0.5}
    read = Template.read(GOOD | {"cylinder": MUG, "blend": "multiply", "layers": [LAYER, light]})
    assert read.layers == (TemplateLayer("shadow", "multiply", 1), TemplateLayer("light", "screen", 0.5))
    assert (read.cylinder, read.blend) == (Cylinder(150, 0.05, (0.25, 0.75)), "multiply")


@pytest.mark.parametrize("blank", [each for each in STARTER_BLANKS if each.mockup], ids=lambda blank: blank.key)
def test_the_templates_of_the_starter_set_are_good(blank: Any) -> None:
    assert Template.read(blank.mockup).layers


@pytest.mark.parametrize(
    "bad",
    [
        {"area": None},
        {"area": "everywhere"},
        {"area": AREA[:3]},
        {"area": [*AREA, [0.5, 0.5]]},
        {"area": [[0.2, 0.1, 0.3], *AREA[1:]]},
        {"area": [[0.2, "0.1"], *AREA[1:]]},
        {"area": [[math.nan, 0.1], *AREA[1:]]},
        {"area": [[-0.1, 0.1], *AREA[1:]]},
        {"area": [[0.2, 0.1], [1.2, 0.15], *AREA[2:]]},
        {"area": AREA[::-1]},  # mirrored
        {"area": [AREA[0], AREA[2], AREA[1], AREA[3]]},  # folded
        {"area": [AREA[0], AREA[1], [0.3, 0.2], AREA[3]]},  # bent inwards
        {"area": [[0.2, 0.2]] * 4},
        {"area": [[0, 0], [1, 0], [0.51, 0.9], [0.49, 0.9]]},  # very slanted
        {"blend": "burn"},
        {"blend": ["normal"]},
        {"cylinder": {"arc": 150}},
        {"cylinder": MUG | {"arc": 180}},
        {"cylinder": MUG | {"arc": True}},
        {"cylinder": MUG | {"bend": 2}},
        {"cylinder": MUG | {"bend": 10**400}},
        {"cylinder": MUG | {"bend": math.inf}},
        {"cylinder": MUG | {"seen": [0.5, 0.5]}},
        {"cylinder": MUG | {"seen": [0.75, 0.25]}},
        {"cylinder": MUG | {"seen": [0, 0.5, 1]}},
        {"layers": [LAYER | {"mode": "overlay"}]},
        {"layers": [LAYER | {"opacity": 2}]},
        {"layers": [{"mode": "multiply"}]},
        {"layers": ["shadow"]},
        {"layers": [LAYER] * 9},
        {"layers": 3},
    ],
)
def test_a_template_that_cannot_be_drawn_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(Unprocessable) as refusal:
        Template.read(GOOD | bad)
    assert refusal.value.code == "bad_template"


@pytest.mark.parametrize("told", [{}, {"area": AREA}, [], "photo", 3])
def test_what_is_no_template_is_refused(told: Any) -> None:
    with pytest.raises(Unprocessable):
        Template.read(told)
