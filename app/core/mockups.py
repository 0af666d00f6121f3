"""Mockups: their parts, and the geometry that maps a design onto a product.

The corners of the print area are fractions of the photo; points within the area are fractions of the area. No pixels
are processed here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Blend = Literal["normal", "multiply"]
LayerMode = Literal["multiply", "screen"]
Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]
"""Top left, top right, bottom right, bottom left."""


@dataclass(frozen=True)
class Cylinder:
    """A print area around a cylinder, of whose circumference `arc` degrees (under 180) are visible.

    `bend`: how much lower the middle of its rows is than their ends, in heights of the area; positive if seen from
    above. `seen`: start and end of the visible part of the design, in fractions of its width.
    """

    arc: float
    bend: float
    seen: tuple[float, float]

    def design_point(self, x: float, y: float) -> Point:
        """Return the point of the design that is visible here. Columns are spaced by their sines."""
        angle, (start, end) = self._angle(x), self.seen
        return start + (end - start) * (0.5 + angle / math.radians(self.arc)), y - self.drop(x)

    def drop(self, x: float) -> float:
        """Return how much lower a row is at x than at its ends: the near side of a circle seen from above."""
        ends = math.cos(math.radians(self.arc / 2))
        return self.bend * (math.cos(self._angle(x)) - ends) / (1 - ends)

    @property
    def rows(self) -> tuple[float, float]:
        """Top and bottom of the bent rows, in heights of the area."""
        return min(0.0, self.bend), max(1.0, 1 + self.bend)

    @property
    def density(self) -> float:
        """Widths of the design per width of the area, in its middle, where the design is largest."""
        half = math.radians(self.arc / 2)
        return (self.seen[1] - self.seen[0]) * math.sin(half) / half

    def _angle(self, x: float) -> float:
        """Radians from the middle; outside the area, those of its edge."""
        half = math.radians(self.arc / 2)
        return math.asin(min(1.0, max(-1.0, 2 * x - 1)) * math.sin(half))


@dataclass(frozen=True)
class Layer:
    """A picture over the photo and the design, stretched to the photo: shadow (multiply) or light (screen)."""

    picture: bytes
    mode: LayerMode
    opacity: float


@dataclass(frozen=True)
class MockupParts:
    """The parts of a mockup. With `blend` multiply, the product's surface shows through the design."""

    photo: bytes
    area: Quad
    cylinder: Cylinder | None = None
    blend: Blend = "normal"
    layers: tuple[Layer, ...] = ()


@dataclass(frozen=True)
class Projection:
    """Maps points (x, y) of one plane to another: ((a·x + b·y + c) / w, (d·x + e·y + f) / w), w = g·x + h·y + i."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float
    g: float
    h: float
    i: float = 1.0

    @classmethod
    def of_unit_square(cls, quad: Quad) -> Projection:
        """Map the unit square to a quad. Heckbert, Fundamentals of Texture Mapping (1989), section 2.2.3."""
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = quad
        dx1, dx2, dx3 = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
        dy1, dy2, dy3 = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
        area = dx1 * dy2 - dx2 * dy1
        g, h = (dx3 * dy2 - dx2 * dy3) / area, (dx1 * dy3 - dx3 * dy1) / area
        return cls(x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h)

    @property
    def inverse(self) -> Projection:
        """The inverse mapping, normalized to i = 1."""
        a, b, c, d, e, f, g, h, i = vars(self).values()
        turned = (
            *(e * i - f * h, c * h - b * i, b * f - c * e),
            *(f * g - d * i, a * i - c * g, c * d - a * f),
            *(d * h - e * g, b * g - a * h, a * e - b * d),
        )
        return Projection(*(each / turned[-1] for each in turned))

    def __call__(self, x: float, y: float) -> Point:
        depth = self.depth(x, y)
        return (self.a * x + self.b * y + self.c) / depth, (self.d * x + self.e * y + self.f) / depth

    def depth(self, x: float, y: float) -> float:
        """The depth of a point: w."""
        return self.g * x + self.h * y + self.i
