"""Mockup templates of blanks: a photo, the area of the print in it, and the layers above the print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.errors import Unprocessable
from app.core.mockups import Blend, Cylinder, LayerMode, Point, Projection, Quad

BLENDS: dict[str, Blend] = {"normal": "normal", "multiply": "multiply"}
MODES: dict[str, LayerMode] = {"multiply": "multiply", "screen": "screen"}
MOST_LAYERS = 8
LEAST_AREA = 0.001
"""The minimum of twice the signed area of the triangle at each corner, as a share of the photo. With less, the print
area is nearly a line; with a negative value, it is folded or mirrored."""
MOST_SLANT = 4
"""The depth of a corner is between the inverse of this and this, where the first corner has depth 1."""


@dataclass(frozen=True)
class TemplateLayer:
    asset_id: str
    mode: LayerMode
    opacity: float


@dataclass(frozen=True)
class Template:
    """A mockup template.

    As JSON: `{"photo": id, "area": [[x, y], …], "blend": "normal", "cylinder": {"arc", "bend", "seen": [a, b]},
    "layers": [{"asset": id, "mode": "multiply", "opacity": 1}]}`. Only `photo` and `area` are required. Pictures are
    asset ids; the units of the numbers are documented in `app.core.mockups`.
    """

    photo_id: str
    area: Quad
    cylinder: Cylinder | None
    blend: Blend
    layers: tuple[TemplateLayer, ...]

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Template:
        """Read a template from JSON. Raises Unprocessable if no mockup can be drawn with it."""
        try:
            layers = tuple(_layer(each) for each in value.get("layers", []))
            _check(len(layers) <= MOST_LAYERS)
            cylinder = _cylinder(value["cylinder"]) if value.get("cylinder") else None
            area = _area(value["area"], cylinder.rows if cylinder else (0, 1))
            return cls(str(value["photo"]), area, cylinder, BLENDS[value.get("blend", "normal")], layers)
        except (AttributeError, KeyError, TypeError, ValueError) as fault:
            raise Unprocessable("The mockup template is not valid.", code="bad_template") from fault


def _layer(value: Mapping[str, Any]) -> TemplateLayer:
    return TemplateLayer(str(value["asset"]), MODES[value["mode"]], _number(value.get("opacity", 1), 0, 1))


def _cylinder(value: Mapping[str, Any]) -> Cylinder:
    start, end = (_number(each, 0, 1) for each in value["seen"])
    _check(end - start >= 0.05)
    return Cylinder(_number(value["arc"], 10, 175), _number(value.get("bend", 0), -0.5, 0.5), (start, end))


def _area(value: list[list[float]], rows: tuple[float, float]) -> Quad:
    """Read the four corners of the print, clockwise from the top left. Raises ValueError if they are not usable.

    The quadrilateral must be convex, otherwise the print would be folded or mirrored. `rows` are the top and bottom row
    that are drawn: the depth may not vary too much between them, because a very slanted print is not recognizable.
    """
    first, second, third, fourth = (_point(each) for each in value)
    around = (first, second, third, fourth)
    turns = [_turn(around[at], around[(at + 1) % 4], around[(at + 2) % 4]) for at in range(4)]
    _check(min(turns) >= LEAST_AREA)
    slant = Projection.of_unit_square(around)
    _check(all(1 / MOST_SLANT <= slant.depth(x, y) <= MOST_SLANT for x in (0, 1) for y in rows))
    return around


def _point(value: list[float]) -> Point:
    x, y = value
    return _number(x, 0, 1), _number(y, 0, 1)


def _turn(before: Point, at: Point, after: Point) -> float:
    """Return twice the signed area of the triangle, which is positive for a right turn."""
    return (at[0] - before[0]) * (after[1] - at[1]) - (at[1] - before[1]) * (after[0] - at[0])


def _number(value: Any, least: float, most: float) -> float:
    _check(isinstance(value, int | float) and least <= value <= most)  # also false for NaN, which JSON allows
    return float(value)


def _check(valid: bool) -> None:
    if not valid:
        raise ValueError
