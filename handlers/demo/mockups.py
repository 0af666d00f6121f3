"""The demo's blanks: the articles that its products are printed on, with the templates of their mockups.

The pictures are drawn by `python -m tests.demo_pictures`.
"""

from __future__ import annotations

from collections.abc import Mapping as Named
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import media, personalization
from app.core.app import App
from app.core.ids import new_id
from app.core.pictures import Picture
from app.core.sniff import sniff
from app.personalization import BaseVariant, Mapping, ProductBase, Size

FOLDER = Path(__file__).parents[1] / "static" / "demo"


@dataclass(frozen=True)
class DemoBase:
    """A blank of the demo.

    `sizes` are the names of the product's sizes that are printed on it. `safe_mm` is the safe margin in millimetres.
    `mockup` is a template that names files in place of assets.
    """

    name: str
    sizes: tuple[str, ...]
    safe_mm: float
    mockup: dict[str, Any]


SUN = {"asset": "poster-light.webp", "mode": "multiply"}
BASES = {
    "photo-poster": [
        DemoBase(
            "Matte paper, A sizes",
            ("A4", "A3"),
            5,
            {
                "photo": "poster.webp",
                "area": [[0.2201, 0.1448], [0.7783, 0.1621], [0.7783, 0.7755], [0.2201, 0.7928]],
                "layers": [SUN],
            },
        ),
        DemoBase(
            "Matte paper, inches",
            ("24×36 in",),
            5,
            {
                "photo": "poster.webp",
                "area": [[0.237, 0.1453], [0.7632, 0.1617], [0.7632, 0.7759], [0.237, 0.7923]],
                "layers": [SUN],
            },
        ),
    ],
    "photo-mug": [
        DemoBase(
            "White mug",
            ("11 oz",),
            3,
            {
                "photo": "mug.webp",
                "area": [[0.2605, 0.2195], [0.6478, 0.2195], [0.6405, 0.8049], [0.2679, 0.8049]],
                "cylinder": {"arc": 160, "bend": 0.0735, "seen": [0.227, 0.773]},
                "layers": [
                    {"asset": "mug-shade.webp", "mode": "multiply"},
                    {"asset": "mug-shine.webp", "mode": "screen"},
                ],
            },
        )
    ],
    "photo-t-shirt": [
        DemoBase(
            "White T-shirt",
            ("S", "M", "L"),
            10,
            {
                "photo": "shirt.webp",
                "area": [[0.3285, 0.222], [0.6715, 0.222], [0.6715, 0.5513], [0.3285, 0.5513]],
                "blend": "multiply",
                "layers": [{"asset": "shirt-folds.webp", "mode": "multiply"}],
            },
        )
    ],
}
"""The blanks by the handle of their product."""


async def save_pictures(app: App, shop_id: str) -> dict[str, str]:
    """Store the pictures of the templates, and return the ids of their assets by file name."""
    stored = {path.name: await _store(app, shop_id, path) for path in sorted(FOLDER.glob("*.webp"))}
    now = app.clock.now()
    await app.db.batch(*[row for each in stored.values() for row in each.rows(now)])
    return {name: each.ids["template"] for name, each in stored.items()}


async def save_bases(app: App, shop_id: str, handle: str, sizes: list[Size], pictures: Named[str, str]) -> None:
    """Save the blanks of a product, with its print sizes. Without pictures they get no mockups."""
    for demo in BASES[handle]:
        mockup = _template(demo.mockup, pictures) if pictures else None
        base = ProductBase(new_id(), demo.name, ["Size"], mockup=mockup)
        printed = [size for size in sizes if size.name in demo.sizes]
        variants = {size.id: _variant(base.id, size, demo.safe_mm) for size in printed}
        mappings = [
            Mapping(size.product_id, size.shopify_variant_id, variants[size.id].id)
            for size in printed
            if size.shopify_variant_id
        ]
        await personalization.save_base(app, shop_id, base, list(variants.values()))
        await personalization.map_base(app, shop_id, printed[0].product_id, base.id, mappings)


async def _store(app: App, shop_id: str, path: Path) -> media.Stored:
    return await media.store(
        app,
        shop_id,
        {"template": _picture(path)},
        folder="personalization",
        subject="mockups",
        attempt=path.stem,
        owner=("shop", shop_id),
        person=None,
        filename=path.name,
    )


def _picture(path: Path) -> Picture:
    data = path.read_bytes()
    header = sniff(data)
    return Picture(data, header.mime, *(header.size or (0, 0)))


def _variant(base_id: str, size: Size, safe_mm: float) -> BaseVariant:
    return BaseVariant(new_id(), base_id, size.name, [size.name], size.width_px, size.height_px, 0, safe_mm)


def _template(mockup: dict[str, Any], pictures: Named[str, str]) -> dict[str, Any]:
    """The template with the file names replaced by asset ids."""
    layers = [layer | {"asset": pictures[layer["asset"]]} for layer in mockup["layers"]]
    return mockup | {"photo": pictures[mockup["photo"]], "layers": layers}
