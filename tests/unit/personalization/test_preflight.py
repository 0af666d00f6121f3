"""The same photo is good enough for one print, and not for another."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from app.personalization.preflight import Check, Figures, Target, assess
from tests.pictures import photograph
from tests.unit.personalization.sample_photos import blurred, figures, noisy

A4 = (8.27, 11.69)
GOOD = Figures(2480, 3508, 0.5, 1.0, 0.0, (1.0, 2.0))
PRINTED = Target(A4, False, None)
ENLARGED = Target(A4, True, None)
DRAWN = Target(A4, True, (1024, 1448))


def check(name: str, found: Figures, target: Target = PRINTED) -> Check:
    [one] = [each for each in assess(found, target).checks if each.name == name]
    return one


def wide(dpi: float) -> Figures:
    return replace(GOOD, width=round(A4[0] * dpi), height=10_000)


@pytest.mark.parametrize(
    ("target", "dpi", "verdict"),
    [
        (PRINTED, 100, "ok"),
        (PRINTED, 98, "warn"),
        (PRINTED, 65, "warn"),
        (PRINTED, 63, "poor"),
        (ENLARGED, 75, "ok"),
        (ENLARGED, 73, "warn"),
        (ENLARGED, 48, "poor"),
        (DRAWN, 75, "ok"),
        (DRAWN, 60, "warn"),
        (DRAWN, 40, "poor"),
    ],
)
def test_a_photo_has_to_have_enough_pixels_for_how_it_is_printed(target: Target, dpi: int, verdict: str) -> None:
    found = check("dpi", wide(dpi), target)
    assert (found.verdict, found.value) == (verdict, pytest.approx(dpi, abs=1))


def test_the_side_with_fewer_pixels_counts() -> None:
    assert check("dpi", replace(GOOD, height=3508 // 10)).verdict == "poor"


def test_a_photo_with_the_pixels_of_its_drawing_is_good_for_any_size() -> None:
    poster = Target((24, 36), False, (1024, 1448))
    assert check("dpi", replace(GOOD, width=1024, height=1448), poster).verdict == "ok"
    assert check("dpi", replace(GOOD, width=500, height=700), poster).verdict == "warn"
    assert check("dpi", replace(GOOD, width=300, height=400), poster).verdict == "poor"


def test_a_small_photo_is_good_for_a_small_print() -> None:
    card = Target((3, 4), True, (1024, 1448))
    assert check("dpi", replace(GOOD, width=300, height=400), card).verdict == "ok"


@pytest.mark.parametrize(("blur", "verdict"), [(None, "ok"), (0.7, "ok"), (1.5, "ok"), (2.5, "warn"), (5, "poor")])
def test_a_blurred_photo_counts_as_a_smaller_one(blur: float | None, verdict: str) -> None:
    assert assess(replace(GOOD, blur=blur), PRINTED).verdict == verdict


def test_a_blur_that_a_small_print_hides_is_no_fault() -> None:
    assert check("sharpness", replace(GOOD, blur=2.5), Target((3, 4), False, None)).verdict == "ok"


def test_a_small_sharp_photo_is_not_called_blurred() -> None:
    assert check("sharpness", replace(wide(30), blur=0.5)).verdict == "ok"


@pytest.mark.parametrize(("noise", "verdict"), [(7, "ok"), (9, "warn"), (17, "poor")])
def test_grain_is_judged_as_it_is_seen(noise: float, verdict: str) -> None:
    coarse = replace(GOOD, width=1241, height=1754, noise=noise)  # 150 dpi
    assert check("noise", coarse).verdict == verdict
    assert check("noise", replace(GOOD, noise=noise)).verdict == ("warn" if noise > 16 else "ok")


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"clipping": 0.1}, "ok"),
        ({"clipping": 0.3}, "warn"),
        ({"clipping": 0.6}, "poor"),
        ({"cast": (3.0, 12.0)}, "ok"),
        ({"cast": (8.0, 30.0)}, "warn"),
        ({"gamut": 0.1}, "ok"),
        ({"gamut": 0.9}, "warn"),
    ],
)
def test_each_fault_has_its_verdict(change: dict[str, Any], verdict: str) -> None:
    assert assess(replace(GOOD, **change), PRINTED).verdict == verdict


def test_what_a_model_draws_has_neither_grain_nor_burnt_parts_of_its_own() -> None:
    assert assess(replace(GOOD, noise=60, clipping=0.9), DRAWN).verdict == "warn"


def test_a_printers_colours_are_only_told_where_they_are_known() -> None:
    assert "gamut" not in {each.name for each in assess(GOOD, PRINTED).checks}


@pytest.mark.parametrize(
    ("cast", "towards"), [((20, 20), "orange"), ((0, 30), "yellow"), ((-30, 0), "green"), ((0, -30), "blue")]
)
def test_a_cast_is_named(cast: tuple[float, float], towards: str) -> None:
    found = check("cast", replace(GOOD, cast=cast))
    assert (found.message, found.figure) == (
        f"The colours of the photo lean towards {towards}.",
        f"Colour cast of {round((cast[0] ** 2 + cast[1] ** 2) ** 0.5)}, towards {towards}",
    )


def test_every_fault_is_one_plain_sentence_and_what_is_good_is_none() -> None:
    bad = Figures(300, 400, 6.0, 30.0, 0.7, (20.0, 30.0), 0.5)
    for target in (PRINTED, DRAWN):
        for each in assess(bad, target).checks:
            assert (each.verdict != "ok", str(each.message).endswith(".")) == (True, True), each
    assert {each.message for each in assess(GOOD, PRINTED).checks} == {None}


def test_figures_are_kept_as_json() -> None:
    assert Figures.read(json.loads(json.dumps(asdict(GOOD)))) == GOOD


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket"])
def test_a_good_photograph_is_good_but_for_its_size(name: str) -> None:
    found = {each.name: each.verdict for each in assess(figures(photograph(name)), PRINTED).checks}
    assert found.pop("dpi") == "poor"
    assert set(found.values()) == {"ok"}, found


def test_a_photo_in_dim_light_out_of_focus_is_told_so() -> None:
    found = assess(figures(noisy(blurred(photograph("coffee"), 4), 20)), PRINTED)
    assert {each.name for each in found.checks if each.verdict != "ok"} >= {"dpi", "noise"}
    assert found.verdict == "poor"
