"""What every Imaging adapter that can warp does for a mockup, told by pixels. The one that cannot says so."""

from __future__ import annotations

import asyncio
import io
import math

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app.core.errors import BadPicture, UnsupportedMedia
from app.core.mockups import Cylinder, Layer, MockupParts, Projection, Quad
from app.core.pictures import Mark
from app.core.ports.imaging import Imaging
from tests.contract.imagings import IMAGINGS, WARP
from tests.contract.test_made_by_ai import BY_AI, source_types
from tests.pictures import encoded

SIDE = 480
UPRIGHT: Quad = ((0.2, 0.15), (0.8, 0.15), (0.8, 0.85), (0.2, 0.85))
SLANTED: Quad = ((0.21, 0.13), (0.78, 0.2), (0.83, 0.77), (0.16, 0.9))
MUG = Cylinder(150, 0.1, (0.25, 0.75))
Grey = NDArray[np.float64]


@pytest.fixture(params=WARP)
def imaging(request: pytest.FixtureRequest) -> Imaging:
    return IMAGINGS[request.param]()


def plain(*colour: int, size: tuple[int, int] = (SIDE, SIDE)) -> bytes:
    return encoded(Image.new("RGB", size, (*colour, *colour, *colour)[:3]), "PNG")


def lines(upright: bool, *places: float) -> bytes:
    """Black lines on white, 12 of 600 pixels wide, whose middles are at these fractions."""
    picture = Image.new("RGB", (600, 600), "white")
    for place in places:
        box = (place * 600 - 6, 0, place * 600 + 5, 600)
        ImageDraw.Draw(picture).rectangle(box if upright else (box[1], box[0], box[3], box[2]), fill="black")
    return encoded(picture, "PNG")


def drawn(imaging: Imaging, design: bytes, parts: MockupParts, max_side: int = SIDE) -> NDArray[np.float64]:
    picture = asyncio.run(imaging.mockup(design, parts, max_side=max_side))
    assert picture is not None
    with Image.open(io.BytesIO(picture.data)) as image:
        assert image.format == "WEBP"
        assert image.size == (picture.width, picture.height)
        return np.asarray(image.convert("RGB"), np.float64)


def grey(imaging: Imaging, design: bytes, parts: MockupParts) -> Grey:
    return drawn(imaging, design, parts).mean(axis=2)


def middle_of_dark(values: Grey) -> float:
    """Where the darkness of a row or column lies, in pixels."""
    dark = np.clip(255 - values - 40, 0, None)
    return float((dark * (np.arange(len(values)) + 0.5)).sum() / dark.sum())


def inside(quad: Quad) -> Grey:
    """How much of each pixel lies in the quad, by four times four points."""
    back = Projection.of_unit_square(quad).inverse
    at = (np.arange(SIDE * 4) + 0.5) / (SIDE * 4)
    x, y = np.meshgrid(at, at)
    u, v = back(x, y)  # type: ignore[arg-type]  # it is arithmetic, for arrays as well
    hit = ((u >= 0) & (u <= 1) & (v >= 0) & (v <= 1)).astype(np.float64)
    return hit.reshape(SIDE, 4, SIDE, 4).mean(axis=(1, 3))


def test_the_designs_corners_and_edges_land_on_the_quads_within_a_pixel(imaging: Imaging) -> None:
    seen = grey(imaging, plain(255), MockupParts(plain(0), SLANTED)) / 255
    wanted = inside(SLANTED)
    assert np.abs(seen - wanted).max() < 0.7  # one pixel aside would be 1
    assert np.abs(seen - wanted).mean() < 0.004
    assert seen.sum() == pytest.approx(wanted.sum(), rel=0.005)


def test_an_edge_is_smooth_and_has_no_seam(imaging: Imaging) -> None:
    seen = grey(imaging, plain(255), MockupParts(plain(255), SLANTED))
    assert seen.min() >= 250
    steps = grey(imaging, plain(255), MockupParts(plain(0), SLANTED))[:, SIDE // 2]
    assert ((steps > 20) & (steps < 235)).any()


def test_a_straight_line_stays_straight_and_lies_where_perspective_puts_it(imaging: Imaging) -> None:
    seen = grey(imaging, lines(True, 0.3), MockupParts(plain(255), SLANTED))
    rows = np.arange(130, 360)
    found = np.array([middle_of_dark(seen[row]) for row in rows])
    slope, start = np.polyfit(rows + 0.5, found, 1)
    assert np.abs(found - (slope * (rows + 0.5) + start)).max() < 0.5
    top, bottom = (Projection.of_unit_square(SLANTED)(0.3, v) for v in (0, 1))
    for x, y in (top, bottom):
        assert abs(slope * y * SIDE + start - x * SIDE) < 1


def test_a_cylinders_columns_are_as_far_apart_as_their_sines(imaging: Imaging) -> None:
    places = [0.3, 0.4, 0.5, 0.6, 0.7]
    seen = grey(imaging, lines(True, *places), MockupParts(plain(255), UPRIGHT, MUG))[SIDE // 2]
    half = math.radians(MUG.arc / 2)
    wanted = [0.5 + 0.3 * math.sin((u - 0.5) / 0.25 * half) / math.sin(half) for u in places]
    widths = []
    for place in wanted:
        first = round(place * SIDE) - 16
        assert abs(first + middle_of_dark(seen[first : first + 32]) - place * SIDE) < 1
        widths.append(np.clip(255 - seen[first : first + 32], 0, None).sum() / 255)
    drawn_width = 12 / 600 / 0.5 * 0.6 * SIDE * half / math.sin(half)  # of a line in the middle, where nothing narrows
    assert widths[2] == pytest.approx(drawn_width, rel=0.08)
    narrowed = [math.cos((u - 0.5) / 0.25 * half) for u in places]
    assert [width / widths[2] for width in widths] == pytest.approx(narrowed, abs=0.08)


def test_a_cylinders_rows_hang_lower_in_their_middle(imaging: Imaging) -> None:
    seen = grey(imaging, lines(False, 0.5), MockupParts(plain(255), UPRIGHT, MUG))
    for x in (0.02, 0.2, 0.5, 0.8, 0.98):
        column = round((0.2 + 0.6 * x) * SIDE)
        y = (0.15 + 0.7 * (0.5 + MUG.drop((column + 0.5) / SIDE / 0.6 - 0.2 / 0.6))) * SIDE
        assert abs(middle_of_dark(seen[:, column]) - y) < 1
    assert MUG.drop(0.5) - MUG.drop(0) == pytest.approx(0.1)


def test_a_cylinders_edge_has_no_seam_and_ends_with_its_curve(imaging: Imaging) -> None:
    assert grey(imaging, plain(255), MockupParts(plain(255), UPRIGHT, MUG)).min() >= 250
    seen = grey(imaging, plain(255), MockupParts(plain(0), UPRIGHT, MUG))[:, SIDE // 2]
    top = np.argmax(seen > 127)
    assert abs(top - (0.15 + 0.7 * 0.1) * SIDE) <= 1
    assert abs(seen.sum() / 255 - 0.7 * SIDE) < 1.5


@pytest.mark.parametrize("blend", ["normal", "multiply"])
def test_a_design_lies_on_the_surface_or_lets_it_show_through(imaging: Imaging, blend: str) -> None:
    seen = drawn(imaging, plain(128, 255, 64), MockupParts(plain(200), UPRIGHT, None, blend))  # type: ignore[arg-type]
    wanted = (128, 255, 64) if blend == "normal" else (100, 200, 50)
    assert np.abs(seen[SIDE // 2, SIDE // 2] - wanted).max() <= 4
    assert np.abs(seen[10, 10] - 200).max() <= 2


@pytest.mark.parametrize(
    ("mode", "opacity", "wanted"), [("multiply", 1, 75), ("multiply", 0.5, 112), ("screen", 1, 203)]
)
def test_layers_darken_and_light_the_design_and_the_photo_alike(
    imaging: Imaging, mode: str, opacity: float, wanted: int
) -> None:
    layer = Layer(plain(128, size=(200, 200)), mode, opacity)  # type: ignore[arg-type]
    seen = grey(imaging, plain(150), MockupParts(plain(150), UPRIGHT, layers=(layer,)))
    assert np.abs(seen - wanted).max() <= 3


def test_a_mockup_is_as_large_as_asked_and_never_larger_than_its_photo(imaging: Imaging) -> None:
    parts = MockupParts(plain(90, size=(600, 400)), UPRIGHT)
    assert drawn(imaging, plain(255), parts, 300).shape == (200, 300, 3)
    assert drawn(imaging, plain(255), parts, 2000).shape == (400, 600, 3)


def test_a_watermark_is_seen_on_the_product(imaging: Imaging) -> None:
    mark = Mark(None, "ARTIFY", 0.5, "tiled", 30)
    marked, bare = (asyncio.run(imaging.preview(plain(60), max_side=SIDE, mark=each)).data for each in (mark, None))
    for cylinder in (None, MUG):
        parts = MockupParts(plain(200), UPRIGHT, cylinder)
        changed = np.abs(grey(imaging, marked, parts) - grey(imaging, bare, parts))[120:360, 120:360]
        for quarter in (changed[:120, :120], changed[:120, 120:], changed[120:, :120], changed[120:, 120:]):
            assert (quarter > 25).mean() > 0.01


def test_a_mockup_of_an_ai_picture_says_so_and_only_then(imaging: Imaging) -> None:
    parts = MockupParts(plain(90), UPRIGHT)
    said, unsaid = (asyncio.run(imaging.mockup(plain(9), parts, max_side=SIDE, by_ai=by_ai)) for by_ai in (True, False))
    assert said
    assert unsaid
    assert (source_types(said), source_types(unsaid)) == ([BY_AI], [])


@pytest.mark.parametrize("broken", ["design", "photo", "layer"])
def test_a_part_that_cannot_be_read_is_refused(imaging: Imaging, broken: str) -> None:
    parts = {name: b"no picture" if name == broken else plain(90) for name in ("design", "photo", "layer")}
    made = MockupParts(parts["photo"], UPRIGHT, layers=(Layer(parts["layer"], "screen", 1),))
    with pytest.raises((UnsupportedMedia, BadPicture)):
        asyncio.run(imaging.mockup(parts["design"], made, max_side=SIDE))


def test_where_nothing_can_warp_there_is_no_mockup() -> None:
    [name] = set(IMAGINGS) - set(WARP)
    parts = MockupParts(plain(90), UPRIGHT)
    assert asyncio.run(IMAGINGS[name]().mockup(plain(9), parts, max_side=SIDE)) is None
