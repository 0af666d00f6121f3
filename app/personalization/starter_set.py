"""The starter set: styles and blanks that a merchant can take with one click, with real sizes.

Print areas are those that printers of these articles commonly ask for. Pictures are in the folder `starter`:
`python -m tests.demo_pictures` and `python -m tests.starter_pictures` draw them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.core.errors import NotFound
from app.personalization.print_sizes import MM_PER_INCH, PRINT_DPI

PICTURES = Path(__file__).parent / "starter"


@dataclass(frozen=True)
class StarterStyle:
    """A style of the starter set. `picture` is the file of its example."""

    key: str
    name: str
    prompt: str

    @property
    def picture(self) -> str:
        return f"{self.key}.webp"


@dataclass(frozen=True)
class StarterSize:
    """A print area in pixels at `dpi`."""

    name: str
    width_px: int
    height_px: int
    dpi: int = PRINT_DPI


@dataclass(frozen=True)
class StarterBlank:
    """A blank of the starter set. Bleed and safe margin are in millimetres.

    `option` is what its sizes differ in. `mockup` is a template that names files in place of assets.
    """

    key: str
    name: str
    description: str
    option: str
    sizes: tuple[StarterSize, ...]
    bleed_mm: float = 0
    safe_mm: float = 0
    mockup: dict[str, Any] | None = None


def _inches(name: str, width: float, height: float, dpi: int = PRINT_DPI) -> StarterSize:
    return StarterSize(name, round(width * dpi), round(height * dpi), dpi)


def _mm(name: str, width: float, height: float, dpi: int = PRINT_DPI) -> StarterSize:
    return _inches(name, width / MM_PER_INCH, height / MM_PER_INCH, dpi)


_TRUE = " Keep the people, faces and composition exactly as they are."
STARTER_STYLES = (
    StarterStyle(
        "oil-painting",
        "Oil painting",
        f"Oil painting of this photo: thick impasto brushstrokes, warm light, rich colours.{_TRUE}",
    ),
    StarterStyle(
        "watercolour",
        "Watercolour",
        "Watercolour of this photo: light transparent washes, soft wet edges, white paper left around the "
        f"border.{_TRUE}",
    ),
    StarterStyle(
        "pencil-sketch",
        "Pencil sketch",
        "Pencil sketch of this photo: fine graphite lines, soft shading and hatching on cream paper, no "
        f"colour.{_TRUE}",
    ),
    StarterStyle(
        "pop-art",
        "Pop art",
        f"Pop art print of this photo: a few flat bright inks, halftone dots, bold black outlines.{_TRUE}",
    ),
    StarterStyle(
        "stained-mosaic",
        "Stained mosaic",
        "Stained glass mosaic of this photo: small pieces of glowing coloured glass that follow its "
        f"shapes, dark lead lines between them.{_TRUE}",
    ),
    StarterStyle(
        "night-ink",
        "Night ink",
        "Night scene in deep blue and moonlight yellow ink made from this photo: swirling visible strokes, "
        f"strong contrast.{_TRUE}",
    ),
)

_SUN = {"asset": "poster-light.webp", "mode": "multiply"}
STARTER_BLANKS = (
    StarterBlank(
        "poster-a",
        "Matte paper, A sizes",
        "Posters on matte paper in the A sizes that Europe prints.",
        "Size",
        (_mm("A4", 210, 297), _mm("A3", 297, 420), _mm("A2", 420, 594)),
        safe_mm=5,
        mockup={
            "photo": "poster.webp",
            "area": [[0.2201, 0.1448], [0.7783, 0.1621], [0.7783, 0.7755], [0.2201, 0.7928]],
            "layers": [_SUN],
        },
    ),
    StarterBlank(
        "poster-in",
        "Matte paper, inches",
        "Posters on matte paper in the frame sizes of North America, two by three.",
        "Size",
        (_inches("12×18 in", 12, 18), _inches("20×30 in", 20, 30), _inches("24×36 in", 24, 36)),
        safe_mm=5,
        mockup={
            "photo": "poster.webp",
            "area": [[0.237, 0.1453], [0.7632, 0.1617], [0.7632, 0.7759], [0.237, 0.7923]],
            "layers": [_SUN],
        },
    ),
    StarterBlank(
        "canvas",
        "Stretched canvas",
        "Canvas on a wooden frame. The bleed is folded around its edges.",
        "Size",
        (
            _inches("12×16 in", 12, 16),
            _inches("16×20 in", 16, 20),
            _inches("18×24 in", 18, 24),
            _mm("30×40 cm", 300, 400),
            _mm("50×70 cm", 500, 700),
        ),
        bleed_mm=38,
        safe_mm=5,
    ),
    StarterBlank(
        "mug",
        "White mug",
        "Ceramic mugs, printed all around between the sides of the handle.",
        "Size",
        (StarterSize("11 oz", 2475, 1155), StarterSize("15 oz", 2700, 1260)),
        safe_mm=3,
        mockup={
            "photo": "mug.webp",
            "area": [[0.2605, 0.2195], [0.6478, 0.2195], [0.6405, 0.8049], [0.2679, 0.8049]],
            "cylinder": {"arc": 160, "bend": 0.0735, "seen": [0.227, 0.773]},
            "layers": [
                {"asset": "mug-shade.webp", "mode": "multiply"},
                {"asset": "mug-shine.webp", "mode": "screen"},
            ],
        },
    ),
    StarterBlank(
        "t-shirt",
        "White T-shirt",
        "T-shirts with a print on the front. The print grows with the size.",
        "Size",
        (
            _inches("S", 10, 12),
            _inches("M", 11, 13.2),
            _inches("L", 12, 14.4),
            _inches("XL", 13, 15.6),
            _inches("2XL", 14, 16.8),
        ),
        safe_mm=10,
        mockup={
            "photo": "shirt.webp",
            "area": [[0.3285, 0.222], [0.6715, 0.222], [0.6715, 0.5513], [0.3285, 0.5513]],
            "blend": "multiply",
            "layers": [{"asset": "shirt-folds.webp", "mode": "multiply"}],
        },
    ),
    StarterBlank(
        "phone-case",
        "Phone case",
        "Snap cases. Each area is the back of the phone; the bleed goes around its edges.",
        "Model",
        (
            _mm("iPhone 16", 71.6, 147.6),
            _mm("iPhone 16 Pro", 71.5, 149.6),
            _mm("iPhone 16 Pro Max", 77.6, 163),
            _mm("Galaxy S24", 70.6, 147),
            _mm("Galaxy S24 Ultra", 79, 162.3),
        ),
        bleed_mm=5,
        safe_mm=4,
    ),
    StarterBlank(
        "puzzle",
        "Cardboard puzzle",
        "Puzzles by their number of pieces.",
        "Pieces",
        (_inches("252 pieces", 10, 14), _inches("500 pieces", 16, 20), _inches("1,000 pieces", 20, 28)),
        bleed_mm=3,
        safe_mm=3,
    ),
    StarterBlank(
        "blanket",
        "Fleece blanket",
        "Blankets, printed on one side. Fleece shows less detail than paper, so 150 dpi and less are enough.",
        "Size",
        (
            _inches("30×40 in", 30, 40, dpi=150),
            _inches("50×60 in", 50, 60, dpi=150),
            _inches("60×80 in", 60, 80, dpi=120),
        ),
        bleed_mm=13,
        safe_mm=20,
    ),
)


def starter_style(key: str) -> StarterStyle:
    """Raises NotFound for a key that is not in the starter set."""
    found = next((style for style in STARTER_STYLES if style.key == key), None)
    if found is None:
        raise NotFound("This style is not in the starter set.", code="unknown_starter")
    return found


def starter_blank(key: str) -> StarterBlank:
    """Raises NotFound for a key that is not in the starter set."""
    found = next((blank for blank in STARTER_BLANKS if blank.key == key), None)
    if found is None:
        raise NotFound("This blank is not in the starter set.", code="unknown_starter")
    return found
