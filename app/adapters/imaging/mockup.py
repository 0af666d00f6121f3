"""Mockups, which show a design on a product's photo. Every engine draws them with Pillow, so they look the same."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.adapters.imaging import pillow_photo, webp
from app.core.crop_geometry import Box, fit
from app.core.mockups import Cylinder, Layer, MockupParts, Point, Projection
from app.core.pictures import Picture, Raster

if TYPE_CHECKING:
    from PIL import Image

_FINE = 2
"""The supersampling factor of the design, which smooths the edges in it."""
_FINE_EDGE = 4
"""The supersampling factor of the print area's edge."""
_PAD = 8
"""The width in pixels of a border in the design's edge colours, which prevents a dark seam along its edge."""
_STEPS = 48
"""The number of straight segments in a curved edge."""
_STRIP = 8
"""The width in supersampled pixels of the strips in which a curve is treated as straight."""

Mesh = list[tuple[tuple[int, int, int, int], tuple[float, ...]]]


def draw(design: bytes, parts: MockupParts, max_side: int, by_ai: bool) -> Picture:
    """Draw the design on the product photo, as a WebP. Raises BadPicture, UnsupportedMedia for unreadable parts."""
    from PIL import ImageChops

    photo = _picture(parts.photo, max_side)
    size = photo.size
    corners = [(x * size[0], y * size[1]) for x, y in parts.area]
    area = Projection.of_unit_square((corners[0], corners[1], corners[2], corners[3]))
    outline = [area(x, y) for x, y in _outline(parts.cylinder)]
    box = _bounding_box(outline, size)
    projected = _project(_picture(design), area, parts.cylinder, box)
    if parts.blend == "multiply":
        projected = ImageChops.multiply(projected, photo.crop(box.edges))
    photo.paste(projected, box.edges, _mask(outline, box))
    for layer in parts.layers:
        photo = _apply_layer(photo, layer)
    return webp.preview(Raster(photo.tobytes(), *photo.size), None, by_ai=by_ai)


def _picture(data: bytes, max_side: int | None = None) -> Image.Image:
    with pillow_photo.open_photo(data) as image:
        size = pillow_photo.upright_size(image)
        return pillow_photo.pixels(image, Box(0, 0, *size), fit(size, max_side) if max_side else size)


def _outline(cylinder: Cylinder | None) -> list[Point]:
    """The outline of the print in fractions of the print area, clockwise from the top left."""
    if cylinder is None:
        return [(0, 0), (1, 0), (1, 1), (0, 1)]
    across = [step / _STEPS for step in range(_STEPS + 1)]
    return [(x, cylinder.drop(x)) for x in across] + [(x, 1 + cylinder.drop(x)) for x in reversed(across)]


def _bounding_box(outline: list[Point], size: tuple[int, int]) -> Box:
    """The smallest box of whole pixels around the outline, limited to the photo."""
    left, top = (max(0, math.floor(min(each))) for each in zip(*outline, strict=True))
    right, bottom = (
        min(most, math.ceil(max(each))) for most, each in zip(size, zip(*outline, strict=True), strict=True)
    )
    return Box(left, top, max(1, right - left), max(1, bottom - top))


def _mask(outline: list[Point], box: Box) -> Image.Image:
    """A mask with the share of each pixel of the box that lies inside the outline."""
    from PIL import Image, ImageDraw

    mask = Image.new("L", (box.width * _FINE_EDGE, box.height * _FINE_EDGE), 0)
    # Pillow's coordinates refer to pixel centres, so its 0 is our 0.5.
    points = [((x - box.left) * _FINE_EDGE - 0.5, (y - box.top) * _FINE_EDGE - 0.5) for x, y in outline]
    ImageDraw.Draw(mask).polygon(points, fill=255)
    return mask.reduce(_FINE_EDGE)


def _project(design: Image.Image, area: Projection, cylinder: Cylinder | None, box: Box) -> Image.Image:
    """The design projected onto the product, in the pixels of the box. Its edge colours continue beyond its edge."""
    from PIL import Image

    size, span = _fine_size(area), cylinder.rows if cylinder else (0.0, 1.0)
    source = _wrap(design, cylinder, size, span) if cylinder else _pad(_limit_size(design, size), _PAD)
    plane = _perspective(area, box, (source.width - 2 * _PAD, source.height - 2 * _PAD), span)
    fine = (box.width * _FINE, box.height * _FINE)
    return source.transform(fine, Image.Transform.PERSPECTIVE, plane, Image.Resampling.BILINEAR).reduce(_FINE)


def _fine_size(area: Projection) -> tuple[int, int]:
    """The largest width and height of the print area in supersampled pixels."""
    corners = [area(x, y) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
    top, right, bottom, left = (math.dist(*each) for each in zip(corners, [*corners[1:], corners[0]], strict=True))
    return math.ceil(max(top, bottom) * _FINE), math.ceil(max(left, right) * _FINE)


def _limit_size(design: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Shrink the design if it has more pixels than are drawn, which would cause aliasing."""
    from PIL import Image

    size = (min(design.width, size[0]), min(design.height, size[1]))
    return design if size == design.size else design.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _pad(design: Image.Image, pad: int) -> Image.Image:
    """Add a border in the design's edge colours, by pasting the design on a slightly enlarged copy of itself."""
    from PIL import Image

    padded = design.resize((design.width + 2 * pad, design.height + 2 * pad), Image.Resampling.NEAREST)
    padded.paste(design, (pad, pad))
    return padded


def _wrap(design: Image.Image, cylinder: Cylinder, size: tuple[int, int], span: tuple[float, float]) -> Image.Image:
    """Wrap the design around the cylinder, for an unprojected print area of `size`. Its curved rows cover `span`.

    It is drawn in vertical strips, which are so narrow that a curve is practically straight in each.
    """
    from PIL import Image

    width, height = size
    source = _pad(_limit_size(design, (math.ceil(width / cylinder.density), height)), 3 * _PAD)
    inner = (source.width - 6 * _PAD, source.height - 6 * _PAD)
    whole = (width + 2 * _PAD, math.ceil(height * (span[1] - span[0])) + 2 * _PAD)

    def from_design(x: int, y: int) -> Point:
        u, v = cylinder.design_point((x - _PAD) / width, (y - _PAD) / height + span[0])
        return u * inner[0] + 3 * _PAD, v * inner[1] + 3 * _PAD

    mesh: Mesh = []
    for x0, x1 in zip(range(0, whole[0], _STRIP), [*range(_STRIP, whole[0], _STRIP), whole[0]], strict=True):
        drops = [(cylinder.drop((x - _PAD) / width) - span[0]) * height for x in (x0, x1)]
        y0, y1 = math.floor(min(drops)), min(whole[1], math.ceil(max(drops)) + height + 2 * _PAD)
        corners = [from_design(x, y) for x, y in ((x0, y0), (x0, y1), (x1, y1), (x1, y0))]
        mesh.append(((x0, y0, x1, y1), tuple(number for corner in corners for number in corner)))
    return source.transform(whole, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)


def _perspective(area: Projection, box: Box, inner: tuple[int, int], span: tuple[float, float]) -> tuple[float, ...]:
    """Coefficients for Pillow's PERSPECTIVE transform, from supersampled pixels of the box to the padded design.

    `inner` is the design's size without the border, and `span` is the vertical part of the area that it covers.
    """
    rim = [area(x, y) for x, y in ((0, span[0]), (1, span[0]), (1, span[1]), (0, span[1]))]
    fine = [((x - box.left) * _FINE, (y - box.top) * _FINE) for x, y in rim]
    back = Projection.of_unit_square((fine[0], fine[1], fine[2], fine[3])).inverse
    a, b, c, d, e, f, g, h, i = vars(back).values()
    (width, height), pad = inner, _PAD
    across = (a * width + pad * g, b * width + pad * h, c * width + pad * i)
    down = (d * height + pad * g, e * height + pad * h, f * height + pad * i)
    return (*across, *down, g, h)


def _apply_layer(photo: Image.Image, layer: Layer) -> Image.Image:
    """Apply a layer's shadows or highlights to the photo."""
    from PIL import Image, ImageChops

    picture = _picture(layer.picture).resize(photo.size, Image.Resampling.BILINEAR)
    drawn = (ImageChops.multiply if layer.mode == "multiply" else ImageChops.screen)(photo, picture)
    return drawn if layer.opacity == 1 else Image.blend(photo, drawn, layer.opacity)
