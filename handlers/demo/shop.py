"""The seed data of the demo: three products with sizes and blanks, six styles with examples, and a watermark.

Product and variant ids match those of the simulated shop (devstore/seed.json).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app import media, personalization
from app.catalog import Product
from app.core.app import App
from app.core.ids import new_id
from app.core.pictures import ImageRequest, Picture
from app.personalization import Size, Style, Watermark
from handlers.demo import mockups

SHOP = "artify-demo.myshopify.com"
PHOTO = Path(__file__).parents[1] / "static" / "demo" / "cat.jpg"
EXAMPLE_SIDE = 384


@dataclass(frozen=True)
class DemoSize:
    """A print size in pixels at 300 dpi, and the id of the variant that sells it."""

    name: str
    width_px: int
    height_px: int
    variant_id: str


POSTER = "7700000000001"
POSTER_SIZES = [
    DemoSize("A4", 2480, 3508, "7800000000011"),
    DemoSize("A3", 3508, 4961, "7800000000012"),
    DemoSize("24×36 in", 7200, 10800, "7800000000013"),
]
PRODUCTS = {
    (POSTER, "Photo Poster", "photo-poster"): POSTER_SIZES,
    ("7700000000002", "Photo Mug", "photo-mug"): [
        DemoSize("11 oz", 2475, 1155, "7800000000021"),
    ],
    ("7700000000003", "Photo T-Shirt", "photo-t-shirt"): [
        DemoSize("S", 3000, 3600, "7800000000031"),
        DemoSize("M", 3300, 3960, "7800000000032"),
        DemoSize("L", 3600, 4320, "7800000000033"),
    ],
}
TRUE = " Keep the people, faces and composition exactly as they are."
STYLES = {
    "Oil painting": f"Oil painting of this photo: thick impasto brushstrokes, warm light, rich colours.{TRUE}",
    "Watercolour": "Watercolour of this photo: light transparent washes, soft wet edges, white paper left around the "
    f"border.{TRUE}",
    "Pencil sketch": "Pencil sketch of this photo: fine graphite lines, soft shading and hatching on cream paper, no "
    f"colour.{TRUE}",
    "Pop art": f"Pop art print of this photo: a few flat bright inks, halftone dots, bold black outlines.{TRUE}",
    "Stained mosaic": "Stained glass mosaic of this photo: small pieces of glowing coloured glass that follow its "
    f"shapes, dark lead lines between them.{TRUE}",
    "Night ink": "Night scene in deep blue and moonlight yellow ink made from this photo: swirling visible strokes, "
    f"strong contrast.{TRUE}",
}
WATERMARK = Watermark(text="artify preview", opacity=0.28, position="tiled", size_percentage=26, asset_key=None)


async def seed(app: App, *, examples: bool) -> None:
    """Seed an empty shop.

    `examples` also renders an example picture for each style, which takes some seconds, and stores the mockups'
    pictures.
    """
    styles = [Style(new_id(), name, prompt) for name, prompt in STYLES.items()]
    shown = {style.id: await _example(app, style) for style in styles} if examples else {}
    await personalization.save_styles(app, SHOP, styles, shown)
    await personalization.save_watermark(app, SHOP, WATERMARK)
    pictures = await mockups.save_pictures(app, SHOP) if examples else {}
    for (shopify_id, title, handle), sold in PRODUCTS.items():
        product = Product(new_id(), SHOP, shopify_id, title, handle, is_enabled=True, is_active=True)
        sizes = [_size(product.id, size) for size in sold]
        await personalization.save_offer(app, SHOP, product, sizes, styles)
        await mockups.save_bases(app, SHOP, handle, sizes, pictures)


async def _example(app: App, style: Style) -> str:
    """Render the style on the demo's photo, store the picture, and return the id of its asset."""
    photo = await app.imaging.develop(
        PHOTO.read_bytes(), crop=None, width=EXAMPLE_SIDE, height=EXAMPLE_SIDE, mime="image/jpeg"
    )
    answer = await app.image_model.render(ImageRequest(style.prompt_template, [photo], EXAMPLE_SIDE, EXAMPLE_SIDE))
    picture = await app.imaging.preview(answer.picture, max_side=EXAMPLE_SIDE, mark=None, by_ai=True)
    return await _store(app, style, picture)


async def _store(app: App, style: Style, picture: Picture) -> str:
    stored = await media.store(
        app,
        SHOP,
        {"example": picture},
        folder="personalization",
        subject=style.id,
        attempt="1",
        owner=("ai_style", style.id),
        person=None,
    )
    await app.db.batch(*stored.rows(app.clock.now()))
    return stored.ids["example"]


def _size(product_id: str, size: DemoSize) -> Size:
    return Size(new_id(), product_id, size.name, size.width_px, size.height_px, size.variant_id)
