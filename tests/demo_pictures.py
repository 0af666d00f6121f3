"""The mockup templates of the starter blanks, drawn: a framed poster on a wall, a mug, a T-shirt.

    python -m tests.demo_pictures    draws them into app/personalization/starter/

Photos are drawn without light; the light is a layer, so that it falls on the design too.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from app.core.crop_geometry import fit
from app.core.mockups import Point, Quad
from app.personalization import PREVIEW_SIDE
from app.personalization.starter_set import PICTURES
from tests.drawing import (
    TALL,
    WIDE,
    Plane,
    axes,
    bell,
    between,
    bezier,
    coloured,
    curve,
    grey,
    hard,
    noise,
    plane,
    projected,
    shaded,
    soft,
    stroke,
    tinted,
    wood,
)


def main() -> None:
    for name, picture in drawn().items():
        (PICTURES / name).write_bytes(encoded(name, picture))


def drawn() -> dict[str, Image.Image]:
    """Every picture by its file's name."""
    return {
        "poster.webp": _poster(),
        "poster-light.webp": _poster_light(),
        "mug.webp": _mug(),
        "mug-shade.webp": _mug_shade(),
        "mug-shine.webp": _mug_shine(),
        "shirt.webp": _shirt(),
        "shirt-folds.webp": _shirt_folds(),
    }


def encoded(name: str, picture: Image.Image) -> bytes:
    """As large as mockups are; light has no edges, so half its pixels do."""
    light, out = "-" in name, io.BytesIO()
    size = fit(picture.size, PREVIEW_SIDE // 2 if light else PREVIEW_SIDE)
    small = picture.resize(size, Image.Resampling.LANCZOS)
    small.save(out, "WEBP", quality=80 if light else 84, method=6)
    return out.getvalue()


# The poster: an oak frame with a mat on a plastered wall, in the light of a window behind a plant.

FRAME: Quad = ((132, 92), (856, 126), (856, 1046), (132, 1080))
FRAME_MM = (385, 508)
MOULDING_MM = 14


def _poster() -> Image.Image:
    wall = tinted(TALL, (236, 230, 220), 0.985 + 0.03 * (noise(TALL, 9, 1) - 0.5) + 0.02 * (noise(TALL, 70, 2) - 0.5))
    shade = 0.55 * soft(TALL, [(x + 20, y + 30) for x, y in FRAME], 22)
    shade = np.maximum(shade, 0.5 * soft(TALL, [(x + 5, y + 8) for x, y in FRAME], 6))
    wall = shaded(wall, 1 - shade * 0.62)
    frame, mask = projected(_frame(), FRAME)
    wall.paste(frame, (0, 0), mask)
    return _sideboard(wall)


def _frame() -> Image.Image:
    """The frame from the front, 4 pixels a millimetre: moulding in four mitred pieces, and the mat."""
    width, height, edge = FRAME_MM[0] * 4, FRAME_MM[1] * 4, MOULDING_MM * 4
    front = Image.new("RGB", (width, height), (250, 249, 246))
    grain = {False: wood((width, height), 3, upright=False), True: wood((width, height), 4, upright=True)}
    inner = (edge, edge, width - edge, height - edge)
    pieces: list[tuple[bool, float, list[Point]]] = [
        (False, 1.06, [(0, 0), (width, 0), (inner[2], edge), (edge, edge)]),
        (True, 0.9, [(width, 0), (width, height), (inner[2], inner[3]), (inner[2], edge)]),
        (False, 0.8, [(width, height), (0, height), (edge, inner[3]), (inner[2], inner[3])]),
        (True, 1.0, [(0, 0), (edge, edge), (edge, inner[3]), (0, height)]),
    ]
    for upright, light, corners in pieces:
        mask = Image.new("L", front.size, 0)
        ImageDraw.Draw(mask).polygon(corners, fill=255)
        front.paste(shaded(grain[upright], np.full((height, width), light)), (0, 0), mask)
    within = Image.new("L", front.size, 0)
    ImageDraw.Draw(within).rectangle((inner[0] + 12, inner[1] + 16, width, height), fill=255)
    depth = 0.86 + 0.14 * plane(within.filter(ImageFilter.GaussianBlur(14)))  # the moulding's shadow on the mat
    mat = shaded(front.crop(inner), depth[inner[1] : inner[3], inner[0] : inner[2]])
    front.paste(mat, inner[:2])
    return front


def _sideboard(scene: Image.Image) -> Image.Image:
    """Its top edge, with the wall's dark line above."""
    width, height, top = *TALL, 1130
    scene = shaded(scene, 1 - 0.35 * soft(TALL, [(0, top - 4), (width, top - 4), (width, height), (0, height)], 16))
    oak = wood((width, height - top), 5, upright=False)
    down = np.linspace(0, 1, height - top)[:, None]
    light = np.where(down < 0.2, 1.08, 0.86 - 0.2 * down) * np.ones((1, width))
    scene.paste(shaded(oak, light), (0, top))
    return scene


def _poster_light() -> Image.Image:
    """Two panes of sun, leaves before them, and the room's own dimmer light."""
    sun = Image.new("L", TALL, 0)
    draw = ImageDraw.Draw(sun)
    for left in (250, 560):
        draw.polygon([(left, -40), (left + 270, -40), (left + 30, 1290), (left - 240, 1290)], fill=255)
    sun = sun.filter(ImageFilter.GaussianBlur(12))
    leaves = Image.new("L", TALL, 0)
    for turn, length, x, y in (
        (20, 330, 930, 120),
        (48, 360, 900, 190),
        (75, 320, 860, 260),
        (-8, 300, 960, 60),
        (100, 250, 950, 420),
        (60, 300, 1010, 380),
        (35, 260, 1020, 520),
    ):
        _leaf(leaves, (x, y), length, turn)
    leaf = plane(leaves.filter(ImageFilter.GaussianBlur(9)))
    across = np.linspace(1, 0, TALL[0])[None, :] * np.ones((TALL[1], 1))
    light = 0.81 + 0.04 * across + 0.17 * plane(sun) * (1 - 0.85 * leaf) - 0.05 * leaf
    return shaded(coloured(plane(sun), (255, 253, 246), (244, 247, 255)), light)


def _leaf(mask: Image.Image, root: Point, length: float, turn: float) -> None:
    """From its root down to the left, at so many degrees."""
    way = (-math.cos(math.radians(turn)), math.sin(math.radians(turn)))
    side, points = (-way[1], way[0]), []
    for sign in (1, -1):
        for step in range(21) if sign == 1 else range(20, -1, -1):
            along, out = step / 20 * length, sign * 34 * math.sin(math.pi * (step / 20) ** 0.8)
            points.append((root[0] + way[0] * along + side[0] * out, root[1] + way[1] * along + side[1] * out))
    ImageDraw.Draw(mask).polygon(points, fill=255)


# The mug: white, glazed, on a table, seen from a little above.

AXIS, RADIUS, RIM, FOOT, FLAT = 545, 236, 176, 790, 50
"""In pixels of the photo: the middle, half the width, top and bottom at the sides, half the height of the rim."""


def _mug() -> Image.Image:
    down, across = axes(WIDE)
    table = 1 / (1 + np.exp(-(down - 560) / 26))
    glow = np.exp(-(((across - 430) / 620) ** 2 + ((down - 380) / 520) ** 2))
    scene = coloured(
        0.62 + 0.3 * glow - 0.2 * table + 0.16 * table * (down - 560) / 400, (252, 247, 240), (196, 187, 176)
    )
    ground = [(AXIS + math.cos(a) * 300 + 70, FOOT + 22 + math.sin(a) * 62) for a in np.linspace(0, 2 * math.pi, 60)]
    contact = [(AXIS + math.cos(a) * 226 + 6, FOOT + 8 + math.sin(a) * 52) for a in np.linspace(0, 2 * math.pi, 60)]
    scene = shaded(scene, 1 - 0.33 * soft(WIDE, ground, 38) - 0.42 * soft(WIDE, contact, 10))
    scene = _handle(scene, down, across)
    scene.paste(Image.new("RGB", WIDE, (246, 245, 243)), (0, 0), hard(WIDE, _body()))
    return _rim(scene, down, across)


def _body() -> list[Point]:
    """The outside of the mug, but for its rim's far half."""

    def half(y: float, radius: float, angles: Sequence[float]) -> list[Point]:
        return [(AXIS + radius * math.cos(a), y + FLAT * math.sin(a)) for a in angles]

    top = half(RIM, RADIUS, np.linspace(0, math.pi, 80).tolist())
    return top + half(FOOT, RADIUS - 9, np.linspace(math.pi, 0, 80).tolist())


def _handle(scene: Image.Image, down: Plane, across: Plane) -> Image.Image:
    """A bent tube behind the body, rounder on its outside."""
    x, y = across - (AXIS + RADIUS + 22), down - (RIM + FOOT) / 2 - 6
    angle = np.arctan2(y / 176, x / 128)
    reach = np.hypot(x, y) / np.hypot(128 * np.cos(angle), 176 * np.sin(angle))
    apart = (reach - 1) * np.hypot(128 * np.cos(angle), 176 * np.sin(angle)) / 31
    round_ = np.sqrt(np.clip(1 - apart**2, 0, 1))
    light = 0.6 + 0.36 * round_ * np.clip(0.72 - 0.3 * np.sin(angle) - 0.3 * apart, 0.25, 1.2)
    light += 0.5 * np.exp(-(((apart - 0.05) / 0.16) ** 2)) * np.clip(-np.sin(angle), 0, 1) ** 2
    mask = np.clip((1 - np.abs(apart)) * 31 / 1.2, 0, 1)
    drawn = Image.composite(coloured(np.clip(light, 0, 1), (252, 251, 249), (150, 146, 142)), scene, grey(mask))
    shade = soft(WIDE, [(x + 16, y) for x, y in _body()], 12)
    return shaded(drawn, 1 - 0.32 * shade * mask)


def _rim(scene: Image.Image, down: Plane, across: Plane) -> Image.Image:
    """The rim as a ring of light glaze, and the inside, darker to its lit far wall's foot."""

    def ring(inset: float) -> list[Point]:
        return [
            (AXIS + math.cos(a) * (RADIUS - inset), RIM + math.sin(a) * (FLAT - inset * 0.5))
            for a in np.linspace(0, 2 * math.pi, 160)
        ]

    lip = tinted(WIDE, (252, 252, 251), 0.93 + 0.07 * np.cos((across - AXIS + 90) / RADIUS))
    scene.paste(lip, (0, 0), hard(WIDE, ring(0)))
    side = (across - AXIS) / RADIUS
    inside = 0.66 + 0.2 * side + 0.1 * np.clip((down - RIM) / FLAT, -1, 1)
    scene.paste(coloured(np.clip(inside, 0, 1), (240, 237, 233), (128, 122, 116)), (0, 0), hard(WIDE, ring(12)))
    return scene


def _mug_shade() -> Image.Image:
    """Light from the left front: the body turns away from it."""
    _, across = axes(WIDE)
    angle = np.arcsin(np.clip((across - AXIS) / RADIUS, -1, 1))
    light = 0.66 + 0.34 * np.clip(np.cos(angle + 0.5), 0, 1) ** 0.8
    light += 0.07 * np.clip(np.sin(angle), 0, 1) ** 6  # the table's light comes back from the right
    light -= 0.13 * np.abs(np.sin(angle)) ** 10
    down, _ = axes(WIDE)
    light -= 0.06 * np.clip((down - FOOT + 130) / 170, 0, 1) ** 2
    inside = plane(hard(WIDE, _body()).filter(ImageFilter.GaussianBlur(1)))
    return grey(np.clip(1 - inside * (1 - light), 0, 1)).convert("RGB")


def _mug_shine() -> Image.Image:
    """A window in the glaze, and a lamp's thin line on the other side."""
    down, across = axes(WIDE)
    angle = np.degrees(np.arcsin(np.clip((across - AXIS) / RADIUS, -1, 1)))
    height = (down - RIM - FLAT * np.cos(np.radians(angle))) / (FOOT - RIM)
    window = bell(angle, -44, 9) * between(height, 0.09, 0.8) * (1 - 0.55 * bell(height, 0.43, 0.012))
    line = 0.4 * bell(angle, 58, 3) * between(height, 0.1, 0.9)
    body = plane(hard(WIDE, _body()).filter(ImageFilter.GaussianBlur(2)))
    return grey(np.clip((0.42 * window + 0.42 * line) * body, 0, 1)).convert("RGB")


# The T-shirt: white cotton, laid flat on linen.

SHIRT: list[Point] = [
    *[(376, 96)] * 2, (500, 150), *[(624, 96)] * 2, (742, 140), (815, 178), (905, 300),
    *[(992, 452)] * 2, *[(868, 528)] * 2, (842, 452), (838, 560), (842, 820), (846, 1060), *[(858, 1310)] * 2,
    *[(142, 1310)] * 2, (154, 1060), (158, 820), (162, 560), (158, 452), *[(132, 528)] * 2, *[(8, 452)] * 2,
    (95, 300), (185, 178), (258, 140),
]  # fmt: skip
"""A point that is named twice is a corner."""


def _shirt() -> Image.Image:
    weave = 0.97 + 0.05 * (noise(TALL, 3, 11) - 0.5)
    linen = tinted(TALL, (205, 203, 194), weave)
    outline = curve(SHIRT)
    linen = shaded(linen, 1 - 0.34 * soft(TALL, [(x + 12, y + 16) for x, y in outline], 20))
    cloth = tinted(TALL, (247, 246, 243), np.ones((TALL[1], TALL[0])))
    linen.paste(cloth, (0, 0), hard(TALL, outline))
    return _collar(linen)


def _collar(scene: Image.Image) -> Image.Image:
    """The inside of the back, and the ribbed band around the neck."""
    plain = np.ones((TALL[1], TALL[0]))
    for outline, darkness in ((_neck(26), 0.34), (_neck(1), 0.3)):
        scene = shaded(scene, 1 - darkness * soft(TALL, [(x, y + 5) for x, y in outline], 5))
        scene.paste(tinted(TALL, (244, 243, 240), plain), (0, 0), hard(TALL, outline))
    down, across = axes(TALL)
    ribs = 0.985 + 0.015 * np.cos(np.arctan2(down - 92, across - 500) * 190)
    scene = Image.composite(shaded(scene, ribs), scene, hard(TALL, _neck(24)))
    inside = 0.93 - 0.2 * soft(TALL, [(x, y - 26) for x, y in _neck(-6)], 16)
    scene.paste(tinted(TALL, (222, 219, 213), inside), (0, 0), hard(TALL, _neck(0)))
    return scene


def _neck(grow: float) -> list[Point]:
    """The opening, and as far around it: its back is high, its front low."""
    around = np.linspace(0, 2 * math.pi, 160)
    return [
        (500 + math.cos(a) * (104 + grow), 92 + math.sin(a) * ((88 if math.sin(a) > 0 else 26) + grow)) for a in around
    ]


def _shirt_folds() -> Image.Image:
    """Each fold is a dark side and a light one; the cloth is worn by larger waves."""
    folds = np.zeros((TALL[1], TALL[0]))
    for (start, bend, end), width, depth in _FOLDS:
        line = [bezier(start, bend, end, step / 30) for step in range(31)]
        folds += depth * (stroke(line, width, 0) - 0.8 * stroke(line, width, width * 0.9))
    waves = 0.07 * (noise(TALL, 260, 21) - 0.5) + 0.04 * (noise(TALL, 110, 22) - 0.5)
    seams = sum(stroke([bezier(*seam, step / 30) for step in range(31)], 3, 0) for seam in _SEAMS)
    across = np.abs(axes(TALL)[1] - 500) / 500
    cloth = 0.95 + waves - 1.35 * folds - 0.22 * seams - 0.09 * across**3
    inside = plane(hard(TALL, curve(SHIRT)).filter(ImageFilter.GaussianBlur(1.5)))
    inside *= 1 - plane(hard(TALL, _neck(24)))
    return grey(np.clip(1 - inside * (1 - cloth), 0, 1)).convert("RGB")


_FOLDS: list[tuple[tuple[Point, Point, Point], float, float]] = [
    (((172, 470), (290, 560), (330, 760)), 24, 0.14),
    (((166, 520), (230, 700), (240, 900)), 20, 0.11),
    (((828, 470), (720, 540), (690, 700)), 26, 0.14),
    (((832, 530), (780, 680), (770, 860)), 18, 0.11),
    (((172, 980), (330, 1030), (520, 1190)), 30, 0.09),
    (((830, 1010), (690, 1060), (540, 1240)), 28, 0.09),
    (((300, 190), (350, 250), (360, 380)), 18, 0.06),
    (((700, 190), (660, 240), (645, 360)), 18, 0.06),
    (((430, 222), (480, 262), (560, 240)), 12, 0.04),
    (((140, 420), (90, 400), (60, 430)), 16, 0.1),
    (((860, 420), (915, 395), (945, 430)), 16, 0.1),
    (((200, 230), (150, 320), (150, 420)), 20, 0.08),
    (((800, 230), (850, 320), (850, 420)), 20, 0.08),
    (((380, 900), (480, 960), (640, 930)), 26, 0.05),
]
_SEAMS: list[tuple[Point, Point, Point]] = [
    ((228, 150), (150, 270), (152, 455)),
    ((772, 150), (850, 270), (848, 455)),
    ((20, 437), (75, 472), (138, 506)),
    ((980, 437), (925, 472), (862, 506)),
    ((380, 84), (300, 110), (225, 148)),
    ((620, 84), (700, 110), (775, 148)),
]


if __name__ == "__main__":
    main()
