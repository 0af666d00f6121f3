"""Mockups by Pillow, whichever library decoded the photo: the design on a product's photo."""

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
"""The design is drawn so many times larger, then made small: edges within it come out smooth."""
_FINE_EDGE = 4
"""As the design, for the edge of the print area."""
_PAD = 8
"""Pixels around the design, in its edges' colours: what is drawn beside its edge is no dark seam."""
_STEPS = 48
"""Straight lines to a curved edge."""
_STRIP = 8
"""Fine pixels, in which a bend counts as straight."""

Mesh = list[tuple[tuple[int, int, int, int], tuple[float, ...]]]


def draw(design: bytes, parts: MockupParts, max_side: int, by_ai: bool) -> Picture:
    """A WebP of the photo with the design on it. Raises BadPicture, UnsupportedMedia for parts that cannot be read."""
    from PIL import ImageChops

    photo = _picture(parts.photo, max_side)
    size = photo.size
    corners = [(x * size[0], y * size[1]) for x, y in parts.area]
    area = Projection.of_unit_square((corners[0], corners[1], corners[2], corners[3]))
    outline = [area(x, y) for x, y in _outline(parts.cylinder)]
    box = _around(outline, size)
    laid = _laid(_picture(design), area, parts.cylinder, box)
    if parts.blend == "multiply":
        laid = ImageChops.multiply(laid, photo.crop(box.edges))
    photo.paste(laid, box.edges, _mask(outline, box))
    for layer in parts.layers:
        photo = _under(photo, layer)
    return webp.preview(Raster(photo.tobytes(), *photo.size), None, by_ai=by_ai)


def _picture(data: bytes, max_side: int | None = None) -> Image.Image:
    with pillow_photo.opened(data) as image:
        size = pillow_photo.upright_size(image)
        return pillow_photo.pixels(image, Box(0, 0, *size), fit(size, max_side) if max_side else size)


def _outline(cylinder: Cylinder | None) -> list[Point]:
    """The edge of what is printed, in fractions of the area, clockwise from the top left."""
    if cylinder is None:
        return [(0, 0), (1, 0), (1, 1), (0, 1)]
    across = [step / _STEPS for step in range(_STEPS + 1)]
    return [(x, cylinder.drop(x)) for x in across] + [(x, 1 + cylinder.drop(x)) for x in reversed(across)]


def _around(outline: list[Point], size: tuple[int, int]) -> Box:
    """The whole pixels that the outline touches, inside the photo."""
    left, top = (max(0, math.floor(min(each))) for each in zip(*outline, strict=True))
    right, bottom = (
        min(most, math.ceil(max(each))) for most, each in zip(size, zip(*outline, strict=True), strict=True)
    )
    return Box(left, top, max(1, right - left), max(1, bottom - top))


def _mask(outline: list[Point], box: Box) -> Image.Image:
    """How much of each pixel lies inside the outline."""
    from PIL import Image, ImageDraw

    mask = Image.new("L", (box.width * _FINE_EDGE, box.height * _FINE_EDGE), 0)
    # Pillow means the middles of pixels: a point at 0.5 is that of the first.
    points = [((x - box.left) * _FINE_EDGE - 0.5, (y - box.top) * _FINE_EDGE - 0.5) for x, y in outline]
    ImageDraw.Draw(mask).polygon(points, fill=255)
    return mask.reduce(_FINE_EDGE)


def _laid(design: Image.Image, area: Projection, cylinder: Cylinder | None, box: Box) -> Image.Image:
    """The design as it lies on the product, in the pixels of the box; beside its edge goes on what is at its edge."""
    from PIL import Image

    size, span = _fine_size(area), cylinder.rows if cylinder else (0.0, 1.0)
    source = _bent(design, cylinder, size, span) if cylinder else _padded(_no_finer(design, size), _PAD)
    plane = _plane(area, box, (source.width - 2 * _PAD, source.height - 2 * _PAD), span)
    fine = (box.width * _FINE, box.height * _FINE)
    return source.transform(fine, Image.Transform.PERSPECTIVE, plane, Image.Resampling.BILINEAR).reduce(_FINE)


def _fine_size(area: Projection) -> tuple[int, int]:
    """Width and height of the print area in fine pixels, where it is largest."""
    corners = [area(x, y) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
    top, right, bottom, left = (math.dist(*each) for each in zip(corners, [*corners[1:], corners[0]], strict=True))
    return math.ceil(max(top, bottom) * _FINE), math.ceil(max(left, right) * _FINE)


def _no_finer(design: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Made small where it has more pixels than are drawn: they would flicker."""
    from PIL import Image

    size = (min(design.width, size[0]), min(design.height, size[1]))
    return design if size == design.size else design.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _padded(design: Image.Image, pad: int) -> Image.Image:
    """With a rim of its own edges' colours: the design a little larger, and itself on it."""
    from PIL import Image

    padded = design.resize((design.width + 2 * pad, design.height + 2 * pad), Image.Resampling.NEAREST)
    padded.paste(design, (pad, pad))
    return padded


def _bent(design: Image.Image, cylinder: Cylinder, size: tuple[int, int], span: tuple[float, float]) -> Image.Image:
    """The design round the cylinder as if the area stood upright, `size` wide and high; its rows bend over `span`.

    Drawn in upright strips: within one, a bend is as good as straight.
    """
    from PIL import Image

    width, height = size
    source = _padded(_no_finer(design, (math.ceil(width / cylinder.density), height)), 3 * _PAD)
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


def _plane(area: Projection, box: Box, inner: tuple[int, int], span: tuple[float, float]) -> tuple[float, ...]:
    """What Pillow wants: from a fine pixel of the box to one of a padded picture, which spans so much of the area."""
    rim = [area(x, y) for x, y in ((0, span[0]), (1, span[0]), (1, span[1]), (0, span[1]))]
    fine = [((x - box.left) * _FINE, (y - box.top) * _FINE) for x, y in rim]
    back = Projection.of_unit_square((fine[0], fine[1], fine[2], fine[3])).inverse
    a, b, c, d, e, f, g, h, i = vars(back).values()
    (width, height), pad = inner, _PAD
    across = (a * width + pad * g, b * width + pad * h, c * width + pad * i)
    down = (d * height + pad * g, e * height + pad * h, f * height + pad * i)
    return (*across, *down, g, h)


def _under(photo: Image.Image, layer: Layer) -> Image.Image:
    """The photo under a layer's shadow or light."""
    from PIL import Image, ImageChops

    picture = _picture(layer.picture).resize(photo.size, Image.Resampling.BILINEAR)
    drawn = (ImageChops.multiply if layer.mode == "multiply" else ImageChops.screen)(photo, picture)
    return drawn if layer.opacity == 1 else Image.blend(photo, drawn, layer.opacity)
