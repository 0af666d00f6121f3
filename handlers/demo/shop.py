"""The demo's shop, set up by what its merchant would do: blanks, styles, products, print sizes, watermark.

Product and variant ids match those of the simulated shop (devstore/seed.json).
"""

from __future__ import annotations

from pathlib import Path

import app.personalization
from app import personalization
from app.core.app import App
from app.core.ports.shopify import ListedProduct, ProductDetails, ProductVariant
from app.personalization import STARTER_STYLES, StarterSize, Watermark, starter_blank

SHOP = "artify-demo.myshopify.com"
PHOTO = Path(app.personalization.__file__).parent / "starter" / "cat.jpg"
POSTER = "7700000000001"
BLANKS = ("poster-a", "poster-in", "mug", "t-shirt")
PRODUCTS = {
    (POSTER, "Photo Poster", "photo-poster"): {
        "7800000000011": ("poster-a", "A4"),
        "7800000000012": ("poster-a", "A3"),
        "7800000000013": ("poster-in", "24×36 in"),
    },
    ("7700000000002", "Photo Mug", "photo-mug"): {"7800000000021": ("mug", "11 oz")},
    ("7700000000003", "Photo T-Shirt", "photo-t-shirt"): {
        "7800000000031": ("t-shirt", "S"),
        "7800000000032": ("t-shirt", "M"),
        "7800000000033": ("t-shirt", "L"),
    },
}
"""The blank and the size that each variant is printed on, by (id, title, handle) of the product."""
STYLES = {style.name: style.prompt for style in STARTER_STYLES}
"""The prompts of the styles, by name."""
WATERMARK = Watermark(text="artify preview", opacity=0.28, position="tiled", size_percentage=26, asset_key=None)


def _size(blank: str, name: str) -> StarterSize:
    return next(size for size in starter_blank(blank).sizes if size.name == name)


POSTER_SIZES = [_size(*area) for area in PRODUCTS[(POSTER, "Photo Poster", "photo-poster")].values()]


async def seed(app: App, *, examples: bool) -> None:
    """Set up an empty shop. `examples` also stores the styles' example pictures and the pictures of mockups."""
    for key in BLANKS:
        await personalization.take_blank(app, SHOP, key, with_mockup=examples)
    for style in STARTER_STYLES:
        await personalization.take_style(app, SHOP, style.key, with_example=examples)
    await personalization.save_watermark(app, SHOP, WATERMARK)
    await personalization.add_products(app, SHOP, [_details(app, *product) for product in PRODUCTS])
    listed = await personalization.product_list(app, SHOP)
    ids = {card.shopify_product_id: card.id for card in listed.cards}
    for (shopify_id, _, _), areas in PRODUCTS.items():
        await set_print_areas(app, ids[shopify_id], areas)


async def set_print_areas(app: App, product_id: str, areas: dict[str, tuple[str, str]]) -> None:
    """Print a product's variants on these sizes of blanks from the starter set."""
    cards = (await personalization.blank_list(app, SHOP)).cards
    bases = {card.starter: card.id for card in cards}
    for key in dict.fromkeys(key for key, _ in areas.values()):
        await personalization.use_blank(app, SHOP, product_id, bases[key])
    setup = await personalization.product_setup(app, SHOP, product_id)
    found = {(area.product_base_id, area.name): area.id for area in setup.linked_areas}
    chosen = [(variant, found[bases[key], name]) for variant, (key, name) in areas.items()]
    await personalization.save_print_areas(app, SHOP, product_id, chosen, setup.seen)


def _details(app: App, shopify_id: str, title: str, handle: str) -> ProductDetails:
    """A product as Shopify describes it."""
    areas = PRODUCTS[shopify_id, title, handle]
    variants = [ProductVariant(variant, {"Size": name}) for variant, (_, name) in areas.items()]
    listed = ListedProduct(shopify_id, title, handle, is_active=True, changed_at=app.clock.now())
    return ProductDetails(listed, False, variants, len(variants))
